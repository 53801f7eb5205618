import type { Mutation } from "../mutation.ts";
import { offsetBy } from "./operator-mutations.ts";
import { inserted, isSimple, type ScriptFile, withBrackets } from "./script-file.ts";
import {
  child,
  children,
  isFunction,
  nameOf,
  type ScriptNode,
  type Visit,
  visits,
} from "./script-tree.ts";

/** Values that do nothing by themselves. */
const IS_IDLE =
  /^(?:Identifier|MemberExpression|BinaryExpression|ConditionalExpression|ArrayExpression|TemplateLiteral|NumericLiteral|BooleanLiteral|NullLiteral|UnaryExpression)$/;

/** What is not given back, what is one off, and steps that end a loop or a case. */
export function* returnMutations(visit: Visit, file: ScriptFile): Generator<Mutation> {
  const { node } = visit;
  if (isFunction(node)) yield* missingReturn(node, file);
  switch (node.type) {
    case "ReturnStatement": {
      const argument = child(node, "argument");
      if (argument !== undefined) yield* otherResult(argument, file);
      break;
    }
    case "ExpressionStatement":
      if (IS_IDLE.test(child(node, "expression")?.type ?? "")) {
        yield { ...inserted(node.start, "return "), family: "missing-return", weight: 1.5 };
      }
      break;
    case "BreakStatement":
    case "ContinueStatement": {
      const [word, other] =
        node.type === "BreakStatement" ? ["break", "continue"] : ["continue", "break"];
      yield {
        start: node.start,
        end: node.start + word.length,
        replacement: other,
        family: "jump",
      };
      break;
    }
    case "SwitchCase":
      yield* missingBreak(node, file);
      break;
    default:
  }
}

function* otherResult(argument: ScriptNode, file: ScriptFile): Generator<Mutation> {
  if (/^(?:BinaryExpression|Identifier|MemberExpression|CallExpression)$/.test(argument.type)) {
    yield offsetBy(argument, "+ 1", 0.5, file);
    yield offsetBy(argument, "- 1", 0.5, file);
    const whole = withBrackets(argument, file);
    const isAlone = isSimple(argument);
    const inner = file.text.slice(whole.start, whole.end);
    yield {
      start: whole.start,
      end: whole.end,
      replacement: isAlone ? `-${inner}` : `-(${inner})`,
      family: "sign",
      weight: 0.4,
    };
  }
}

/** A function whose last statement is a value that goes nowhere, or that builds something and keeps it. */
function* missingReturn(node: ScriptNode, file: ScriptFile): Generator<Mutation> {
  const body = child(node, "body");
  if (body?.type !== "BlockStatement" || node["kind"] === "constructor" || node["kind"] === "set") {
    return;
  }
  const statements = children(body, "body");
  const last = statements.at(-1);
  if (last === undefined || /^(?:Return|Throw)Statement$/.test(last.type)) return;
  for (const statement of lastStatements(last)) {
    if (statement.type === "ExpressionStatement") {
      yield { ...inserted(statement.start, "return "), family: "missing-return" };
    }
  }
  const names = builtNames(body);
  for (const [index, name] of names.entries()) {
    const indent = indentOf(file.text, last.start);
    const replacement = `${file.lineEnd}${indent}return ${name};`;
    yield {
      ...inserted(last.end, replacement),
      family: "missing-return",
      weight: index === 0 ? 1 : 0.5,
    };
  }
}

/** The statements after which a function ends, as far as they stand in blocks. */
function lastStatements(statement: ScriptNode): readonly ScriptNode[] {
  switch (statement.type) {
    case "BlockStatement": {
      const last = children(statement, "body").at(-1);
      return last === undefined ? [] : lastStatements(last);
    }
    case "IfStatement":
      return ["consequent", "alternate"].flatMap((field) => {
        const inner = child(statement, field);
        return inner === undefined ? [] : lastStatements(inner);
      });
    default:
      return [statement];
  }
}

/** Variables that the body itself declares, those that are declared first in front. */
function builtNames(body: ScriptNode): string[] {
  return children(body, "body")
    .filter(({ type }) => type === "VariableDeclaration")
    .flatMap((declaration) => children(declaration, "declarations"))
    .flatMap((declarator) => nameOf(child(declarator, "id")) ?? [])
    .slice(0, 3);
}

function* missingBreak(node: ScriptNode, file: ScriptFile): Generator<Mutation> {
  const last = children(node, "consequent").at(-1);
  if (last === undefined) return;
  for (const { node: inner } of visits(last)) {
    if (/^(?:Break|Return|Throw|Continue)Statement$/.test(inner.type)) return;
  }
  const indent = indentOf(file.text, last.start);
  yield { ...inserted(last.end, `${file.lineEnd}${indent}break;`), family: "jump" };
}

/** The blanks at the beginning of the line on which the offset stands. */
export function indentOf(text: string, offset: number): string {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart, offset))?.[0] ?? "";
}
