import { isAbsolute, resolve } from "node:path";
import { SwarmError } from "../core/errors.ts";
import { FORBIDDEN_KEYS, isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { InputSpec, InputType } from "../core/plan.ts";
import { isMarkerKey } from "../core/value.ts";
import { didYouMean } from "./nearest.ts";

/** Levels of lists and objects in one input: data of skills goes no deeper, text made to exhaust a stack does. */
const DEEPEST_INPUT = 200;

/**
 * The inputs of a run: what was given, checked, with defaults, `path` inputs made absolute.
 * @param directory absolute; what relative paths mean
 * @throws SwarmError `unknown-input`, `missing-input` or `invalid-input`, pointing at `/inputs/<name>`
 */
export function resolveInputs(
  specs: readonly InputSpec[],
  given: JsonObject,
  directory: string,
): JsonObject {
  refuseUnknown(specs, given);
  const resolved: Record<string, Json> = {};
  for (const spec of specs) {
    const value = Object.hasOwn(given, spec.name) ? given[spec.name] : spec.default;
    if (value === undefined) {
      if (!spec.required) continue;
      throw at(
        spec.name,
        "missing-input",
        `the input "${spec.name}" is required`,
        spec.description,
      );
    }
    if (!fitsType(value, spec.type)) {
      throw at(spec.name, "invalid-input", `the input "${spec.name}" must be of type ${spec.type}`);
    }
    refuseUnsafe(value, spec.name);
    const isRelative = spec.type === "path" && typeof value === "string" && !isAbsolute(value);
    resolved[spec.name] = isRelative ? resolve(directory, value) : value;
  }
  return resolved;
}

/** True when a value may stand where this type is declared. */
export function fitsType(value: Json, type: InputType): boolean {
  switch (type) {
    case "any":
      return true;
    case "string":
      return typeof value === "string";
    case "path":
      return typeof value === "string" && value !== "" && !value.includes("\0");
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "integer":
      return Number.isSafeInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    default:
      return type satisfies never;
  }
}

/** Reads an input given as text, such as on a command line, as the type asks. @throws SwarmError `invalid-input` */
export function inputFromText(spec: InputSpec, text: string): Json {
  if (spec.type === "string" || spec.type === "path") return text;
  let value: Json = text;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    // Not JSON: it stays text, which the type then accepts or refuses.
  }
  if (fitsType(value, spec.type)) return value;
  throw at(spec.name, "invalid-input", `the input "${spec.name}" must be of type ${spec.type}`);
}

function refuseUnknown(specs: readonly InputSpec[], given: JsonObject): void {
  const known = specs.map((spec) => spec.name);
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw at(name, "unknown-input", `there is no input "${name}"`, didYouMean(name, known));
  }
}

/**
 * The key of blob pointers is reserved: data from outside must not make an agent load an object. Deep data is
 * refused too, for whoever walks it would run out of stack.
 */
function refuseUnsafe(value: Json, name: string): void {
  const open: { readonly value: Json; readonly depth: number }[] = [{ value, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== "object" || next.value === null) continue;
    if (next.depth > DEEPEST_INPUT) {
      throw at(
        name,
        "invalid-input",
        `the input "${name}" is nested more than ${DEEPEST_INPUT} deep`,
      );
    }
    for (const [key, inner] of Object.entries(next.value)) {
      if (isMarkerKey(key) || FORBIDDEN_KEYS.has(key)) {
        throw at(name, "invalid-input", `the key ${JSON.stringify(key)} is reserved`);
      }
      open.push({ value: inner, depth: next.depth + 1 });
    }
  }
}

function at(
  name: string,
  code: "unknown-input" | "missing-input" | "invalid-input",
  message: string,
  hint?: string,
): SwarmError {
  return new SwarmError(code, message, {
    location: { pointer: `/inputs/${name}` },
    ...(hint === undefined ? {} : { hint }),
  });
}
