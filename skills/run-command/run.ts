import { defineSkill } from "../../core/define-skill.ts";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { LIMITS } from "../../core/limits.ts";
import { jsonIn } from "../json-text.ts";

/** Runs a program of the host. `SKILL.md` describes inputs and outputs. */
export const run = defineSkill({
  inputs: {
    argv: { type: "array" },
    env: { type: "object", default: {} },
    allow_failure: { type: "boolean", default: false },
  },
  outputs: {
    exit_code: { type: "integer" },
    stdout: { type: "string" },
    stderr: { type: "string" },
    json: { type: "any" },
    truncated: { type: "boolean" },
  },
  async run({ argv, env, allow_failure }, { commands }) {
    if (commands === undefined) {
      throw new SwarmError("not-supported", "commands are run by agents only");
    }
    const given = argv.map(argumentOf);
    const [program = ""] = given;
    if (program === "") throw wrong("", "must begin with the name of a program");
    const { exitCode, stdout, stderr, cut, lastWords } = await commands.run(
      given,
      environmentOf(env),
    );
    if (exitCode !== 0 && !allow_failure) {
      const tail = lastWords === "" ? "" : `: ${lastWords}`;
      throw new SwarmError("skill-failed", `${program} ended with exit code ${exitCode}${tail}`, {
        disposition: "retry",
      });
    }
    const json = cut.includes("stdout") ? null : jsonIn(stdout);
    return { exit_code: exitCode, stdout, stderr, json, truncated: cut.length > 0 };
  },
});

/** One argument, whatever the text in it; a number or true or false is written out. */
function argumentOf(value: Json, index: number): string {
  const place = `/${index}`;
  if (value === null || typeof value === "object") {
    throw wrong(place, "must be a text, a number or true or false");
  }
  const text = String(value);
  if (text.includes("\0")) throw wrong(place, "must not hold the character NUL");
  const bytes = Buffer.byteLength(text);
  if (bytes > LIMITS.commandArgumentBytes) {
    const what = `commandArgumentBytes: ${bytes} given, ${LIMITS.commandArgumentBytes} allowed`;
    throw new SwarmError("limit-exceeded", what, { location: { pointer: `/argv${place}` } });
  }
  return text;
}

function environmentOf(given: JsonObject): Readonly<Record<string, string>> {
  const entries = Object.entries(given).map(([name, value]) => {
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw wrongVariable(name, "must be letters, digits and _, and begin with no digit");
    }
    if (value === null || typeof value === "object") {
      throw wrongVariable(name, "must be a text, a number or true or false");
    }
    const text = String(value);
    if (text.includes("\0")) throw wrongVariable(name, "must not hold the character NUL");
    return [name, text] as const;
  });
  return Object.fromEntries(entries);
}

function wrongVariable(name: string, what: string): SwarmError {
  const pointer = `/env/${name}`;
  return new SwarmError("invalid-input", `${pointer} ${what}`, { location: { pointer } });
}

function wrong(place: string, what: string): SwarmError {
  const pointer = `/argv${place}`;
  return new SwarmError("invalid-input", `${pointer} ${what}`, { location: { pointer } });
}
