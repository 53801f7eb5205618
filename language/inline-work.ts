import { COMMAND_SKILL } from "../core/skill-allowance.ts";
import type { WrittenInputs } from "./input-binding.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { WorkSyntax } from "./schema.ts";

/** Work that a stage writes out instead of naming a skill: the skill behind it, and what that is given. */
export interface InlineWork {
  readonly key: (typeof INLINE_KEYS)[number];
  readonly skill: string;
  readonly inputs: WrittenInputs;
}

const INLINE_KEYS = ["run"] as const;
/** Other types say that somewhere else than here, or a model, carries the work out. */
const INLINE_TYPES: readonly WorkSyntax["type"][] = [
  ...([undefined, "sequential", "parallel", "swarm-parallel"] as const),
];

export function inlineWork(work: WorkSyntax, path: Path): InlineWork | undefined {
  if (work.run !== undefined) {
    const inputs = {
      values: { argv: work.run },
      path: [...path, "run"],
      isElsewhere: true,
    } as const;
    return { key: "run", skill: COMMAND_SKILL, inputs };
  }
  return undefined;
}

/** What stands beside work that is written out and would be without effect, or mean something else. */
export function refuseBesideInline(work: WorkSyntax, path: Path, reporter: Reporter): void {
  const [key] = INLINE_KEYS.filter((each) => work[each] !== undefined);
  if (key === undefined) return;
  for (const other of ["skill", "skills"] as const) {
    if (work[other] === undefined) continue;
    const message = `a stage has \`${key}\` or \`${other}\`, not both`;
    reporter.reportKey("invalid-cascade", message, path, other);
  }
  for (const name of Object.keys(work.inputs ?? {})) {
    if (!Object.hasOwn(inlineWork(work, path)?.inputs.values ?? {}, name)) continue;
    const message = `\`${key}\` gives the input "${name}"`;
    const place = [...path, "inputs"];
    reporter.reportKey("invalid-cascade", message, place, name, `write it under \`${key}\` only`);
  }
  if (INLINE_TYPES.includes(work.type)) return;
  const message = `a stage with \`${key}\` cannot be of type ${work.type}`;
  const hint = `it is carried out on this machine: leave \`type\` out`;
  reporter.report("invalid-cascade", message, [...path, "type"], hint);
}
