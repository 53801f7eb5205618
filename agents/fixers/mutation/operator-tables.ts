import type { MutationFamily } from "./families.ts";

/** What may stand in place of an operator, or of the name of a method, and how likely it is meant. */
export interface Replacement {
  readonly by: string;
  readonly family: MutationFamily;
  readonly weight?: number;
}

type Table = Readonly<Record<string, readonly Replacement[]>>;

const boundary = (by: string): Replacement => ({ by, family: "boundary" });
const comparison = (by: string, weight = 1): Replacement => ({ by, family: "comparison", weight });
const arithmetic = (by: string, weight = 1): Replacement => ({ by, family: "arithmetic", weight });
const assignment = (by: string, weight = 1): Replacement => ({ by, family: "assignment", weight });

const COMPARISONS: Table = {
  "<": [boundary("<="), comparison(">"), comparison(">=", 0.8)],
  "<=": [boundary("<"), comparison(">="), comparison(">", 0.8)],
  ">": [boundary(">="), comparison("<"), comparison("<=", 0.8)],
  ">=": [boundary(">"), comparison("<="), comparison("<", 0.8)],
};

const ARITHMETIC: Table = {
  "+": [arithmetic("-"), arithmetic("*", 0.5)],
  "-": [arithmetic("+"), arithmetic("/", 0.3)],
  "*": [arithmetic("/"), arithmetic("+", 0.6), arithmetic("**", 0.2)],
  "/": [arithmetic("*"), arithmetic("%", 0.4), arithmetic("-", 0.3)],
  "%": [arithmetic("/", 0.8), arithmetic("*", 0.5)],
  "**": [arithmetic("*")],
  "&": [arithmetic("|"), arithmetic("^", 0.4)],
  "|": [arithmetic("&"), arithmetic("^", 0.4)],
  "^": [arithmetic("&", 0.6), arithmetic("|", 0.6)],
  "<<": [arithmetic(">>")],
  ">>": [arithmetic("<<")],
};

const ASSIGNMENTS: Table = {
  "+=": [assignment("-="), assignment("="), assignment("*=", 0.5)],
  "-=": [assignment("+="), assignment("=", 0.7)],
  "*=": [assignment("/="), assignment("+=", 0.7), assignment("=", 0.5)],
  "/=": [assignment("*="), assignment("-=", 0.4)],
  "%=": [assignment("/=", 0.5)],
  "=": [assignment("+=", 0.3)],
};

/** Operators of JavaScript and TypeScript. */
export const SCRIPT_OPERATORS: Table = {
  ...COMPARISONS,
  ...ARITHMETIC,
  ...ASSIGNMENTS,
  ">>>": [arithmetic(">>"), arithmetic("<<", 0.6)],
  "==": [comparison("!="), { by: "===", family: "equality" }],
  "!=": [comparison("=="), { by: "!==", family: "equality" }],
  "===": [comparison("!=="), { by: "==", family: "equality", weight: 0.6 }],
  "!==": [comparison("==="), { by: "!=", family: "equality", weight: 0.6 }],
  "&&": [{ by: "||", family: "logical" }],
  "||": [
    { by: "&&", family: "logical" },
    { by: "??", family: "logical", weight: 0.8 },
  ],
  "??": [
    { by: "||", family: "logical", weight: 0.8 },
    { by: "&&", family: "logical", weight: 0.4 },
  ],
  "&&=": [assignment("||=")],
  "||=": [assignment("??="), assignment("&&=")],
  "??=": [assignment("||="), assignment("=", 0.7)],
};

export const PYTHON_OPERATORS: Table = {
  ...COMPARISONS,
  ...ARITHMETIC,
  ...ASSIGNMENTS,
  "/": [...(ARITHMETIC["/"] ?? []), arithmetic("//")],
  "//": [arithmetic("/"), arithmetic("*", 0.6), arithmetic("%", 0.4)],
  "%": [...(ARITHMETIC["%"] ?? []), arithmetic("//", 0.8)],
  "//=": [assignment("/="), assignment("*=", 0.6)],
  "==": [comparison("!=")],
  "!=": [comparison("==")],
  is: [comparison("is not"), { by: "==", family: "equality" }],
  "is not": [comparison("is"), { by: "!=", family: "equality" }],
  in: [comparison("not in")],
  "not in": [comparison("in")],
  and: [{ by: "or", family: "logical" }],
  or: [{ by: "and", family: "logical" }],
};

/** Methods and functions that are taken for one another; each pair works both ways. */
const SCRIPT_PAIRS = [
  ["min", "max"],
  ["push", "unshift"],
  ["pop", "shift"],
  ["push", "concat"],
  ["floor", "ceil"],
  ["floor", "round"],
  ["round", "ceil"],
  ["floor", "trunc"],
  ["indexOf", "lastIndexOf"],
  ["indexOf", "findIndex"],
  ["find", "findLast"],
  ["find", "filter"],
  ["findIndex", "findLastIndex"],
  ["some", "every"],
  ["map", "flatMap"],
  ["map", "filter"],
  ["map", "forEach"],
  ["reduce", "reduceRight"],
  ["slice", "splice"],
  ["slice", "substring"],
  ["startsWith", "endsWith"],
  ["startsWith", "includes"],
  ["endsWith", "includes"],
  ["toLowerCase", "toUpperCase"],
  ["trimStart", "trimEnd"],
  ["trim", "trimStart"],
  ["trim", "trimEnd"],
  ["padStart", "padEnd"],
  ["keys", "values"],
  ["values", "entries"],
  ["keys", "entries"],
  ["has", "get"],
  ["add", "delete"],
  ["replace", "replaceAll"],
  ["parseInt", "parseFloat"],
  ["all", "race"],
  ["all", "allSettled"],
  ["charAt", "at"],
  ["sort", "toSorted"],
  ["reverse", "toReversed"],
] as const;

const PYTHON_PAIRS = [
  ["min", "max"],
  ["any", "all"],
  ["append", "extend"],
  ["floor", "ceil"],
  ["round", "int"],
  ["lower", "upper"],
  ["title", "capitalize"],
  ["startswith", "endswith"],
  ["find", "rfind"],
  ["index", "rindex"],
  ["strip", "lstrip"],
  ["strip", "rstrip"],
  ["lstrip", "rstrip"],
  ["ljust", "rjust"],
  ["split", "rsplit"],
  ["keys", "values"],
  ["keys", "items"],
  ["values", "items"],
  ["add", "discard"],
  ["union", "intersection"],
  ["set", "list"],
  ["append", "appendleft"],
  ["pop", "popleft"],
] as const;

export const SCRIPT_METHODS = methodTable(SCRIPT_PAIRS);
export const PYTHON_METHODS = methodTable(PYTHON_PAIRS);

function methodTable(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string[]> {
  const table = new Map<string, string[]>();
  for (const [a, b] of pairs) {
    table.set(a, [...(table.get(a) ?? []), b]);
    table.set(b, [...(table.get(b) ?? []), a]);
  }
  return table;
}
