import { setImmediate } from "node:timers/promises";
import { createTwoFilesPatch } from "diff";
import { z } from "zod";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { writeArtifact } from "../artifact.ts";
import { run as discoverFiles } from "../discover-files/run.ts";
import { openFileList } from "../file-list.ts";
import { parseInputs } from "../skill-inputs.ts";
import { CODEMOD_NAMES, type CodemodName } from "./codemods/registry.ts";
import type { Change } from "./edit.ts";
import { refactorFile } from "./refactor-file.ts";
import { replaceText } from "./write-file.ts";

const MOST_LISTED = 10_000;

const refactorInputs = z.object({
  path: z.string().nullish(),
  codemods: z.array(z.enum(CODEMOD_NAMES)).nullish(),
  apply: z.boolean().nullish(),
});
const discovered = z.object({
  root: z.string(),
  batches: z.array(z.object({ files: z.array(z.string()) })),
});

/** Changes code below `path`. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { path: given, codemods, apply } = parseInputs(refactorInputs, inputs);
  const path = given ?? context.directory;
  const { root, batches } = discovered.parse(await discoverFiles({ path, batches: 1 }, context));
  const files = batches.flatMap((batch) => batch.files);
  const list = await openFileList({ path: root, files }, context.signal, { analysis: "lint" });
  const names = CODEMOD_NAMES.filter((name) => codemods?.includes(name) ?? true);
  const { changed, left } = await refactorAll(list.sources, names, context.signal);
  const patch = changed.map(patchOf).join("");
  const { stageId, index } = context.run;
  const name = `refactoring-${stageId.slice(0, 64)}-${index}.patch`;
  const patchPath = await writeArtifact(name, patch, context);
  const failed = apply === true ? await writeAll(root, changed, context.signal) : [];
  const changes = changed.flatMap((file) => file.changes);
  return {
    changes: changes.slice(0, MOST_LISTED),
    change_count: changes.length,
    patch: patchPath,
    applied: apply === true && failed.length === 0,
    left: [
      ...list.notAnalysed.map(({ file, reason }) => ({ path: file, reason })),
      ...left,
      ...failed,
    ],
  };
}

interface ChangedFile {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly changes: readonly Change[];
}

/** `type`, not `interface`, so that it is assignable to plain JSON. */
type LeftFile = { readonly path: string; readonly reason: string };

async function refactorAll(
  sources: readonly { readonly file: string; readonly text: string }[],
  codemods: readonly CodemodName[],
  signal: AbortSignal,
): Promise<{ readonly changed: ChangedFile[]; readonly left: LeftFile[] }> {
  const changed: ChangedFile[] = [];
  const left: LeftFile[] = [];
  for (const { file, text } of sources) {
    await setImmediate();
    signal.throwIfAborted();
    const outcome = isPatchable(file) ? refactorFile(file, text, codemods) : UNPATCHABLE;
    if (outcome.status === "left") left.push({ path: file, reason: outcome.reason });
    if (outcome.status !== "changed") continue;
    changed.push({ file, before: text, after: outcome.text, changes: outcome.changes });
  }
  return { changed, left };
}

async function writeAll(
  root: string,
  changed: readonly ChangedFile[],
  signal: AbortSignal,
): Promise<LeftFile[]> {
  const failed: LeftFile[] = [];
  for (const { file, before, after } of changed) {
    signal.throwIfAborted();
    const reason = await replaceText(root, file, { from: before, to: after });
    if (reason !== undefined) failed.push({ path: file, reason });
  }
  return failed;
}

const UNPATCHABLE = { status: "left", reason: "its name cannot stand in a patch" } as const;

/** A name with such characters would be read as something else in a patch. */
function isPatchable(file: string): boolean {
  return !/[\p{Cc}"\\]/u.test(file);
}

function patchOf({ file, before, after }: ChangedFile): string {
  return createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after).replace(/^=+\n/, "");
}
