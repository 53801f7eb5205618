import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { defineSkill } from "../../core/define-skill.ts";
import { SwarmError } from "../../core/errors.ts";
import { isJsonObject, type Json } from "../../core/json.ts";
import { isDirectory, packDirectory } from "../gemini-megacontext/pack.ts";

const LISTED_LEFT_OUT = 200;

/** Reads files as one text for a model. `SKILL.md` describes inputs and outputs. */
export const run = defineSkill({
  inputs: {
    path: { type: "path", default: "." },
    only: { type: "array", required: false },
    most_tokens: { type: "integer", default: 50_000 },
  },
  outputs: {
    sources: { type: "string" },
    files_read: { type: "integer" },
    left_out: { type: "array" },
  },
  async run({ path, only, most_tokens: mostTokens }, { directory, signal }) {
    if (mostTokens < 1) throw wrong("/most_tokens", "must be at least 1");
    const wanted = resolve(directory, path);
    if (!(await isDirectory(wanted))) {
      throw new SwarmError("path-not-found", `${wanted} is no directory`);
    }
    const root = await realpath(wanted);
    const names = only === undefined ? [] : [...new Set(only.map(nameOf))];
    const chosen = names.length === 0 ? undefined : new Set(names);
    const pack = await packDirectory(root, { mostTokens, chosen }, signal);
    if (pack.files === 0) {
      const which = names.length === 0 ? "no text file that is not ignored" : "none of these files";
      throw new SwarmError("nothing-to-do", `${root} has ${which}`, {
        ...(names.length === 0 ? {} : { hint: `asked for: ${names.slice(0, 5).join(", ")}` }),
      });
    }
    return {
      sources: pack.text,
      files_read: pack.files,
      left_out: pack.leftOut
        .slice(0, LISTED_LEFT_OUT)
        .map(({ file, reason }) => ({ file, reason })),
    };
  },
});

function nameOf(entry: Json, index: number): string {
  const name = isJsonObject(entry) ? entry["file"] : entry;
  if (typeof name === "string" && name !== "") return name.replace(/^\.\//, "");
  throw wrong(`/only/${index}`, "must be a name, or an object with a `file`");
}

function wrong(pointer: string, what: string): SwarmError {
  return new SwarmError("invalid-input", `${pointer} ${what}`, { location: { pointer } });
}
