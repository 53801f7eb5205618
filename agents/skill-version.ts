import type { Clock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import type { SkillManifest } from "../core/skill.ts";
import { skillDigest } from "../language/skill-digest.ts";

/** How long what was read of a skill's folder holds: reading it for each of thousands of tasks would cost too much. */
const HOLDS_MS = 1_000;

const read = new Map<
  string,
  { readonly digest: Promise<string | undefined>; readonly atMs: number }
>();

/**
 * A run is pinned to the skills as they were when its cascade was compiled.
 * @param pinned undefined: the skill was too large to be pinned
 * @throws SwarmError `skill-changed` when this agent started with another version, or its files are others by now
 */
export async function refuseOtherVersion(
  manifest: SkillManifest,
  pinned: string | undefined,
  clock: Pick<Clock, "monotonicMs">,
): Promise<void> {
  if (pinned === undefined) return;
  if (manifest.digest !== pinned) throw changed(manifest, "is another version than this agent has");
  let known = read.get(manifest.folder);
  const nowMs = clock.monotonicMs();
  if (known === undefined || nowMs - known.atMs > HOLDS_MS) {
    known = { digest: skillDigest(manifest.folder), atMs: nowMs };
    read.set(manifest.folder, known);
  }
  if ((await known.digest) !== pinned) throw changed(manifest, "has changed since");
}

function changed({ name, folder }: SkillManifest, what: string): SwarmError {
  return new SwarmError("skill-changed", `the skill ${name} of this run ${what} (${folder})`, {
    hint: "start the swarm again, so that all its processes have the same skills, and run the cascade anew",
  });
}
