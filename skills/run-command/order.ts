import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { LIMITS } from "../../core/limits.ts";

/** A program and its arguments, each a text. @throws SwarmError `invalid-input` or `limit-exceeded`, with the place */
export function argumentsOf(argv: readonly Json[]): readonly string[] {
  const given = argv.map(argumentOf);
  const [program = ""] = given;
  if (program === "") throw wrong("", "must begin with the name of a program");
  return given;
}

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

/** Variables as programs take them. @throws SwarmError `invalid-input` */
export function environmentOf(given: JsonObject): Readonly<Record<string, string>> {
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
