import { SwarmError } from "../core/errors.ts";
import { isJsonObject, type Json } from "../core/json.ts";
import type { Reference, RunField } from "../core/plan.ts";
import { type BlobPointer, type BlobRef, isBlobPointer } from "../core/value.ts";

export type StageStatus = "succeeded" | "failed" | "skipped";

/** What references are looked up in. Values may hold blob pointers where an object was not loaded. */
export interface Scope {
  /** A declared input; undefined when it is optional and was not given, which evaluates to null. */
  input(name: string): Json | undefined;
  /** The output of a stage that succeeded, by its position in the plan; undefined when it did not. */
  stage(index: number): Json | BlobPointer | undefined;
  /** How a stage ended. */
  status(index: number): StageStatus | undefined;
  /** `{code, message}` of a stage that failed. */
  error?(index: number): Json | undefined;
  readonly item?: Json | BlobPointer;
  readonly itemIndex?: number;
  /** What the stage's memory had under a key when the stage began; undefined when that was nothing. */
  memory?(key: string): Json | BlobPointer | undefined;
  /** What is known of the run itself. */
  run(field: RunField): Json;
  /** The content of an object, when it was loaded. */
  loaded(ref: BlobRef): Json | undefined;
}

/**
 * The value that a reference names. One into an object that is not loaded becomes a pointer to it.
 * What is named below a stage without an output is null: it was skipped.
 * @throws SwarmError `unknown-reference` when the data has no such field
 */
export function lookUp(reference: Reference, scope: Scope): Json {
  const found = follow(reference, scope);
  if ("value" in found) return reference.isPresence ? true : found.value;
  if (reference.isPresence) return false;
  throw notThere(reference, found.at, found.step);
}

type Found = { readonly value: Json } | { readonly at: Json; readonly step: string | number };

function follow(reference: Reference, scope: Scope): Found {
  let value = rootOf(reference, scope);
  if (value === undefined) {
    const step = reference.path[0] ?? "";
    return reference.isPresence ? { at: null, step } : { value: null };
  }
  for (const [depth, step] of reference.path.entries()) {
    value = followed(value, scope);
    if (isBlobPointer(value)) return { value: extended(value, reference.path.slice(depth)) };
    const next = stepInto(value, step);
    if (next === undefined) return { at: value, step };
    value = next;
  }
  return { value: followed(value, scope) };
}

/** Undefined for stages of which none has an output. */
function rootOf(reference: Reference, scope: Scope): Json | undefined {
  const { scope: place } = reference;
  switch (place.kind) {
    case "input":
      return scope.input(place.name) ?? null;
    case "stage":
      return lastOf(place.indexes, (index) => scope.stage(index)) as Json | undefined;
    case "status":
      return (
        lastOf(place.indexes, (index) => {
          const status = scope.status(index);
          return status === "skipped" ? undefined : status;
        }) ?? "skipped"
      );
    case "error":
      return lastOf(place.indexes, (index) => scope.error?.(index));
    case "item":
      return required(scope.item as Json | undefined, reference);
    case "index":
      return required(scope.itemIndex, reference);
    case "constant":
      return place.value;
    case "run":
      return scope.run(place.field);
    case "memory":
      return scope.memory?.(place.key) as Json | undefined;
    default:
      return place satisfies never;
  }
}

function lastOf<Found>(
  indexes: readonly number[],
  find: (index: number) => Found | undefined,
): Found | undefined {
  for (let at = indexes.length - 1; at >= 0; at--) {
    const found = find(indexes[at] ?? -1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function required(value: Json | undefined, reference: Reference): Json {
  if (value !== undefined) return value;
  throw new SwarmError("unknown-reference", `${reference.source} has no value here`);
}

/** The content that a pointer names, when it is loaded; else the pointer. */
function followed(value: Json, scope: Scope): Json {
  if (!isBlobPointer(value)) return value;
  const pointer = (value as unknown as BlobPointer).$blob;
  let content = scope.loaded(pointer);
  if (content === undefined) return value;
  for (const step of pointer.path) {
    const next = stepInto(content, step);
    if (next === undefined) throw new SwarmError("unknown-reference", `an object has no ${step}`);
    content = next;
  }
  return content;
}

/** A value with the content of every pointer in it that is loaded. */
export function followedDeep(value: Json, scope: Scope): Json {
  if (typeof value !== "object" || value === null) return value;
  if (isBlobPointer(value)) {
    const content = followed(value, scope);
    return content === value ? value : followedDeep(content, scope);
  }
  if (!holdsPointer(value)) return value;
  if (Array.isArray(value)) return value.map((item: Json) => followedDeep(item, scope));
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, followedDeep(entry as Json, scope)]),
  );
}

function holdsPointer(value: Json): boolean {
  if (typeof value !== "object" || value === null) return false;
  return isBlobPointer(value) || Object.values(value).some((entry) => holdsPointer(entry as Json));
}

/** The objects that a value points to, itself or inside. */
export function pointersIn(value: Json): readonly BlobRef[] {
  if (typeof value !== "object" || value === null) return [];
  if (isBlobPointer(value)) return [refOf(value)];
  return Object.values(value).flatMap((entry) => pointersIn(entry as Json));
}

export function refOf(pointer: Json): BlobRef {
  const { name, bytes } = (pointer as unknown as BlobPointer).$blob;
  return { name, bytes };
}

function extended(value: Json, rest: readonly (string | number)[]): Json {
  const pointer = (value as unknown as BlobPointer).$blob;
  return { $blob: { ...pointer, path: [...pointer.path, ...rest] } } as unknown as Json;
}

/** One step along a path, over own properties only. */
export function stepInto(value: Json, step: string | number): Json | undefined {
  if (typeof step === "number") return Array.isArray(value) ? value[step] : undefined;
  return isJsonObject(value) && Object.hasOwn(value, step) ? (value[step] as Json) : undefined;
}

function notThere(reference: Reference, value: Json, step: string | number): SwarmError {
  const fields = isJsonObject(value) ? Object.keys(value).slice(0, 20).join(", ") : typeof value;
  return new SwarmError(
    "unknown-reference",
    `${reference.source}: there is no ${JSON.stringify(step)} (there is: ${fields})`,
  );
}
