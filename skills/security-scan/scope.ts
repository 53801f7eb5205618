import { isNode, type SyntaxNode } from "../syntax.ts";

/** Where a variable's value comes from: `path` leads from the node's value to the variable's, as in `const { a: { b } } = node`. */
export interface Origin {
  readonly node: SyntaxNode;
  /** Property names; "" where the name is not known. */
  readonly path: readonly string[];
}

export interface Binding {
  readonly origins: Origin[];
  /** It also takes values that cannot be seen here: a parameter, a loop's or a catch clause's variable. */
  readonly isOpen: boolean;
  /** The code tests it against a list or a prefix, as in `ALLOWED.includes(name)` or `path.startsWith(root)`. */
  isGuarded: boolean;
  /** An import: the module, and what of it; "" for the whole module. */
  readonly imported?: { readonly module: string; readonly name: string };
}

export interface Scope {
  readonly outer: Scope | undefined;
  /** How many scopes it stands in. */
  readonly depth: number;
  readonly bindings: Map<string, Binding>;
  /** The function whose body this is part of. */
  readonly owner: SyntaxNode;
}

/** A node of the tree, with what its place tells. */
export interface Visit {
  readonly node: SyntaxNode;
  readonly parent: SyntaxNode | undefined;
  readonly scope: Scope;
}

/** Types say nothing about values, and the rest is no code. */
const PASSED_OVER: ReadonlySet<string> = new Set([
  "loc",
  "extra",
  "typeAnnotation",
  "typeParameters",
  "typeArguments",
  "returnType",
]);

const FUNCTIONS: ReadonlySet<string> = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "ObjectMethod",
  "ClassMethod",
  "ClassPrivateMethod",
]);

const BLOCKS: ReadonlySet<string> = new Set([
  "BlockStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "SwitchStatement",
  "CatchClause",
  "TSModuleBlock",
  "StaticBlock",
]);

/** Tests that a careful program makes before it uses a value. */
const GUARDS: ReadonlySet<string> = new Set(["includes", "has", "startsWith", "hasOwn", "test"]);

export function isFunction(node: SyntaxNode): boolean {
  return FUNCTIONS.has(node.type);
}

/** Every look-up of a name goes through the scopes around it. */
const DEEPEST = 100;

/**
 * All nodes of a tree in reading order, with the variables that each can see; undefined when scopes nest more deeply than
 * anybody writes. Takes time linear in the tree and no stack.
 */
export function visitTree(program: SyntaxNode): readonly Visit[] | undefined {
  const top: Scope = { outer: undefined, depth: 0, bindings: new Map(), owner: program };
  const visits: Visit[] = [];
  const rest: Visit[] = [{ node: program, parent: undefined, scope: top }];
  for (let visit = rest.pop(); visit !== undefined; visit = rest.pop()) {
    visits.push(visit);
    declare(visit);
    const scope = innerScope(visit);
    if (scope.depth > DEEPEST) return undefined;
    const parent = visit.node;
    for (const node of childrenOf(parent).reverse()) rest.push({ node, parent, scope });
  }
  for (const visit of visits) note(visit);
  return visits;
}

/** The nodes directly below a node. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (const [field, value] of Object.entries(node)) {
    if (PASSED_OVER.has(field)) continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) children.push(item);
    } else if (isNode(value)) children.push(value);
  }
  return children;
}

/** The first nodes of a tree, at most so many. */
export function* nodesWithin(
  start: unknown,
  most: number,
  goesInto: (node: SyntaxNode) => boolean = () => true,
): Generator<SyntaxNode> {
  const rest: SyntaxNode[] = isNode(start) ? [start] : [];
  for (let looked = 0; looked < most; looked++) {
    const node = rest.pop();
    if (node === undefined) return;
    yield node;
    if (node === start || goesInto(node)) rest.push(...childrenOf(node).slice(0, most));
  }
}

/** The one value that a variable always has; undefined when it may have others. */
export function soleOrigin(binding: Binding | undefined): Origin | undefined {
  return binding?.isOpen === false && binding.origins.length === 1 ? binding.origins[0] : undefined;
}

export function findBinding(name: string, scope: Scope): Binding | undefined {
  for (let each: Scope | undefined = scope; each !== undefined; each = each.outer) {
    const binding = each.bindings.get(name);
    if (binding !== undefined) return binding;
  }
  return undefined;
}

function innerScope({ node, scope }: Visit): Scope {
  const below = { outer: scope, depth: scope.depth + 1, bindings: new Map<string, Binding>() };
  if (isFunction(node)) {
    const inner = { ...below, owner: node };
    if (Array.isArray(node["params"])) {
      for (const parameter of node["params"]) bind(parameter, inner, { isOpen: true });
    }
    return inner;
  }
  if (!BLOCKS.has(node.type)) return scope;
  const inner = { ...below, owner: scope.owner };
  if (node.type === "CatchClause") bind(node["param"], inner, { isOpen: true });
  return inner;
}

function declare({ node, parent, scope }: Visit): void {
  switch (node.type) {
    case "VariableDeclarator":
      declareVariable(node, parent, scope);
      return;
    case "FunctionDeclaration":
    case "ClassDeclaration":
      bind(node["id"], scope, { node });
      return;
    case "ImportDeclaration":
      declareImports(node, scope);
      return;
    default:
  }
}

function declareVariable(
  node: SyntaxNode,
  declaration: SyntaxNode | undefined,
  scope: Scope,
): void {
  const init = node["init"];
  const target = declaration?.["kind"] === "var" ? functionScope(scope) : scope;
  bind(node["id"], target, isNode(init) ? { node: init } : { isOpen: init === undefined });
}

function functionScope(scope: Scope): Scope {
  let found = scope;
  while (found.outer !== undefined && found.outer.owner === found.owner) found = found.outer;
  return found;
}

function declareImports(node: SyntaxNode, scope: Scope): void {
  const module = moduleName(node["source"]);
  if (module === undefined || !Array.isArray(node["specifiers"])) return;
  for (const specifier of node["specifiers"] as SyntaxNode[]) {
    const local = nameOf(specifier["local"]);
    const imported = nameOf(specifier["imported"]) ?? "";
    if (local === undefined) continue;
    scope.bindings.set(local, {
      origins: [],
      isOpen: false,
      isGuarded: false,
      imported: { module, name: imported === "default" ? "" : imported },
    });
  }
}

/** A module's name without the `node:` of built-in ones. */
export function moduleName(source: unknown): string | undefined {
  if (!isNode(source) || source.type !== "StringLiteral") return undefined;
  return String(source["value"]).replace(/^node:/, "");
}

/** What a plain name is called: an identifier, or a quoted name. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Identifier" || node.type === "JSXIdentifier") return String(node["name"]);
  return node.type === "StringLiteral" ? String(node["value"]) : undefined;
}

interface Source {
  readonly node?: SyntaxNode;
  readonly isOpen?: boolean;
}

/** Binds every name of a pattern. Iterative: patterns nest as deeply as their author likes. */
function bind(pattern: unknown, scope: Scope, { node, isOpen = false }: Source): void {
  for (const { name, path } of namesOf(pattern)) {
    const known = scope.bindings.get(name);
    const origins = known?.origins ?? [];
    if (node !== undefined) origins.push({ node, path });
    scope.bindings.set(name, {
      origins,
      isOpen: isOpen || (known?.isOpen ?? false),
      isGuarded: known?.isGuarded ?? false,
    });
  }
}

function namesOf(pattern: unknown): { name: string; path: readonly string[] }[] {
  const names: { name: string; path: readonly string[] }[] = [];
  const rest: { pattern: unknown; path: readonly string[] }[] = [{ pattern, path: [] }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { pattern: part, path } = next;
    if (!isNode(part)) continue;
    if (part.type === "Identifier") names.push({ name: String(part["name"]), path });
    else
      for (const inner of innerPatterns(part)) {
        // A longer path is of no use to any rule, and copying it would take quadratic time.
        rest.push({
          ...inner,
          path: inner.key === undefined || path.length > 4 ? path : [...path, inner.key],
        });
      }
  }
  return names;
}

function innerPatterns(part: SyntaxNode): { pattern: unknown; key?: string }[] {
  switch (part.type) {
    case "ObjectPattern":
      return (part["properties"] as SyntaxNode[]).map((property) =>
        property.type === "RestElement"
          ? { pattern: property["argument"] }
          : { pattern: property["value"], key: nameOf(property["key"]) ?? "" },
      );
    case "ArrayPattern":
      return (part["elements"] as unknown[]).map((pattern) => ({ pattern, key: "" }));
    case "AssignmentPattern":
      return [{ pattern: part["left"] }];
    case "RestElement":
      return [{ pattern: part["argument"] }];
    case "TSParameterProperty":
      return [{ pattern: part["parameter"] }];
    default:
      return [];
  }
}

/** Adds what is said of variables after their declaration: assignments and tests. */
function note({ node, parent, scope }: Visit): void {
  switch (node.type) {
    case "AssignmentExpression": {
      for (const { name, path } of namesOf(node["left"])) {
        const value = node["right"];
        if (isNode(value)) findBinding(name, scope)?.origins.push({ node: value, path });
      }
      return;
    }
    case "VariableDeclaration":
      noteLoop(node, parent, scope);
      return;
    case "CallExpression":
      noteGuard(node, scope);
      return;
    default:
  }
}

/** What a loop's variable can be is an element of what the loop goes over. */
function noteLoop(node: SyntaxNode, loop: SyntaxNode | undefined, scope: Scope): void {
  if (loop?.type !== "ForOfStatement" && loop?.type !== "ForInStatement") return;
  const list = loop["right"];
  if (loop["left"] !== node || !isNode(list)) return;
  for (const { id } of node["declarations"] as { id?: unknown }[]) {
    for (const { name } of namesOf(id)) {
      findBinding(name, scope)?.origins.push({ node: list, path: [""] });
    }
  }
}

function noteGuard(node: SyntaxNode, scope: Scope): void {
  const callee = node["callee"];
  if (!isNode(callee) || callee.type !== "MemberExpression") return;
  const method = nameOf(callee["property"]) ?? "";
  if (!GUARDS.has(method)) return;
  const tested =
    method === "startsWith" ? callee["object"] : (node["arguments"] as unknown[]).at(-1);
  const name = isNode(tested) && tested.type === "Identifier" ? nameOf(tested) : undefined;
  const binding = name === undefined ? undefined : findBinding(name, scope);
  if (binding !== undefined) binding.isGuarded = true;
}
