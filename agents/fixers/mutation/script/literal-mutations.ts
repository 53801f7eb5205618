import type { Mutation } from "../mutation.ts";
import { likeness } from "../names.ts";
import type { ScriptFile } from "./script-file.ts";
import type { Visit } from "./script-tree.ts";

const MOST_LIKE_TEXTS = 3;
/** What joins and splits texts. */
const SEPARATORS = ["", " ", ",", ", ", "-", "_", "/", ".", "\n"];

/** Other numbers, texts and truth values. */
export function* literalMutations(
  { node, field, parent }: Visit,
  file: ScriptFile,
): Generator<Mutation> {
  const { start, end } = node;
  switch (node.type) {
    case "NumericLiteral":
      yield* otherNumbers({ start, end, value: node["value"] as number }, file);
      break;
    case "BooleanLiteral":
      yield { start, end, replacement: String(!node["value"]), family: "boolean" };
      break;
    case "StringLiteral":
      if (field === "key" || parent?.node.type === "JSXAttribute") break;
      yield* otherTexts({ start, end, value: node["value"] as string }, file);
      break;
    case "RegExpLiteral":
      yield* otherFlags(end, node["flags"] as string);
      break;
    default:
  }
}

interface Literal<Value> {
  readonly start: number;
  readonly end: number;
  readonly value: Value;
}

function* otherNumbers(
  { start, end, value }: Literal<number>,
  file: ScriptFile,
): Generator<Mutation> {
  for (const { actual, expected } of file.wrongLiterals) {
    if (actual !== value || typeof expected !== "number" || expected < 0) continue;
    yield { start, end, replacement: String(expected), family: "literal-from-message" };
  }
  if (!Number.isSafeInteger(value)) return;
  // 0 and 1 are mistaken for each other most of all.
  const weight = value <= 2 ? 1 : 0.7;
  yield { start, end, replacement: String(value + 1), family: "number", weight };
  if (value > 0) yield { start, end, replacement: String(value - 1), family: "number", weight };
  else yield { start, end, replacement: "-1", family: "number", weight: 0.4 };
  if (value >= 10) {
    yield { start, end, replacement: String(value * 10), family: "number", weight: 0.3 };
    yield {
      start,
      end,
      replacement: String(Math.floor(value / 10)),
      family: "number",
      weight: 0.3,
    };
  }
}

function* otherTexts(
  { start, end, value }: Literal<string>,
  file: ScriptFile,
): Generator<Mutation> {
  const quote = file.text[start] ?? '"';
  const literal = (text: string): string => {
    const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
    return quote + inner.replaceAll(quote, `\\${quote}`) + quote;
  };
  for (const { actual, expected } of file.wrongLiterals) {
    if (actual !== value || typeof expected !== "string") continue;
    yield { start, end, replacement: literal(expected), family: "literal-from-message" };
  }
  const like = file.strings
    .map((text) => ({ text, likeness: likeness(text, value) }))
    .filter((other) => other.likeness > 0)
    .sort((a, b) => b.likeness - a.likeness);
  for (const other of like.slice(0, MOST_LIKE_TEXTS)) {
    yield { start, end, replacement: literal(other.text), family: "text", weight: other.likeness };
  }
  if (!SEPARATORS.includes(value)) return;
  for (const text of SEPARATORS) {
    if (text === value) continue;
    yield { start, end, replacement: literal(text), family: "text", weight: 0.7 };
  }
}

function* otherFlags(end: number, flags: string): Generator<Mutation> {
  for (const flag of ["g", "i"]) {
    const family = "text";
    if (flags.includes(flag)) {
      const replacement = flags.replace(flag, "");
      yield { start: end - flags.length, end, replacement, family, weight: 0.6 };
    } else {
      yield { start: end, end, replacement: flag, family };
    }
  }
}
