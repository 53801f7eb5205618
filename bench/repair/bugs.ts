/**
 * Mistakes of one edit, found in the text of a program by patterns. They are written apart from the repairer and know nothing
 * of its edits; some of them it cannot undo.
 */
export interface BugKind {
  readonly name: string;
  readonly pattern: RegExp;
  /** What stands there instead. */
  readonly by: (match: RegExpMatchArray) => string;
  /** Endings of the files in which it makes sense; all without it. */
  readonly only?: readonly string[];
}

const SCRIPT = [".js", ".ts"];
const PYTHON = [".py"];

export const BUG_KINDS: readonly BugKind[] = [
  { name: "less or equal for less", pattern: / < /g, by: () => " <= " },
  { name: "less for less or equal", pattern: / <= /g, by: () => " < " },
  { name: "greater or equal for greater", pattern: / > /g, by: () => " >= " },
  { name: "greater for greater or equal", pattern: / >= /g, by: () => " > " },
  { name: "greater for less", pattern: / <(=?) /g, by: ([, equal]) => ` >${equal} ` },
  { name: "less for greater", pattern: / >(=?) /g, by: ([, equal]) => ` <${equal} ` },
  {
    name: "unequal for equal",
    pattern: / ===? /g,
    by: ([sign = ""]) => sign.replace("=", "!").replace(" !==", " !=="),
  },
  { name: "equal for unequal", pattern: / !==? /g, by: ([sign = ""]) => sign.replace("!", "=") },
  { name: "minus for plus", pattern: / \+ /g, by: () => " - " },
  { name: "plus for minus", pattern: / - /g, by: () => " + " },
  { name: "product for quotient", pattern: / \/{1,2} /g, by: () => " * " },
  { name: "quotient for product", pattern: / \* /g, by: () => " / " },
  { name: "subtracted for added", pattern: / \+= /g, by: () => " -= " },
  { name: "set for added", pattern: / [+-]= /g, by: () => " = " },
  {
    name: "or for and",
    pattern: / (?:&&|and) /g,
    by: ([word = ""]) => (word.includes("and") ? " or " : " || "),
  },
  {
    name: "and for or",
    pattern: / (?:\|\||or) /g,
    by: ([word = ""]) => (word.includes("or") ? " and " : " && "),
  },
  { name: "or for coalesce", pattern: / \?\? /g, by: () => " || ", only: SCRIPT },
  { name: "missing not", pattern: /!(?=[\w(])|\bnot (?!in\b)/g, by: () => "" },
  {
    name: "condition negated",
    pattern: /\b(if|while) \(([\w.]+(?:\([^()]*\))?)\)/g,
    by: ([, word, inner]) => `${word} (!${inner})`,
    only: SCRIPT,
  },
  {
    name: "condition negated",
    pattern: /\bif (\w+):/g,
    by: ([, inner]) => `if not ${inner}:`,
    only: PYTHON,
  },
  {
    name: "number one up",
    pattern: /(?<![\w.])\d+(?![\w.])/g,
    by: ([number]) => String(Number(number) + 1),
  },
  {
    name: "number one down",
    pattern: /(?<![\w.])[1-9]\d*(?![\w.])/g,
    by: ([number]) => String(Number(number) - 1),
  },
  { name: "missing plus or minus one", pattern: / [+-] 1(?!\d)/g, by: () => "" },
  {
    name: "truth turned",
    pattern: /\b(?:true|false|True|False)\b/g,
    by: ([word = ""]) => TURNED[word] ?? word,
  },
  {
    name: "min for max",
    pattern: /\b(?:min|max)\(/g,
    by: ([word]) => (word === "min(" ? "max(" : "min("),
  },
  {
    name: "floor for ceil",
    pattern: /\b(?:floor|ceil)\(/g,
    by: ([word]) => (word === "floor(" ? "ceil(" : "floor("),
    only: SCRIPT,
  },
  {
    name: "front for back",
    pattern: /\.(push|shift)\(/g,
    by: ([, word]) => (word === "push" ? ".unshift(" : ".pop("),
    only: SCRIPT,
  },
  {
    name: "some for every",
    pattern: /\.(some|find|map)\(/g,
    by: ([, word]) => ({ some: ".every(", find: ".filter(" })[word ?? ""] ?? ".filter(",
    only: SCRIPT,
  },
  {
    name: "case turned",
    pattern: /\b(toUpperCase|toLowerCase|upper|lower)\(/g,
    by: ([, word = ""]) => `${TURNED[word] ?? word}(`,
  },
  {
    name: "arguments swapped",
    pattern: /\b(?!if\b|for\b|while\b|function\b)(\w+)\((\w+), (\w+)\)(?! \{|:)/g,
    by: ([, name, a, b]) => `${name}(${b}, ${a})`,
  },
  {
    name: "sides swapped",
    pattern: /([\w.[\]]+) ([-/<]|\/\/) ([\w.[\]]+)/g,
    by: ([, a, sign, b]) => `${b} ${sign} ${a}`,
  },
  {
    name: "outcomes swapped",
    pattern: /\? ([^:?]+) : ([^;]+);/g,
    by: ([, a, b]) => `? ${b} : ${a};`,
    only: SCRIPT,
  },
  { name: "missing return", pattern: /\breturn (?=\w+[.(\w])/g, by: () => "" },
  {
    name: "guard left out",
    pattern: /^[ \t]+if \([^\n]*\) (?:return|continue|throw)[^\n]*\n/gm,
    by: () => "",
    only: SCRIPT,
  },
  {
    name: "guard left out",
    pattern: /^[ \t]+if [^\n]*:\n[ \t]+return [^\n]*\n/gm,
    by: () => "",
    only: PYTHON,
  },
  {
    name: "step left out",
    pattern:
      /^[ \t]+(?!return|if|else|for|while|const|let|class|def|this\.\w+ = )[\w.]+(?:\(| [+-]?= )[^\n{]*\n/gm,
    by: () => "",
  },
  { name: "place one up", pattern: /\[(\w+)\]/g, by: ([, place]) => `[${place} + 1]` },
  { name: "place one down", pattern: /\[(\w+) [+-] 1\]/g, by: ([, place]) => `[${place}]` },
  {
    name: "length one down",
    pattern: /(\.length|len\(\w+\))(?! [-+])/g,
    by: ([length]) => `${length} - 1`,
  },
  { name: "counted down", pattern: /\+\+/g, by: () => "--", only: SCRIPT },
  {
    name: "continue for break",
    pattern: /\b(?:continue|break)\b/g,
    by: ([word]) => (word === "break" ? "continue" : "break"),
  },
  {
    name: "text changed",
    pattern: /(["'])([- ,]?)\1/g,
    by: ([, quote, text]) => `${quote}${text === "" ? " " : ""}${quote}`,
  },
  {
    name: "other property",
    pattern: /\.(from|to|price|quantity|discount|stock|log|start|end)\b/g,
    by: ([, name = ""]) => `.${TURNED[name] ?? name}`,
  },
  {
    name: "other variable",
    pattern:
      /(?<=[([{ ,])(start|end|low|high|left|right|first|second|from|to|row|column|total|count|node|next|item|value|gross|goods)(?=[\])}, .;])/g,
    by: ([, name = ""]) => TURNED[name] ?? name,
  },
  { name: "modulo for quotient", pattern: / % /g, by: () => " / " },
];

/** Names and words that are taken for each other. */
const TURNED: Readonly<Record<string, string>> = {
  true: "false",
  false: "true",
  True: "False",
  False: "True",
  toUpperCase: "toLowerCase",
  toLowerCase: "toUpperCase",
  upper: "lower",
  lower: "upper",
  from: "to",
  to: "from",
  price: "quantity",
  quantity: "price",
  stock: "log",
  log: "stock",
  start: "end",
  end: "start",
  low: "high",
  high: "low",
  left: "right",
  right: "left",
  first: "second",
  second: "first",
  row: "column",
  column: "row",
  total: "count",
  count: "item",
  item: "count",
  node: "next",
  next: "node",
  value: "count",
  gross: "line",
  goods: "lines",
};
