import { type CodeNode, type CodeTree, textOf } from "./code/code-tree.ts";
import type { Statement } from "./facts.ts";
import type { Language } from "./languages/language.ts";
import { valueIn } from "./values.ts";

const LONGEST_TEXT = 400;

/** Calls that only say something. */
const LOG =
  /^(?:await\s+)?(?:console\.\w+|(?:(?:this|self|cls|context|ctx)\.)?_?(?:log|logger|logging|LOG|LOGGER|slog)\.\w+|print|fmt\.Print\w*|log\.\w+|System\.(?:out|err)\.print\w*|(?:tracing::|log::)?(?:e?println|info|debug|warn|trace|error|print)!)\s*\(/;
/** Calls that only let time pass, for as long as the code says. */
const WAIT =
  /^(?:await\s+)?(?:new Promise\b[^;]{0,200}\bsetTimeout\b[^;]{0,100}?\d|(?:[\w$]+(?:\.|::))*(?:[sS]leep|delay|wait|pause|setTimeout|sleepMs|timeout)\s*\(\s*(?:\d|Duration::from_\w+\(\s*\d|(?:std::time::)?Duration::from_\w+\(\s*\d|time\.(?:Milli|Micro)?[sS]econd))/s;

/** The statements that stand directly in a body; an expression in its place is what it answers. */
export function statementsOf(
  body: CodeNode,
  tree: CodeTree,
  language: Language,
): readonly Statement[] {
  if (!isBlock(body)) return [answer(body, tree, language)];
  const inner = partsOf(body);
  const answersLast = language.returns.has("return_expression");
  return inner.map((child, index) =>
    answersLast && index === inner.length - 1 && isExpression(child, language)
      ? orElse(statementOf(child, tree, language), () => answer(child, tree, language))
      : statementOf(child, tree, language),
  );
}

/** The parts of a body that do more than say something. */
export function workingParts(body: CodeNode, tree: CodeTree, language: Language): CodeNode[] {
  if (!isBlock(body)) return [body];
  return partsOf(body).filter((part) => statementOf(part, tree, language).kind !== "log");
}

function isBlock({ type }: CodeNode): boolean {
  return /block|body|Block/.test(type);
}

function partsOf(body: CodeNode): CodeNode[] {
  return body.children
    .filter(({ field }) => field !== "directives")
    .flatMap((child) => (child.type === "statement_list" ? child.children : [child]));
}

function isExpression({ type }: CodeNode, language: Language): boolean {
  return !language.wrappers.has(type) && !/_(?:declaration|item)$|^return_/.test(type);
}

function orElse(statement: Statement, other: () => Statement): Statement {
  return statement.kind === "other" ? other() : statement;
}

function answer(node: CodeNode, tree: CodeTree, language: Language): Statement {
  const statement = statementOf(node, tree, language);
  if (statement.kind !== "other") return statement;
  return { kind: "return", text: statement.text, value: valueIn(node, tree, language) };
}

function statementOf(node: CodeNode, tree: CodeTree, language: Language): Statement {
  const inner = unwrapped(node, language);
  const text = textOf(inner, tree).slice(0, LONGEST_TEXT).replace(/;\s*$/, "");
  if (language.returns.has(inner.type)) {
    const [value] = inner.children;
    return {
      kind: "return",
      text,
      ...(value === undefined ? {} : { value: valueIn(value, tree, language) }),
    };
  }
  if (language.raises.has(inner.type)) return { kind: "raise", text };
  if (language.nothing.test(text) || inner.type === "EmptyStatement")
    return { kind: "nothing", text };
  if (/^(?:panic|todo!|unimplemented!|panic!)\s*\(/.test(text)) return { kind: "raise", text };
  if (WAIT.test(text)) return { kind: "wait", text };
  return { kind: LOG.test(text) ? "log" : "other", text };
}

function unwrapped(node: CodeNode, language: Language): CodeNode {
  let inner = node;
  while (language.wrappers.has(inner.type) && inner.children.length === 1) {
    const [only] = inner.children;
    if (only === undefined) return inner;
    inner = only;
  }
  return inner;
}
