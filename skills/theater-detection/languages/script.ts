import { ancestor, type CodeNode, type CodeTree, childAt, textOf } from "../code/code-tree.ts";
import { type Language, words } from "./language.ts";

const CLASSES = words("ClassDeclaration ClassExpression");
const METHODS = words("ClassMethod ClassPrivateMethod ObjectMethod");
const MEMBERS = words("ClassProperty ClassPrivateProperty");
const PASSED_THROUGH = words("TSAsExpression TSSatisfiesExpression ParenthesizedExpression");

const TEST_CALL =
  /^(?:it|test|specify)(?:\.(?:concurrent|sequential|only|failing|fails|each|for|extend|step)\b.*)?$/s;
const SKIP_CALL =
  /^(?:(?:it|test|describe|suite|context|specify)\.(?:skip|todo)|x(?:it|test|describe|specify))(?:\.each\b.*)?$/s;
const ONLY_CALL =
  /^(?:(?:it|test|describe|suite|context|specify)\.only|f(?:it|describe))(?:\.each\b.*)?$/s;

/** JavaScript and TypeScript, by Babel's tree. */
export const SCRIPT: Language = {
  functions: words(
    "FunctionDeclaration FunctionExpression ArrowFunctionExpression ClassMethod ClassPrivateMethod ObjectMethod",
  ),
  calls: words("CallExpression OptionalCallExpression NewExpression"),
  returns: words("ReturnStatement"),
  raises: words("ThrowStatement"),
  wrappers: words("ExpressionStatement AwaitExpression"),
  ifs: words("IfStatement"),
  choices: words("ConditionalExpression WhileStatement"),
  imports: words("ImportDeclaration"),
  assignments: {
    VariableDeclarator: ["id", "init"],
    AssignmentExpression: ["left", "right"],
    ObjectProperty: ["key", "value"],
    ClassProperty: ["key", "value"],
  },
  literals: words(
    "StringLiteral NumericLiteral BooleanLiteral NullLiteral BigIntLiteral TemplateElement RegExpLiteral",
  ),
  compounds: words(
    "ArrayExpression ObjectExpression ObjectProperty TemplateLiteral UnaryExpression TSAsExpression TSSatisfiesExpression AwaitExpression",
  ),
  constantCalls: /^(?:Promise\.resolve|newMap|newSet|Map|Set|Object\.freeze|Date)$/,
  constantNames: /^(?:undefined|NaN|Infinity|const)$/,
  nothing: /^;$/,
  assertion:
    /\b(?:expect|assert|should|chai|sinon|cy|ensure|invariant|must)\w*\s*[.(<]|\b(?:t|tap|test|sinon)\.(?:is|ok|not|true|false|deepEqual|equal|same|throws|pass|fail|like|snapshot|match|plan|assert)\w*\(|\.(?:should|expect|assert|rejects|toMatch|toEqual|toThrow)\w*\b|\b(?:waitFor|getBy|getAllBy|findBy)\w*\(|\bthrow\b|\b(?:doesNot)?(?:Throw|Reject)s?\w*\(/,
  random: /\bMath\.random\(|\brandomInt\(|\bfaker\./,
  bodyOf: (node) => childAt(node, "body"),
  nameOf,
  kindOf,
  ownerOf: (node, tree) => {
    const owner = ownerClass(node);
    const id = owner === undefined ? undefined : childAt(owner, "id");
    return id === undefined ? "" : textOf(id, tree);
  },
  isBound: (node, tree) => {
    if (node.type === "ObjectMethod" || node.parent?.type === "ObjectProperty") return true;
    // What a field holds at first may be replaced.
    if (MEMBERS.has(node.parent?.type ?? "")) return true;
    const owner = ownerClass(node);
    if (owner === undefined) return false;
    if (owner.children.some(({ field }) => field === "superClass" || field === "implements")) {
      return true;
    }
    return /^\s*(?:(?:public|protected|private|static|async)\s+)*override\b/.test(
      textOf(node, tree),
    );
  },
  isAbstract: (node, tree) => /^\s*(?:\w+\s+)*abstract\b/.test(textOf(node, tree).slice(0, 80)),
  parametersOf: (node, tree) =>
    node.children
      .filter(({ field }) => field === "params")
      .flatMap((parameter) => parameterNames(parameter, tree)),
  handlerOf: (node, tree) => {
    if (node.type === "CatchClause") {
      const body = childAt(node, "body");
      const tried = node.parent === undefined ? undefined : childAt(node.parent, "block");
      return body === undefined ? undefined : { body, takes: "", tried };
    }
    return promiseHandler(node, tree);
  },
  testOf: (node, tree) => {
    if (node.type !== "CallExpression" || !TEST_CALL.test(calleeText(node, tree))) return undefined;
    const [title, ...rest] = node.children.filter(({ field }) => field === "arguments");
    const written = rest.find(({ type }) => /^(?:Arrow)?Function\w*Expression$/.test(type));
    const body = written === undefined ? undefined : childAt(written, "body");
    return body === undefined || title === undefined
      ? undefined
      : { name: textOf(title, tree).slice(0, 200), body };
  },
  isTestPart: () => false,
  skipOf: (node, tree) => {
    if (node.type !== "CallExpression") return undefined;
    const name = calleeText(node, tree);
    const [title] = node.children.filter(({ field }) => field === "arguments");
    if (title === undefined || !/^(?:StringLiteral|TemplateLiteral)$/.test(title.type)) {
      return undefined;
    }
    if (ONLY_CALL.test(name)) return { left: "others", hasReason: false };
    return SKIP_CALL.test(name) ? { left: "itself", hasReason: false } : undefined;
  },
};

function calleeText(node: CodeNode, tree: CodeTree): string {
  const callee = childAt(node, "callee");
  return callee === undefined ? "" : textOf(callee, tree).slice(0, 200);
}

function ownerClass(node: CodeNode): CodeNode | undefined {
  const isMember = METHODS.has(node.type) || MEMBERS.has(node.parent?.type ?? "");
  return isMember ? ancestor(node, ({ type }) => CLASSES.has(type)) : undefined;
}

function kindOf(node: CodeNode): ReturnType<Language["kindOf"]> {
  if (METHODS.has(node.type) || MEMBERS.has(node.parent?.type ?? "")) return "method";
  if (node.type === "FunctionDeclaration") return "function";
  const holder = holderOf(node);
  if (holder?.type === "VariableDeclarator") return "function";
  return holder?.type === "ObjectProperty" ? "method" : "callback";
}

/** What gives a function its name. */
function holderOf(node: CodeNode): CodeNode | undefined {
  let holder = node.parent;
  while (holder !== undefined && PASSED_THROUGH.has(holder.type)) holder = holder.parent;
  return holder;
}

function nameOf(node: CodeNode, tree: CodeTree): string {
  const own = childAt(node, "id") ?? childAt(node, "key");
  if (own !== undefined) return textOf(own, tree);
  const holder = holderOf(node);
  if (holder === undefined) return "";
  const name = childAt(holder, holder.type === "VariableDeclarator" ? "id" : "key");
  const isNamed = ["VariableDeclarator", "ObjectProperty", ...MEMBERS].includes(holder.type);
  return isNamed && name !== undefined ? (textOf(name, tree).split(":")[0]?.trim() ?? "") : "";
}

function parameterNames(parameter: CodeNode, tree: CodeTree): string[] {
  const inner: CodeNode[] = [parameter];
  const names: string[] = [];
  for (let next = inner.pop(); next !== undefined && names.length < 50; next = inner.pop()) {
    if (next.type === "Identifier") {
      names.push(/^[\w$]+/.exec(textOf(next, tree))?.[0] ?? "");
      continue;
    }
    inner.push(...next.children.filter(({ field }) => field !== "key" && field !== "right"));
  }
  return names;
}

/** `.catch(() => {})`, which is a handler as much as a `catch` clause is. */
function promiseHandler(node: CodeNode, tree: CodeTree): ReturnType<Language["handlerOf"]> {
  if (node.type !== "CallExpression" || !/\.\s*catch$/.test(calleeText(node, tree)))
    return undefined;
  const [given, ...others] = node.children.filter(({ field }) => field === "arguments");
  if (given === undefined || others.length > 0) return undefined;
  const body = /^(?:Arrow)?Function\w*Expression$/.test(given.type)
    ? childAt(given, "body")
    : undefined;
  return body?.type === "BlockStatement" ? { body, takes: "", tried: undefined } : undefined;
}
