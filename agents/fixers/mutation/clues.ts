import type { TestFailure } from "../../../core/fixer.ts";
import type { Clue } from "./families.ts";
import type { WrongLiteral } from "./mutation.ts";

/** What is read of one message: long ones are lists of values, of which the beginning says enough. */
const MOST_MESSAGE_CHARACTERS = 10_000;

export interface FailureClues {
  readonly clues: ReadonlySet<Clue>;
  readonly wrongLiterals: readonly WrongLiteral[];
}

/** Words of test runners and of the two languages that point to one kind of mistake. */
const PHRASES: readonly (readonly [RegExp, Clue])[] = [
  [
    /Cannot (?:read|set) propert|'NoneType' object|is (?:null|undefined)\b|not iterable/,
    "missing-object",
  ],
  [
    /is not defined|ReferenceError|NameError|UnboundLocalError|AttributeError|is not a function/,
    "unknown-name",
  ],
  [
    /Maximum call stack|RecursionError|timed out|[Tt]imeout|Invalid array length|out of memory/,
    "endless",
  ],
  [/IndexError|list index out of range|out of range|StopIteration/, "off-by-one"],
  [/ZeroDivisionError|division by zero/, "infinite-number"],
  [/Missing expected (?:exception|rejection)|to throw|DID NOT RAISE/, "nothing-thrown"],
  [
    /\b(?:Type|Range|Value|Key|Assertion|Index)Error(?!:? \[ERR_ASSERTION\])|Got unwanted exception/,
    "thrown",
  ],
  [/\[object Promise\]|Promise \{|coroutine/, "promise"],
];

/** Reads what the messages of node:test, vitest, jest and pytest tell of a mistake. Pure; it knows nothing for sure. */
export function cluesOf(failures: readonly TestFailure[]): FailureClues {
  const clues = new Set<Clue>();
  const wrongLiterals: WrongLiteral[] = [];
  for (const { message } of failures) {
    const text = message.slice(0, MOST_MESSAGE_CHARACTERS);
    for (const [pattern, clue] of PHRASES) if (pattern.test(text)) clues.add(clue);
    const compared = comparedValues(text);
    if (compared === undefined) continue;
    for (const clue of differenceOf(compared)) clues.add(clue);
    const literal = literalOf(compared);
    if (literal !== undefined) wrongLiterals.push(literal);
  }
  return { clues, wrongLiterals: wrongLiterals.slice(0, 10) };
}

/** The two values of a comparison as the message writes them. */
interface Compared {
  readonly actual: string;
  readonly expected: string;
}

const NUMBER = String.raw`-?(?:\d[\d_]*(?:\.\d*)?(?:e[+-]?\d+)?|Infinity|inf|NaN|nan)`;
const VALUE = String.raw`(?:${NUMBER}|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\[[^\]\n]{0,2000}\]|true|false|True|False|undefined|null|None|Promise \{[^}\n]*\}?)`;

/** How runners write "actual, expected"; the first that fits is taken. */
const COMPARISONS: readonly { readonly pattern: RegExp; readonly expectedFirst?: boolean }[] = [
  // vitest and chai
  {
    pattern: new RegExp(
      String.raw`expected (${VALUE}) to (?:be|deeply equal|equal|strictly equal)(?: \w+)? (${VALUE})`,
    ),
  },
  // node:assert
  { pattern: new RegExp(String.raw`^[ \t]*(${VALUE}) !==? (${VALUE})[ \t]*$`, "m") },
  // jest
  {
    pattern: new RegExp(String.raw`Expected:\s*(${VALUE})\s+Received:\s*(${VALUE})`),
    expectedFirst: true,
  },
  // pytest
  { pattern: new RegExp(`assert (${VALUE}) == (${VALUE})`) },
  // lists of node:assert and what test reports carry beside the message
  { pattern: new RegExp(String.raw`actual:\s*(${VALUE})[,\s]+expected:\s*(${VALUE})`) },
  {
    pattern: new RegExp(String.raw`expected:\s*(${VALUE})[,\s]+actual:\s*(${VALUE})`),
    expectedFirst: true,
  },
  { pattern: new RegExp(String.raw`^[ \t]*\+ (${VALUE})[ \t]*\n[ \t]*- (${VALUE})[ \t]*$`, "m") },
];

function comparedValues(text: string): Compared | undefined {
  for (const { pattern, expectedFirst = false } of COMPARISONS) {
    const [, first, second] = pattern.exec(text) ?? [];
    if (first === undefined || second === undefined) continue;
    return expectedFirst
      ? { actual: second, expected: first }
      : { actual: first, expected: second };
  }
  return undefined;
}

function differenceOf({ actual, expected }: Compared): Clue[] {
  if (/^(?:undefined|None)$/.test(actual)) return ["undefined-value"];
  if (/^(?:NaN|nan)$/.test(actual)) return ["not-a-number"];
  if (/^-?(?:Infinity|inf)$/.test(actual)) return ["infinite-number"];
  if (actual.startsWith("Promise")) return ["promise"];
  if (isTruth(actual) && isTruth(expected)) return ["opposite-truth"];
  const [a, b] = [Number(actual), Number(expected)];
  if (isNumber(actual) && isNumber(expected)) return numberDifference(a, b);
  if (actual.startsWith("[") && expected.startsWith("[")) return listDifference(actual, expected);
  if (isText(actual) && isText(expected))
    return textDifference(unquoted(actual), unquoted(expected));
  return [];
}

function numberDifference(actual: number, expected: number): Clue[] {
  if (Math.abs(actual - expected) === 1) return ["off-by-one"];
  if (actual === -expected) return ["opposite-sign"];
  return ["other-number"];
}

function listDifference(actual: string, expected: string): Clue[] {
  const [a, b] = [entries(actual), entries(expected)];
  if (a.length !== b.length) return ["other-length"];
  const isReversed = a.length > 1 && a.join() === b.toReversed().join();
  if (isReversed || a.toSorted().join() === b.toSorted().join()) return ["reversed-list"];
  const differing = a.flatMap((value, index) => (value === b[index] ? [] : [{ value, index }]));
  return differing.flatMap(({ value, index }) =>
    differenceOf({ actual: value, expected: b[index] ?? "" }),
  );
}

function textDifference(actual: string, expected: string): Clue[] {
  if (actual.toLowerCase() === expected.toLowerCase()) return ["other-case"];
  const withoutSpace = (text: string): string => text.replace(/\s+/g, "");
  if (withoutSpace(actual) === withoutSpace(expected)) return ["other-space"];
  if (Math.abs(actual.length - expected.length) === 1) return ["off-by-one", "other-text"];
  return ["other-text"];
}

function literalOf({ actual, expected }: Compared): WrongLiteral | undefined {
  if (isNumber(actual) && isNumber(expected)) {
    return { actual: Number(actual), expected: Number(expected) };
  }
  if (isText(actual) && isText(expected)) {
    return { actual: unquoted(actual), expected: unquoted(expected) };
  }
  return undefined;
}

const isNumber = (text: string): boolean => Number.isFinite(Number(text)) && /\d/.test(text);
const isTruth = (text: string): boolean => /^(?:true|false)$/i.test(text);
const isText = (text: string): boolean => /^['"]/.test(text);
const unquoted = (text: string): string => text.slice(1, -1);

function entries(list: string): string[] {
  return list
    .slice(1, -1)
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}
