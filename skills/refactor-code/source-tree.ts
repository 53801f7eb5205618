import { isNode, type SyntaxNode } from "../syntax.ts";

/** A node with the way to it. */
export interface Place {
  readonly node: SyntaxNode;
  readonly parent: Place | undefined;
  /** The field of the parent that holds it. */
  readonly field: string;
}

/** What the codemods know of a file. */
export interface SourceTree {
  readonly file: string;
  readonly text: string;
  readonly places: readonly Place[];
  /** Every use of a name as a variable, declarations included, by the name. */
  readonly uses: ReadonlyMap<string, readonly Place[]>;
  /** Names of variables that something assigns after their declaration. */
  readonly assigned: ReadonlySet<string>;
  readonly isModule: boolean;
}

/** Walks with a list of its own, because long chains are thousands of nodes deep. */
export function readTree(file: string, text: string, program: SyntaxNode): SourceTree {
  const places: Place[] = [];
  const rest: Place[] = [{ node: program, parent: undefined, field: "" }];
  for (let place = rest.pop(); place !== undefined; place = rest.pop()) {
    places.push(place);
    for (const [field, value] of Object.entries(place.node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isNode(child)) rest.push({ node: child, parent: place, field });
      }
    }
  }
  return {
    file,
    text,
    places,
    uses: Map.groupBy(places.filter(isVariable), ({ node }) => String(node["name"])),
    assigned: new Set(places.flatMap(({ node }) => targetsOf(node))),
    isModule: program["sourceType"] === "module",
  };
}

/** Whether code that is not written in the file may use its variables by name. */
export function hasDynamicScope({ places, uses }: SourceTree): boolean {
  return uses.has("eval") || places.some(({ node }) => node.type === "WithStatement");
}

export function startOf(node: SyntaxNode): number {
  return Number(node["start"]);
}

export function endOf(node: SyntaxNode): number {
  return Number(node["end"]);
}

/** An identifier that is no mere name of a property. */
function isVariable({ node, parent, field }: Place): boolean {
  if (node.type === "JSXIdentifier") return true;
  if (node.type !== "Identifier") return false;
  if (field === "key") return parent?.node["computed"] === true;
  if (field === "property") return parent?.node["computed"] === true;
  return true;
}

/** Names that a node assigns. */
function targetsOf(node: SyntaxNode): string[] {
  switch (node.type) {
    case "AssignmentExpression":
    case "ForInStatement":
    case "ForOfStatement":
      return namesIn(node["left"]);
    case "UpdateExpression":
      return namesIn(node["argument"]);
    default:
      return [];
  }
}

/** Variables in a target of an assignment. A target of a form that is not known counts with every name in it. */
function namesIn(target: unknown): string[] {
  if (Array.isArray(target)) return target.flatMap(namesIn);
  if (!isNode(target)) return [];
  switch (target.type) {
    case "VariableDeclaration":
    case "MemberExpression":
      return [];
    case "Identifier":
      return [String(target["name"])];
    case "ObjectProperty":
      return namesIn(target["value"]);
    case "AssignmentPattern":
      return namesIn(target["left"]);
    default:
      return Object.values(target).flatMap(namesIn);
  }
}
