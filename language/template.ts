import { SwarmError } from "../core/errors.ts";
import { isJsonObject, type Json } from "../core/json.ts";
import type { Reference, RunField, Template } from "../core/plan.ts";
import { type BlobPointer, type BlobRef, isBlobPointer } from "../core/value.ts";

/** A `${…}` as it stands in the text: the names and positions along its path. */
export interface WrittenReference {
  readonly source: string;
  readonly path: readonly (string | number)[];
}

/** Text between references, and references, in order. */
export type TextPart = string | WrittenReference;

/** What a name may be: hyphens are part of it, for stages and skills have them. */
const PATH = /^\s*([A-Za-z_][\w-]*)((?:\.[A-Za-z_][\w-]*|\[\d{1,9}\])*)\s*$/;
const STEP = /\.([A-Za-z_][\w-]*)|\[(\d+)\]/g;

export type Split =
  | { readonly ok: true; readonly parts: readonly TextPart[] }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/**
 * Splits text at its references: `${stage.field}`, `${item[0].name}`. `$${` stands for a literal `${`.
 * Not ok when a reference is not closed or not of that form.
 */
export function splitText(text: string): Split {
  const parts: TextPart[] = [];
  let plain = "";
  let position = 0;
  for (const { 0: mark, index } of text.matchAll(/\$\$?\{/g)) {
    // Inside the reference before it.
    if (index < position) continue;
    plain += text.slice(position, index);
    if (mark === "$${") {
      plain += "${";
      position = index + mark.length;
      continue;
    }
    const end = text.indexOf("}", index);
    if (end < 0) return malformed(text.slice(index), "it is not closed");
    const reference = parseReference(text.slice(index + mark.length, end));
    if (reference === undefined) {
      const why = "expected a name, then .fields and [positions]";
      return malformed(text.slice(index, end + 1), why);
    }
    if (plain !== "") parts.push(plain);
    plain = "";
    parts.push(reference);
    position = end + 1;
  }
  plain += text.slice(position);
  if (plain !== "") parts.push(plain);
  return { ok: true, parts };
}

function parseReference(inner: string): WrittenReference | undefined {
  const match = PATH.exec(inner);
  if (match === null) return undefined;
  const steps = [...(match[2] ?? "").matchAll(STEP)];
  const rest = steps.map(([, name, position]) => name ?? Number(position));
  return { source: `\${${inner}}`, path: [match[1] ?? "", ...rest] };
}

const REFERENCE_SHOWN = 80;

function malformed(source: string, why: string): Split {
  const shown = source.length > REFERENCE_SHOWN ? `${source.slice(0, REFERENCE_SHOWN)}…` : source;
  return { ok: false, message: `${shown}: ${why}`, hint: "write a literal ${ as $${" };
}

/** What references are looked up in. Values may hold blob pointers where an object was not loaded. */
export interface Scope {
  /** A declared input; undefined when it is optional and was not given, which evaluates to null. */
  input(name: string): Json | undefined;
  /** The output of a stage that succeeded, by its position in the plan. */
  stage(index: number): Json | BlobPointer | undefined;
  readonly item?: Json | BlobPointer;
  /** What is known of the run itself. */
  run(field: RunField): Json;
  /** The content of an object, when it was loaded. */
  loaded(ref: BlobRef): Json | undefined;
}

/**
 * The value of a template. Data is never looked at for further `${`. A reference into an object that is not
 * loaded becomes a pointer to it, which whoever needs the content follows.
 * @throws SwarmError `unknown-reference` when the data has no such field, `invalid-input` when text needs a
 *   value that is not text, a number or a boolean
 */
export function evaluate(template: Template, scope: Scope): Json {
  switch (template.kind) {
    case "literal":
      return template.value;
    case "reference":
      return lookUp(template.reference, scope);
    case "text":
      return template.parts
        .map((part) => (typeof part === "string" ? part : asText(part, lookUp(part, scope))))
        .join("");
    case "list":
      return template.items.map((item) => evaluate(item, scope));
    case "map":
      return Object.fromEntries(
        Object.entries(template.entries).map(([key, entry]) => [key, evaluate(entry, scope)]),
      );
    default:
      return template satisfies never;
  }
}

/**
 * Objects whose content must be loaded before the template can be evaluated.
 * @param whole true when the value itself is needed and a pointer to it will not do
 */
export function blobsNeeded(
  template: Template,
  scope: Scope,
  options: { readonly whole: boolean },
): readonly BlobRef[] {
  switch (template.kind) {
    case "literal":
      return [];
    case "reference":
      return options.whole ? blobOf(template.reference, scope) : [];
    case "text":
      return template.parts.flatMap((part) =>
        typeof part === "string" ? [] : blobOf(part, scope),
      );
    case "list":
      return template.items.flatMap((item) => blobsNeeded(item, scope, { whole: false }));
    case "map":
      return Object.values(template.entries).flatMap((entry) =>
        blobsNeeded(entry, scope, { whole: false }),
      );
    default:
      return template satisfies never;
  }
}

function blobOf(reference: Reference, scope: Scope): readonly BlobRef[] {
  const value = lookUp(reference, scope);
  if (!isBlobPointer(value)) return [];
  const { name, bytes } = (value as unknown as BlobPointer).$blob;
  return [{ name, bytes }];
}

function lookUp(reference: Reference, scope: Scope): Json {
  let value = rootOf(reference, scope);
  for (const [depth, step] of reference.path.entries()) {
    value = followed(value, scope);
    if (isBlobPointer(value)) return extended(value, reference.path.slice(depth));
    const next = stepInto(value, step);
    if (next === undefined) throw notThere(reference, value, step);
    value = next;
  }
  return followed(value, scope);
}

function rootOf(reference: Reference, scope: Scope): Json {
  const { scope: place } = reference;
  let root: Json | BlobPointer | undefined;
  if (place.kind === "input") root = scope.input(place.name) ?? null;
  else if (place.kind === "stage") root = scope.stage(place.index);
  else if (place.kind === "run") root = scope.run(place.field);
  else root = scope.item;
  if (root === undefined) {
    throw new SwarmError("unknown-reference", `${reference.source} has no value here`);
  }
  return root as Json;
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

function asText(reference: Reference, value: Json): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new SwarmError(
    "invalid-input",
    `${reference.source} stands inside a text but is not text`,
    {
      hint: "use it alone, as a whole value",
    },
  );
}
