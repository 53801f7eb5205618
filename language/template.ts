import { SwarmError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { refuseOver } from "../core/limits.ts";
import type { Expression, Reference, Template } from "../core/plan.ts";
import { type BlobRef, isBlobPointer, type SecretMarker } from "../core/value.ts";
import { endOfExpression } from "./expression-text.ts";
import { valueOfExpression } from "./expression-value.ts";
import { followedDeep, lookUp, pointersIn, refOf, type Scope } from "./scope.ts";

/** A `${…}` as it stands in the text. */
export interface WrittenExpression {
  /** What stands between the braces. */
  readonly text: string;
  /** Where that begins in the whole text. */
  readonly offset: number;
}

/** Text between expressions, and expressions, in order. */
export type TextPart = string | WrittenExpression;

export type Split =
  | { readonly ok: true; readonly parts: readonly TextPart[] }
  | {
      readonly ok: false;
      readonly message: string;
      readonly hint: string;
      readonly offset: number;
    };

/**
 * Splits text at its expressions: `${stage.field}`, `${quality < 0.7}`. `$${` stands for a literal `${`.
 * Not ok when one is not closed or is empty.
 */
export function splitText(text: string): Split {
  const parts: TextPart[] = [];
  let plain = "";
  let position = 0;
  for (const { 0: mark, index } of text.matchAll(/\$\$?\{/g)) {
    // Inside the expression before it.
    if (index < position) continue;
    plain += text.slice(position, index);
    if (mark === "$${") {
      plain += "${";
      position = index + mark.length;
      continue;
    }
    const start = index + mark.length;
    const end = endOfExpression(text, start);
    if (end < 0) return malformed(text.slice(index), "it is not closed", index);
    const inner = text.slice(start, end);
    if (inner.trim() === "") {
      return malformed(text.slice(index, end + 1), "expected a name or an expression", index);
    }
    if (plain !== "") parts.push(plain);
    plain = "";
    parts.push({ text: inner, offset: start });
    position = end + 1;
  }
  plain += text.slice(position);
  if (plain !== "") parts.push(plain);
  return { ok: true, parts };
}

const EXPRESSION_SHOWN = 80;

/** An expression as it is named in errors. */
export function shownExpression(source: string): string {
  const line = source.replace(/\s+/g, " ");
  return line.length > EXPRESSION_SHOWN ? `${line.slice(0, EXPRESSION_SHOWN)}…` : line;
}

function malformed(source: string, why: string, offset: number): Split {
  const message = `${shownExpression(source)}: ${why}`;
  return { ok: false, message, hint: "write a literal ${ as $${", offset };
}

/**
 * The value of a template. Data is never looked at for further `${`. A reference into an object that is not
 * loaded becomes a pointer to it, which whoever needs the content follows.
 * @throws SwarmError `unknown-reference` when the data has no such field, `invalid-input` when text needs a
 *   value that is not text, a number or a boolean, `expression-failed`, `limit-exceeded`
 */
export function evaluate(template: Template, scope: Scope): Json {
  switch (template.kind) {
    case "literal":
      return template.value;
    case "reference":
      return lookUp(template.reference, scope);
    case "expression":
      return valueIn(template, scope);
    case "text":
      return template.parts.map((part) => textOf(part, scope)).join("");
    case "list":
      return template.items.map((item) => evaluate(item, scope));
    case "map":
      return Object.fromEntries(
        Object.entries(template.entries).map(([key, entry]) => [key, evaluate(entry, scope)]),
      );
    case "product":
      return productOf(
        Object.entries(template.axes).map(([name, axis]) => [name, evaluate(axis, scope)]),
      );
    case "secret":
      return markerOf(template);
    default:
      return template satisfies never;
  }
}

function markerOf({ name, before, after }: Extract<Template, { readonly kind: "secret" }>): Json {
  const marker: SecretMarker = { $secret: { name, before, after } };
  return marker as unknown as Json;
}

function productOf(axes: readonly (readonly [string, Json])[]): Json {
  let combinations: Record<string, Json>[] = [{}];
  for (const [name, values] of axes) {
    if (!Array.isArray(values)) {
      throw new SwarmError("invalid-input", `the axis "${name}" of the matrix is not a list`);
    }
    refuseOver("fanOutItems", combinations.length * values.length);
    combinations = combinations.flatMap((combination) =>
      values.map((value: Json) => ({ ...combination, [name]: value })),
    );
  }
  return combinations;
}

function valueIn(expression: Expression, scope: Scope): Json {
  const values = expression.references.map((reference) =>
    followedDeep(lookUp(reference, scope), scope),
  );
  return valueOfExpression(expression, values);
}

function textOf(part: string | Reference | Expression, scope: Scope): string {
  if (typeof part === "string") return part;
  const value = "text" in part ? valueIn(part, scope) : lookUp(part, scope);
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new SwarmError("invalid-input", `${part.source} stands inside a text but is not text`, {
    hint: "use it alone, as a whole value",
  });
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
    case "expression":
      return blobsOf(template, scope);
    case "text":
      return template.parts.flatMap((part) => {
        if (typeof part === "string") return [];
        return "text" in part ? blobsOf(part, scope) : blobOf(part, scope);
      });
    case "list":
      return template.items.flatMap((item) => blobsNeeded(item, scope, { whole: false }));
    case "map":
      return Object.values(template.entries).flatMap((entry) =>
        blobsNeeded(entry, scope, { whole: false }),
      );
    case "product":
      return Object.values(template.axes).flatMap((axis) =>
        blobsNeeded(axis, scope, { whole: true }),
      );
    case "secret":
      return [];
    default:
      return template satisfies never;
  }
}

function blobOf(reference: Reference, scope: Scope): readonly BlobRef[] {
  const value = lookUp(reference, scope);
  return isBlobPointer(value) ? [refOf(value)] : [];
}

/** An expression looks into its values, so all that they point to is needed. */
function blobsOf({ references }: Expression, scope: Scope): readonly BlobRef[] {
  return references.flatMap((reference) =>
    pointersIn(followedDeep(valueBehind(reference, scope), scope)),
  );
}

/** Of one that asks whether there is a value: what it asks about, as far as that is loaded. */
function valueBehind(reference: Reference, scope: Scope): Json {
  if (reference.isPresence === undefined) return lookUp(reference, scope);
  const { isPresence: _, ...whole } = reference;
  try {
    return lookUp(whole, scope);
  } catch (error) {
    if (error instanceof SwarmError && error.code === "unknown-reference") return null;
    throw error;
  }
}
