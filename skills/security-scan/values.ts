import { isNode, type SyntaxNode } from "../syntax.ts";
import { dottedName, isCall, isMember, propertyName, unwrap } from "./names.ts";
import { findBinding, isFunction, nameOf, type Scope, soleOrigin } from "./scope.ts";

/**
 * A piece of a value. `literal` stands in the code, `safe` cannot carry an attack (a number, what was checked or escaped,
 * a constant of another file), `request` comes from whoever sends the request, of `unknown` nothing is known.
 */
export type Piece =
  | { readonly kind: "literal"; readonly text: string }
  /** `isAddress`: the address that was asked for, whose host is the server's own. */
  | { readonly kind: "safe" | "request" | "unknown"; readonly isAddress?: true };

/** Nodes that are looked at for one value; a larger value is unknown. Also keeps the recursion shallow. */
const MOST_NODES = 100;

/** Of longer text only the beginning is looked at: it may be used many times. */
const LONGEST_TEXT = 2_000;

/** Assignments to one variable that are followed. */
const MOST_VALUES = 20;

const SAFE: Piece = { kind: "safe" };
const REQUEST: Piece = { kind: "request" };
const ADDRESS: Piece = { kind: "request", isAddress: true };
const UNKNOWN: Piece = { kind: "unknown" };

/** What a value is put together from, in reading order; all sides of a choice count. */
export function piecesOf(node: unknown, scope: Scope): readonly Piece[] {
  return pieces(node, scope, { left: MOST_NODES });
}

export function isDynamic(node: unknown, scope: Scope): boolean {
  return piecesOf(node, scope).some(({ kind }) => kind === "unknown" || kind === "request");
}

export function isFromRequest(node: unknown, scope: Scope): boolean {
  return piecesOf(node, scope).some(({ kind }) => kind === "request");
}

/** Text of the code joined with something that is not. */
export function isBuilt(list: readonly Piece[]): boolean {
  return (
    list.some((piece) => piece.kind === "literal" && piece.text.trim() !== "") &&
    list.some(({ kind }) => kind === "unknown" || kind === "request")
  );
}

/** The text that a value always is; undefined when it may differ. */
export function constantText(node: unknown, scope: Scope): string | undefined {
  if (node === undefined) return undefined;
  const list = piecesOf(node, scope);
  const texts = list.map((piece) => (piece.kind === "literal" ? piece.text : undefined));
  return list.length === 0 || texts.includes(undefined) ? undefined : texts.join("");
}

interface Budget {
  left: number;
}

function pieces(given: unknown, scope: Scope, budget: Budget): Piece[] {
  const node = unwrap(given);
  if (!isNode(node)) return [];
  if (budget.left-- <= 0) return [UNKNOWN];
  const all = (list: readonly unknown[]): Piece[] =>
    list.slice(0, MOST_NODES).flatMap((each) => pieces(each, scope, budget));
  switch (node.type) {
    case "StringLiteral":
    case "NumericLiteral":
    case "BooleanLiteral":
    case "BigIntLiteral":
      return [literal(String(node["value"]))];
    case "TemplateLiteral":
      return all(interleave(node));
    case "TemplateElement":
      return [literal((node["value"] as { raw: string }).raw)];
    case "BinaryExpression":
      return node["operator"] === "+" ? all([node["left"], node["right"]]) : [SAFE];
    case "LogicalExpression":
      return all([node["left"], node["right"]]);
    case "ConditionalExpression":
      return all([node["consequent"], node["alternate"]]);
    case "AssignmentExpression":
      return all([node["right"]]);
    case "SequenceExpression":
      return all((node["expressions"] as unknown[]).slice(-1));
    case "AwaitExpression":
    case "SpreadElement":
      return all([node["argument"]]);
    case "ArrayExpression":
      return all(node["elements"] as unknown[]);
    case "Identifier":
      return piecesOfVariable(node, scope, budget);
    case "MemberExpression":
    case "OptionalMemberExpression":
      return piecesOfMember(node, scope, budget);
    case "CallExpression":
    case "OptionalCallExpression":
      return piecesOfCall(node, scope, budget);
    case "NewExpression":
      return piecesOfNew(node, scope, budget);
    default:
      return VALUES_OF_THE_CODE.has(node.type) || isFunction(node) ? [SAFE] : [UNKNOWN];
  }
}

function literal(text: string): Piece {
  return { kind: "literal", text: text.slice(0, LONGEST_TEXT) };
}

const VALUES_OF_THE_CODE: ReadonlySet<string> = new Set([
  "NullLiteral",
  "RegExpLiteral",
  "UnaryExpression",
  "UpdateExpression",
  "ClassExpression",
  "ClassDeclaration",
  "JSXElement",
  "JSXFragment",
  "MetaProperty",
]);

function interleave(template: SyntaxNode): unknown[] {
  const expressions = template["expressions"] as unknown[];
  return (template["quasis"] as unknown[]).flatMap((text, index) => [text, expressions[index]]);
}

/** By convention a constant. */
const CONSTANT_NAME = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;
/** What the program itself or whoever installed it decides. */
const OWN_VALUES =
  /^(?:__dirname|__filename|undefined|NaN|Infinity|process\.(?:execPath|pid|platform|arch|version)|import\.meta(?:\.[a-z]+)?|process\.env\.\w+)$/;

function piecesOfVariable(node: SyntaxNode, scope: Scope, budget: Budget): Piece[] {
  const name = String(node["name"]);
  const binding = findBinding(name, scope);
  if (binding?.isGuarded === true) return [SAFE];
  const stands = dottedName(node, scope);
  if (isRequestName(stands)) return [ADDRESS_NAME.test(stands ?? "") ? ADDRESS : REQUEST];
  if (binding === undefined)
    return [OWN_VALUES.test(name) || CONSTANT_NAME.test(name) ? SAFE : UNKNOWN];
  if (binding.origins.length > MOST_VALUES) return [UNKNOWN];
  const seen = binding.origins.flatMap(({ node: origin, path }) =>
    path.length === 0 ? pieces(origin, scope, budget) : partsOf(origin, scope, budget),
  );
  const isTold = !binding.isOpen && (binding.imported === undefined || CONSTANT_NAME.test(name));
  if (binding.origins.length === 0 && isTold) return [SAFE];
  return isTold ? seen : [...seen, UNKNOWN];
}

/** What any part of a value can be: known for a list that stands in the code, and for data of a request. */
function partsOf(node: unknown, scope: Scope, budget: Budget): Piece[] {
  const value = unwrap(node);
  if (isNode(value) && value.type === "ObjectExpression")
    return piecesOfObject(value, scope, budget);
  return pieces(value, scope, budget).map((piece) => {
    if (piece.kind === "request") return REQUEST;
    return piece.kind === "safe" ? UNKNOWN : piece;
  });
}

function piecesOfObject(node: SyntaxNode, scope: Scope, budget: Budget): Piece[] {
  const properties = node["properties"] as SyntaxNode[];
  if (properties.length > MOST_NODES) return [UNKNOWN];
  return properties.flatMap((property) =>
    property.type === "ObjectProperty" ? pieces(property["value"], scope, budget) : [UNKNOWN],
  );
}

/** Numbers, whatever they belong to. */
const NUMERIC_PROPERTIES: ReadonlySet<string> = new Set(["length", "size", "pid", "byteLength"]);

function piecesOfMember(node: SyntaxNode, scope: Scope, budget: Budget): Piece[] {
  const name = dottedName(node, scope);
  if (isRequestName(name)) return [ADDRESS_NAME.test(name ?? "") ? ADDRESS : REQUEST];
  if (name !== undefined && OWN_VALUES.test(name)) return [SAFE];
  const property = propertyName(node) ?? "";
  if (NUMERIC_PROPERTIES.has(property) || CONSTANT_NAME.test(property)) return [SAFE];
  const object = unwrap(node["object"]);
  if (!isNode(object)) return [UNKNOWN];
  if (object.type === "Identifier") {
    const origin = soleOrigin(findBinding(String(object["name"]), scope));
    return origin?.path.length === 0 ? partsOf(origin.node, scope, budget) : [UNKNOWN];
  }
  return isMember(object) || isCall(object) || object.type === "AwaitExpression"
    ? onlyRequest(pieces(object, scope, budget))
    : [UNKNOWN];
}

/** A part of a request's data is its data; a part of anything else is unknown. */
function onlyRequest(list: readonly Piece[]): Piece[] {
  return [list.some(({ kind }) => kind === "request") ? REQUEST : UNKNOWN];
}

/** Calls whose result is harmless in any context that we judge: escaped, a number, a digest, an allow-list's answer. */
const HARMLESS_CALL =
  /(?:saniti[sz]e|escape|purif|encode|quote|basename|parseInt|parseFloat|^Number$|^BigInt$|^Boolean$|randomUUID|toFixed|digest|tmpdir|homedir|^cwd$|dirname|fileURLToPath|getTime|^now$|indexOf|placeholders?$)/i;
/** Calls whose result is their input in another form. */
const PASSING_CALLS: ReadonlySet<string> = new Set(
  `String decodeURIComponent decodeURI join resolve normalize concat trim trimStart trimEnd toString toLowerCase toUpperCase
  slice substring substr split at shift pop padStart padEnd stringify parse get getAll values entries from raw`.split(
    /\s+/,
  ),
);
/** Methods of a request that answer its data. */
const REQUEST_CALL =
  /^~?(?:this\.)?(?:c|ctx|context|event)?\.?(?:req|request)\.(?:query|param|params|header|headers\.get|get|json|text|formData|parseBody|queries)$/;

function piecesOfCall(node: SyntaxNode, scope: Scope, budget: Budget): Piece[] {
  const callee = unwrap(node["callee"]);
  if (!isNode(callee)) return [UNKNOWN];
  const name = dottedName(callee, scope) ?? "";
  const method = (isMember(callee) ? propertyName(callee) : nameOf(callee)) ?? "";
  if (REQUEST_CALL.test(name)) return [REQUEST];
  if (HARMLESS_CALL.test(method)) return [SAFE];
  const given = node["arguments"] as unknown[];
  if (method === "Symbol" || name.startsWith("Math.")) return [SAFE];
  if (!PASSING_CALLS.has(method)) return [UNKNOWN];
  // Of `path.join(a, b)` and `JSON.stringify(a)` the object is a module; of `a.trim()` it is the value.
  const isModule = isMember(callee) && /^[a-zA-Z_/]+\.\w+$/.test(name) && !name.startsWith("~");
  const values = isMember(callee) && !isModule ? [callee["object"], ...given] : given;
  return values.slice(0, MOST_NODES).flatMap((each) => pieces(each, scope, budget));
}

function piecesOfNew(node: SyntaxNode, scope: Scope, budget: Budget): Piece[] {
  const name = dottedName(node["callee"], scope) ?? "";
  if (!/^(?:url\.)?(?:URL|URLSearchParams)$|^String$/.test(name)) return [UNKNOWN];
  return (node["arguments"] as unknown[]).flatMap((each) => pieces(each, scope, budget));
}

const REQUEST_NAME =
  /^~?(?:this\.)?(?:(?:req|request)|(?:ctx|context|event|evt|c)(?:\.(?:req|request))?)\.(?:query|params|body|headers|cookies|queryStringParameters|pathParameters|originalUrl|url|hostname)(?:\.|$)/;
const ADDRESS_NAME =
  /^~?(?:this\.)?(?:(?:c|ctx|context|event)\.)?(?:req|request|ctx|context|event|evt)\.(?:url|originalUrl)$|^(?:(?:window|document|self|globalThis)\.)?location\.(?:href|pathname)$|^document\.(?:URL|documentURI)$/;
const BROWSER_NAME =
  /^(?:(?:window|document|self|globalThis|top|parent)\.)?location\.(?:search|hash|href|pathname)$|^document\.(?:referrer|URL|documentURI)$|^window\.name$/;

/** Whether what a name stands for was sent by somebody else: by the request's sender, or by whoever made a link. */
export function isRequestName(name: string | undefined): boolean {
  return name !== undefined && (REQUEST_NAME.test(name) || BROWSER_NAME.test(name));
}
