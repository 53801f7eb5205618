import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { defineSkill } from "../../core/define-skill.ts";
import { SwarmError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import { refuseOver } from "../../core/limits.ts";
import { writeArtifact } from "../artifact.ts";
import { isDirectory } from "../gemini-megacontext/pack.ts";
import { type Change, draft } from "./draft.ts";
import { linesOf, patchOf } from "./patch.ts";

const changeSchema = z.union([
  z.object({ path: z.string(), content: z.string() }),
  z.object({ path: z.string(), find: z.string().min(1), replace: z.string() }),
]);

/** Makes a patch of proposed changes. `SKILL.md` describes inputs and outputs. */
export const run = defineSkill({
  inputs: {
    path: { type: "path", default: "." },
    changes: { type: "array" },
    change_tests: { type: "boolean", default: false },
  },
  outputs: {
    patch: { type: "string" },
    patch_file: { type: "string", required: false },
    changed_files: { type: "array" },
  },
  async run({ path, changes, change_tests: mayChangeTests }, context) {
    refuseOver("draftChanges", changes.length);
    const wanted = resolve(context.directory, path);
    if (!(await isDirectory(wanted))) {
      throw new SwarmError("path-not-found", `${wanted} is no directory`);
    }
    const order = { root: await realpath(wanted), mayChangeTests };
    const files = await draft(changes.map(changeOf), order, context.signal);
    const patch = patchOf(files);
    const changed = files.map(({ file, before, after }) => ({
      file,
      status: before === undefined ? "added" : "changed",
      ...linesOf(before ?? "", after ?? ""),
    }));
    if (patch === "") return { patch, changed_files: changed };
    const { stageId, index } = context.run;
    const name = `draft-${stageId.slice(0, 64)}-${index}.patch`;
    const patchFile = await writeArtifact(name, patch, context);
    return { patch, patch_file: patchFile, changed_files: changed };
  },
});

function changeOf(value: Json, index: number): Change {
  const parsed = changeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const pointer = `/changes/${index}`;
  const what = "must be {path, content} or {path, find, replace}, each a text";
  throw new SwarmError("invalid-input", `${pointer} ${what}`, { location: { pointer } });
}
