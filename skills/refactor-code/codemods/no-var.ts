import type { SyntaxNode } from "../../syntax.ts";
import type { Edit } from "../edit.ts";
import { endOf, type Place, type SourceTree, startOf } from "../source-tree.ts";
import { declaratorsOf, isConstant, withKeyword } from "./declaration.ts";

const FUNCTIONS: ReadonlySet<string> = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "ObjectMethod",
  "ClassMethod",
  "ClassPrivateMethod",
]);
/** Names that `let` may not have, or that mean something else in a function. */
const SPECIAL: ReadonlySet<string> = new Set(["let", "arguments", "undefined"]);

/**
 * `var` becomes `let` or `const` where nobody could tell: it runs once each time its function does, its name is declared
 * nowhere else, and no use of it can run before it.
 */
export function noVar(tree: SourceTree): Edit[] {
  return tree.places.flatMap((place) => {
    const declarators = declaratorsOf(place.node, "var");
    const scope = scopeOf(place, tree);
    if (declarators === undefined || scope === undefined) return [];
    if (!declarators.every((each) => isPlain(each, scope, tree))) return [];
    const keyword = isConstant(declarators, tree, { isInitialised: false }) ? "const" : "let";
    return [withKeyword(place.node, "var", keyword)];
  });
}

/** The function or module whose statement it is; undefined when it stands deeper, is exported, or is shared by scripts. */
function scopeOf({ parent }: Place, { isModule }: SourceTree): SyntaxNode | undefined {
  if (parent?.node.type === "Program") return isModule ? parent.node : undefined;
  const outer = parent?.parent?.node;
  const isBody = parent?.node.type === "BlockStatement" && parent.field === "body";
  return isBody && outer !== undefined && FUNCTIONS.has(outer.type) ? outer : undefined;
}

function isPlain(declarator: SyntaxNode, scope: SyntaxNode, { uses }: SourceTree): boolean {
  const id = declarator["id"] as SyntaxNode;
  if (id.type !== "Identifier" || SPECIAL.has(String(id["name"]))) return false;
  const others = (uses.get(String(id["name"])) ?? []).filter(({ node }) => node !== id);
  return others.every(
    (use) =>
      startOf(use.node) >= endOf(declarator) &&
      endOf(use.node) <= endOf(scope) &&
      !isDeclaration(use) &&
      !isExport(use) &&
      !isHoisted(use, scope),
  );
}

/** Whether a use stands in a function that may be called before the code above it has run. */
function isHoisted(use: Place, scope: SyntaxNode): boolean {
  for (let place = use.parent; place !== undefined && place.node !== scope; place = place.parent) {
    if (place.node.type === "FunctionDeclaration") return true;
  }
  return false;
}

/** Other modules may look at an exported variable before it has a value. */
function isExport({ parent }: Place): boolean {
  return parent?.node.type === "ExportSpecifier";
}

/** Fields that hold what a node declares. */
const DECLARING: Readonly<Record<string, string>> = {
  VariableDeclarator: "id",
  CatchClause: "param",
  ClassDeclaration: "id",
  ClassExpression: "id",
  ImportSpecifier: "local",
  ImportDefaultSpecifier: "local",
  ImportNamespaceSpecifier: "local",
};
const PATTERNS: ReadonlySet<string> = new Set([
  "ObjectPattern",
  "ArrayPattern",
  "ObjectProperty",
  "AssignmentPattern",
  "RestElement",
  "TSParameterProperty",
]);

/** Whether it declares a name, or stands in a pattern that may. */
function isDeclaration(use: Place): boolean {
  let place: Place | undefined = use;
  while (place.parent !== undefined && PATTERNS.has(place.parent.node.type)) place = place.parent;
  const { parent, field }: Place = place;
  if (parent === undefined) return false;
  if (FUNCTIONS.has(parent.node.type)) return field === "params" || field === "id";
  return (
    DECLARING[parent.node.type] === field ||
    /^TS(?:Enum|Module|ImportEquals|Interface|TypeAlias)/.test(parent.node.type)
  );
}
