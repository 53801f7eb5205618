import { SwarmError } from "../core/errors.ts";
import { FORBIDDEN_KEYS, isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { InputSpec } from "../core/plan.ts";
import type { SkillManifest } from "../core/skill.ts";
import { type BlobPointer, isBlobPointer, isMarkerKey } from "../core/value.ts";
import { fitsType } from "../language/inputs.ts";
import { stepInto } from "../language/scope.ts";
import type { BlobCache } from "./blob-cache.ts";

/**
 * Replaces every blob pointer in `value` by the content it names, those inside loaded content too.
 * The content is a copy: what one skill does to its inputs is not seen by another.
 */
export async function withBlobs(value: Json, blobs: BlobCache): Promise<Json> {
  if (typeof value !== "object" || value === null) return value;
  if (isBlobPointer(value)) {
    return withBlobs(structuredClone(await followed(value, blobs)), blobs);
  }
  if (!holdsPointer(value)) return value;
  if (Array.isArray(value)) {
    return Promise.all(value.map((item) => withBlobs(item as Json, blobs)));
  }
  const entries = Object.entries(value as JsonObject).map(
    async ([key, entry]) => [key, await withBlobs(entry, blobs)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

function holdsPointer(value: Json): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (isBlobPointer(value)) return true;
  return Object.values(value).some((entry) => holdsPointer(entry as Json));
}

async function followed(pointer: BlobPointer, blobs: BlobCache): Promise<Json> {
  let content = await blobs.json(pointer.$blob);
  for (const step of pointer.$blob.path) {
    content = isBlobPointer(content)
      ? await followed(content as unknown as BlobPointer, blobs)
      : content;
    const next = stepInto(content, step);
    if (next === undefined) {
      throw new SwarmError("unknown-reference", `the object has no ${JSON.stringify(step)}`);
    }
    content = next;
  }
  return content;
}

/** The inputs of a skill with its defaults. @throws SwarmError `missing-input` or `invalid-input` */
export function checkedInputs(manifest: SkillManifest, given: Json): JsonObject {
  if (!isJsonObject(given)) throw new SwarmError("invalid-input", "the inputs are not an object");
  const inputs: Record<string, Json> = {};
  for (const spec of manifest.inputs) {
    const value = (given[spec.name] as Json | undefined) ?? spec.default;
    if (value === undefined) {
      if (spec.required) throw wrong("missing-input", manifest, spec, "is required");
    } else if (!fitsType(value, spec.type)) {
      throw wrong("invalid-input", manifest, spec, `must be of type ${spec.type}`);
    } else {
      inputs[spec.name] = value;
    }
  }
  return inputs;
}

export interface CheckedOutput {
  readonly value: JsonObject;
  /** The same as JSON. */
  readonly text: string;
}

/**
 * @throws SwarmError `invalid-output` when a skill does not keep what its manifest declares, or returns what cannot
 * travel: no JSON, or a key that readers refuse
 */
export function checkedOutput(manifest: SkillManifest, output: unknown): CheckedOutput {
  if (!isJsonObject(output)) {
    throw new SwarmError("invalid-output", `the skill ${manifest.name} did not return an object`);
  }
  for (const spec of manifest.outputs) {
    const value = output[spec.name] as Json | undefined;
    if (value === undefined ? spec.required : !fitsType(value, spec.type)) {
      throw wrong("invalid-output", manifest, spec, `must be of type ${spec.type}`);
    }
  }
  const value = output as JsonObject;
  const text = jsonOf(value, manifest);
  if (MAY_HOLD_RESERVED_KEY.test(text)) refuseReservedKeys(JSON.parse(text) as Json, manifest, "");
  return { value, text };
}

/** What is kept of an output, under new names; what a skill need not give and did not is left out. */
export function pickedOutput(
  output: CheckedOutput,
  names: Readonly<Record<string, string>> | undefined,
): CheckedOutput {
  if (names === undefined) return output;
  const entries = Object.entries(names).filter(([, own]) => Object.hasOwn(output.value, own));
  const value = Object.fromEntries(entries.map(([name, own]) => [name, output.value[own]]));
  return { value: value as JsonObject, text: JSON.stringify(value) };
}

/** A quick look before the walk over every key. */
const MAY_HOLD_RESERVED_KEY = /"(?:__proto__|constructor|prototype|\$blob|\$secret)":/;

function jsonOf(value: JsonObject, manifest: SkillManifest): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    const why = (error as Error).message.split("\n")[0];
    throw new SwarmError("invalid-output", `the output of ${manifest.name} is not JSON: ${why}`, {
      cause: error,
    });
  }
}

function refuseReservedKeys(value: Json, manifest: SkillManifest, pointer: string): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, entry] of Object.entries(value)) {
    const place = `${pointer}/${key}`;
    if (FORBIDDEN_KEYS.has(key) || isMarkerKey(key)) {
      throw new SwarmError("invalid-output", `${manifest.name}: the key ${key} is reserved`, {
        hint: "use a list of name and value for names that can be any text",
        location: { pointer: place },
      });
    }
    refuseReservedKeys(entry as Json, manifest, place);
  }
}

function wrong(
  code: "missing-input" | "invalid-input" | "invalid-output",
  manifest: SkillManifest,
  spec: InputSpec,
  what: string,
): SwarmError {
  return new SwarmError(code, `"${spec.name}" of the skill ${manifest.name} ${what}`, {
    location: { pointer: `/${spec.name}` },
  });
}
