import type { Random } from "./random.ts";

/** Pieces of YAML, of cascades and of expressions that mean something where they are put. */
const PIECES: readonly string[] = [
  ...["[", "]", "{", "}", "&a ", "*a", "- ", ": ", "? ", "\n", "\t", "  ", "'", '"', "|\n", ">-\n"],
  ...[
    "<<: *a",
    "!x ",
    "!!binary ",
    "!!int ",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "#",
    " #",
    "~",
    ".nan",
  ],
  ...[
    "null",
    "true",
    "no",
    "1e999",
    "-1",
    "0x1F",
    "9007199254740993",
    "2026-11-25",
    "\0",
    "\ufeff",
  ],
  ...["\u202e", "\u200b", "\ud800", "\u0430", "__proto__: 1", "constructor", "$blob: {}"],
  ...["${", "}", "$${", "${item}", "${inputs.path}", "${run.timeline}", "${1 / 0}", "${a.b[0].c}"],
  ...[
    "${x.map(y, y * 2)}",
    "${[1, 2].filter(x, x > 1)}",
    "${size(",
    "&&",
    "||",
    "==",
    "? 1 : 2",
    "((",
  ],
  ...[
    "stages:",
    "stage: a",
    "skill: list",
    "needs: []",
    "needs: [a, a]",
    "when: false",
    "repeat: a",
  ],
  ...["condition: ${true}", "then: list", "branches: {}", "foreach: [1]", "matrix: { x: [1, 2] }"],
  ...["cascade: c", "transform: ${1 + 1}", "type: parallel", "max_iterations: 100", "outputs: {}"],
  ...[
    "1. list: do it",
    "2. [swarm-parallel]:",
    "timeout: 1h",
    "error_handling: {}",
    "default: list",
  ],
];

type Mutation = (text: string, random: Random, others: readonly string[]) => string;

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  (text, random) => text.slice(0, random.below(text.length + 1)),
  cut,
  (text, random) => splice(text, random.below(text.length + 1), 0, random.pick(PIECES)),
  (text, random) =>
    splice(text, random.below(text.length + 1), 1 + random.below(6), random.pick(PIECES)),
  repeatLine,
  moveLine,
  swapTokens,
  replaceToken,
  replaceToken,
  changeExpression,
  changeExpression,
  (text, random, others) => {
    const other = random.pick(others);
    const at = random.below(other.length + 1);
    return splice(text, random.below(text.length + 1), 0, other.slice(at, at + random.below(200)));
  },
];

/** A text with one to four mutations, most often one. @param others texts to take pieces of */
export function mutate(text: string, random: Random, others: readonly string[]): string {
  let mutated = text;
  for (let left = 1 + random.below(1 + random.below(4)); left > 0; left--) {
    mutated = random.pick(MUTATIONS)(mutated, random, others);
  }
  return mutated;
}

function splice(text: string, at: number, length: number, added: string): string {
  return text.slice(0, at) + added + text.slice(at + length);
}

function flipBit(text: string, random: Random): string {
  const at = random.below(text.length);
  const flipped = text.charCodeAt(at) ^ (1 << random.below(7));
  return Number.isNaN(flipped) ? text : splice(text, at, 1, String.fromCharCode(flipped));
}

function cut(text: string, random: Random): string {
  return splice(text, random.below(text.length + 1), 1 + random.below(40), "");
}

function repeatLine(text: string, random: Random): string {
  const lines = text.split("\n");
  const at = random.below(lines.length);
  const times = 1 + random.below(3);
  return lines.toSpliced(at, 0, ...Array<string>(times).fill(lines[at] ?? "")).join("\n");
}

function moveLine(text: string, random: Random): string {
  const lines = text.split("\n");
  const [line = ""] = lines.splice(random.below(lines.length), 1);
  const spaces = " ".repeat(random.below(9));
  const moved = random.below(2) === 0 ? line : spaces + line.trimStart();
  return lines.toSpliced(random.below(lines.length + 1), 0, moved).join("\n");
}

function swapTokens(text: string, random: Random): string {
  const tokens = text.split(SEPARATORS);
  const [one, other] = [random.below(tokens.length), random.below(tokens.length)];
  const [first = "", second = ""] = [tokens[one], tokens[other]];
  return tokens.with(one, second).with(other, first).join("");
}

const SEPARATORS = /(\s+|[:,[\]{}"'])/;

function replaceToken(text: string, random: Random, others: readonly string[]): string {
  const tokens = text.split(SEPARATORS);
  const known = random.pick(others).split(SEPARATORS);
  const added = random.below(3) === 0 ? random.pick(PIECES) : random.pick(known);
  return tokens.with(random.below(tokens.length), added).join("");
}

const EXPRESSION_PARTS: readonly string[] = [
  ...[
    "size(",
    "has(",
    "json(",
    "string(",
    "double(",
    ")",
    " + ",
    " / ",
    " == ",
    " < ",
    " && ",
    "!",
    ".",
  ],
  ...[
    "[0]",
    '["a"]',
    "1",
    "0.5",
    "null",
    "true",
    "item",
    "index",
    "iteration",
    "run.id",
    "run.timeline",
  ],
  ...[
    "inputs.path",
    "path",
    " ? 1 : 2",
    ".map(x, x)",
    ".filter(x, x > 1)",
    ".size",
    "-",
    " in ",
    "a-b",
  ],
  ...[
    ".split(',')",
    "'text'",
    "{'a': 1}",
    "[1, 2]",
    "coalesce(",
    ", ",
    "(",
    "9007199254740993",
    "1e400",
  ],
];

/** Changes what stands in `${…}`; a text without any gets one. */
function changeExpression(text: string, random: Random): string {
  const found = [...text.matchAll(/\$\{([^}]*)\}/g)];
  if (found.length === 0) return splice(text, random.below(text.length + 1), 0, "${1 + 1}");
  const { 0: whole, 1: inner = "", index } = random.pick(found);
  const parts = inner.split(/(\W)/);
  const added = Array.from({ length: 1 + random.below(3) }, () => random.pick(EXPRESSION_PARTS));
  const changed = parts.toSpliced(random.below(parts.length), random.below(2), ...added).join("");
  return splice(text, index, whole.length, `\${${changed}}`);
}
