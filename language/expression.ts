import type { ErrorCode } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Expression, InputType, Reference } from "../core/plan.ts";
import { checkCel, parseCel } from "./cel.ts";
import { ExpressionPrinter } from "./expression-printer.ts";
import { joinNames } from "./expression-text.ts";

export type Resolved =
  | { readonly ok: true; readonly reference: Reference; readonly type: InputType }
  | { readonly ok: false; readonly why: string; readonly hint?: string | (() => string) };

/** What the names in an expression mean where it stands. */
export interface ExpressionNames {
  /** True for names with hyphens that are not subtractions. */
  isKnown(name: string): boolean;
  resolve(path: readonly (string | number)[], source: string): Resolved;
}

export interface ExpressionProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | (() => string);
  /** Where it stands in the text of the expression. */
  readonly offset: number;
}

export type Checked =
  | {
      readonly ok: true;
      readonly template: { readonly kind: "reference"; readonly reference: Reference } | Expression;
      readonly type: InputType;
    }
  | { readonly ok: false; readonly problems: readonly ExpressionProblem[] };

/**
 * Checks one expression: its syntax, its names and, as far as they are declared, its types. One that is only a name
 * becomes a reference, which keeps large values where they are.
 */
export function checkExpression(text: string, names: ExpressionNames): Checked {
  const bytes = Buffer.byteLength(text);
  if (bytes > LIMITS.expressionBytes) {
    const message = `expressionBytes: ${bytes} given, ${LIMITS.expressionBytes} allowed`;
    return refused({ code: "limit-exceeded", message, offset: 0 });
  }
  const parsed = parseCel(joinNames(text, (name) => names.isKnown(name)));
  if (!("tree" in parsed)) return refused(syntaxProblem(parsed, text));
  const printer = new ExpressionPrinter(text, names);
  const name = printer.soleName(parsed.tree);
  if (name !== undefined) {
    if (!name.ok) {
      const hint = name.hint === undefined ? {} : { hint: name.hint };
      const message = `\${${text}}: ${name.why}`;
      const offset = text.length - text.trimStart().length;
      return refused({ code: "unknown-reference", message, ...hint, offset });
    }
    const { reference, type } = name;
    return { ok: true, template: { kind: "reference", reference }, type };
  }
  const printed = printer.print(parsed.tree);
  if (printed.problems.length > 0) return { ok: false, problems: printed.problems };
  const checked = checkCel(printed.text, printed.types);
  if (!("type" in checked)) {
    const offset = printer.offsetOf(checked.range?.start ?? 0, checked.range?.end ?? 0);
    const message = inOurWords(checked.message);
    const hint = message.startsWith(NO_OVERLOAD)
      ? { hint: "types are never converted: use string(x), double(x) or int(x)" }
      : {};
    return refused({ code: "invalid-expression", message, ...hint, offset });
  }
  const { references, iterates } = printed;
  const source = `\${${text}}`;
  const template = {
    kind: "expression",
    text: printed.text,
    references,
    iterates,
    source,
  } as const;
  return { ok: true, template, type: checked.type };
}

function refused(problem: ExpressionProblem): Checked {
  return { ok: false, problems: [problem] };
}

/** The parser's limits, in our names. */
const LIMIT_OF: Readonly<Record<string, string>> = {
  maxAstNodes: `expressionNodes: more than ${LIMITS.expressionNodes}`,
  maxDepth: `expressionDepth: more than ${LIMITS.expressionDepth}`,
};

function syntaxProblem(
  problem: {
    readonly code: string;
    readonly message: string;
    readonly range: { readonly start: number } | undefined;
  },
  text: string,
): ExpressionProblem {
  const offset = Math.min(problem.range?.start ?? 0, text.length);
  const [, exceeded = ""] = /^Exceeded (\w+)/.exec(problem.message) ?? [];
  const limit = LIMIT_OF[exceeded];
  if (limit !== undefined) return { code: "limit-exceeded", message: limit, offset };
  return {
    code: "invalid-expression",
    message: problem.message,
    hint: hintFor(text, offset),
    offset,
  };
}

/** CEL's names of types are not those of the language. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  double: "number",
  int: "number",
  bool: "boolean",
  dyn: "any",
};

const NO_OVERLOAD = "there is no ";

function inOurWords(message: string): string {
  const named = message
    .replace(/\b(?:list|map)<[^>]*>+/g, (type) => (type.startsWith("list") ? "array" : "object"))
    .replace(/\b(?:double|int|bool|dyn)\b/g, (type) => TYPE_NAMES[type] ?? type);
  const [, fits] = /^no such overload: (.*)$/.exec(named) ?? [];
  return fits === undefined ? named : `${NO_OVERLOAD}${fits}`;
}

/** What people write who think of another language. */
function hintFor(text: string, offset: number): string {
  const here = text.slice(Math.max(0, offset - 3), offset + 4);
  if (/(?<![=!<>])=(?!=)/.test(here)) return "compare with ==";
  if (/\b(and|or|not)\b/.test(text)) return "write && for and, || for or, ! for not";
  return "expressions are CEL: names, literals, + - * / % == != < <= > >= && || ! ?: in, and functions";
}
