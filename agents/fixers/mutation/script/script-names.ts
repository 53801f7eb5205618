import {
  child,
  children,
  enclosingFunctions,
  isFunction,
  nameOf,
  type ScriptNode,
  type Visit,
  visits,
} from "./script-tree.ts";

/** Names that code of one scope may use, by the function or program that declares them. */
export interface DeclaredNames {
  readonly parameters: readonly string[];
  /** Variables and functions of its body, in their order, inner blocks included. */
  readonly locals: readonly string[];
}

/** What every function and the program declare. */
export function declaredNames(program: ScriptNode): ReadonlyMap<ScriptNode, DeclaredNames> {
  const scopes = new Map<ScriptNode, { parameters: string[]; locals: string[] }>();
  const scopeOf = (node: ScriptNode): { parameters: string[]; locals: string[] } => {
    const scope = scopes.get(node) ?? { parameters: [], locals: [] };
    scopes.set(node, scope);
    return scope;
  };
  scopeOf(program).locals.push(...importedNames(program));
  for (const visit of visits(program)) {
    const { node } = visit;
    const around = enclosingFunctions(visit).next().value?.node ?? program;
    if (isFunction(node)) {
      scopeOf(node).parameters.push(...children(node, "params").flatMap(boundNames));
    }
    if (node.type === "VariableDeclarator") {
      const id = child(node, "id");
      if (id !== undefined) scopeOf(around).locals.push(...boundNames(id));
    }
    if (/^(?:Function|Class)Declaration$/.test(node.type)) {
      const name = nameOf(child(node, "id"));
      if (name !== undefined) scopeOf(around).locals.push(name);
    }
  }
  return scopes;
}

function importedNames(program: ScriptNode): string[] {
  return children(program, "body")
    .filter(({ type, importKind }) => type === "ImportDeclaration" && importKind !== "type")
    .flatMap((declaration) => children(declaration, "specifiers"))
    .flatMap((specifier) => nameOf(child(specifier, "local")) ?? []);
}

/** The names that a pattern binds. */
function boundNames(pattern: ScriptNode): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern["name"] as string];
    case "ObjectPattern":
      return children(pattern, "properties").flatMap((property) => {
        return boundIn(child(property, property.type === "RestElement" ? "argument" : "value"));
      });
    case "ArrayPattern":
      return children(pattern, "elements").flatMap(boundNames);
    case "AssignmentPattern":
      return boundIn(child(pattern, "left"));
    case "RestElement":
      return boundIn(child(pattern, "argument"));
    case "TSParameterProperty":
      return boundIn(child(pattern, "parameter"));
    default:
      return [];
  }
}

function boundIn(pattern: ScriptNode | undefined): string[] {
  return pattern === undefined ? [] : boundNames(pattern);
}

/** True where an identifier's value is read, and another variable may stand in its place. */
export function isReadVariable({ node, field, parent }: Visit): boolean {
  if (node.type !== "Identifier" || parent === undefined) return false;
  const { type } = parent.node;
  if (isFunction(parent.node)) return field === "body";
  switch (type) {
    case "MemberExpression":
    case "OptionalMemberExpression":
      return field === "object" || parent.node["computed"] === true;
    case "ObjectProperty":
      return field === "value" && parent.node["shorthand"] !== true && !isPattern(parent.parent);
    case "VariableDeclarator":
      return field === "init";
    case "AssignmentExpression":
      return field === "right";
    case "AssignmentPattern":
      return field === "right";
    case "ClassDeclaration":
    case "ClassExpression":
      return field === "superClass";
    case "ClassProperty":
      return field === "value";
    case "ArrayPattern":
    case "RestElement":
    case "CatchClause":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "ExportSpecifier":
    case "MetaProperty":
    case "UpdateExpression":
      return false;
    default:
      return true;
  }
}

function isPattern(visit: Visit | undefined): boolean {
  return visit?.node.type === "ObjectPattern";
}
