import type { Tree, TreeCursor } from "@vscode/tree-sitter-wasm";
import type { FileImport, ImportKind } from "../import-graph.ts";
import { countLines } from "../source-file.ts";
import type { LanguageRules } from "./languages/rules.ts";
import {
  ANONYMOUS,
  addStructure,
  type Chain,
  type MeasuredFile,
  measuredFile,
  noteCall,
  openScope,
  type Scope,
  TOP_LEVEL,
} from "./scope.ts";

/** Nobody nests functions this deep; scoring them would overflow the stack. */
const DEEPEST_FUNCTIONS = 200;
/** As much of a node's text as its rules look at. */
const TEXT_BEGINNING = 200;
const LONGEST_NAME = 200;
const LONGEST_IMPORT = 20_000;

export interface MeasuredTree {
  readonly measured: MeasuredFile;
  readonly imports: readonly FileImport[];
  readonly packageName?: string;
}

/**
 * Measures every function of a file by its language's table. Cyclomatic: decision points + 1. Cognitive: the white paper of
 * SonarSource (https://www.sonarsource.com/docs/CognitiveComplexity.pdf), sections B1 to B3.
 * @throws RangeError when functions are nested too deeply
 */
export function measureTree(tree: Tree, text: string, rules: LanguageRules): MeasuredTree {
  const topLevel = openScope({
    name: TOP_LEVEL,
    line: 1,
    column: 1,
    lines: countLines(text),
    callName: undefined,
    nesting: 0,
  });
  const walk: Walk = { text, rules, functions: [], imports: [] };
  const cursor = tree.walk();
  try {
    walkTree(cursor, walk, {
      type: "",
      scopes: { scope: topLevel },
      depth: 0,
      nesting: 0,
      sequence: undefined,
      isOwned: false,
      importKind: undefined,
      inlineModules: 0,
      role: "usual",
    });
  } finally {
    cursor.delete();
  }
  const measured = measuredFile(topLevel, walk.functions, rules.innerFunctions);
  const { imports, packageName } = walk;
  return { measured, imports, ...(packageName === undefined ? {} : { packageName }) };
}

interface Walk {
  readonly text: string;
  readonly rules: LanguageRules;
  readonly functions: Scope[];
  readonly imports: FileImport[];
  packageName?: string;
}

/** A node and where it stands, as far as its children need to know. */
interface Frame {
  readonly type: string;
  readonly scopes: Chain;
  /** Functions around it. */
  readonly depth: number;
  readonly nesting: number;
  /** The sequence of logical operators that it takes part in. */
  readonly sequence: Sequence | undefined;
  /** Inside a class or the like, and in no function there. */
  readonly isOwned: boolean;
  /** What imports are here, when a condition says so. */
  readonly importKind: ImportKind | undefined;
  readonly inlineModules: number;
  readonly role: Role;
}

interface Sequence {
  last: string;
}

/** What a node is for the `if` above it. */
type Role = "else" | "else-if" | "else-clause" | "usual";

/** Walks with a list of its own, because long chains such as `a + b + …` are thousands of nodes deep. */
function walkTree(cursor: TreeCursor, walk: Walk, outermost: Frame): void {
  const frames = [outermost];
  let isFirst = true;
  for (let parent = outermost; ; ) {
    const frame = enter(cursor, walk, { parent, isFirst });
    isFirst = cursor.gotoFirstChild();
    if (isFirst) {
      frames.push(frame);
      parent = frame;
      continue;
    }
    while (!cursor.gotoNextSibling()) {
      if (!cursor.gotoParent()) return;
      frames.pop();
      parent = frames.at(-1) ?? outermost;
    }
  }
}

/** Counts a node and answers its frame. */
function enter(
  cursor: TreeCursor,
  walk: Walk,
  { parent, isFirst }: { readonly parent: Frame; readonly isFirst: boolean },
): Frame {
  const { rules } = walk;
  const type = cursor.nodeType;
  const place = placeOf(cursor, rules, parent, type);
  if (!cursor.nodeIsNamed) {
    countToken(type, rules, parent);
    return { ...parent, type, ...place };
  }
  if (Object.hasOwn(rules.functions, type)) return enterFunction(cursor, walk, parent, place);
  const frame: Frame = {
    type,
    scopes: parent.scopes,
    depth: parent.depth,
    ...place,
    sequence: sequenceOf(cursor, rules, parent, type),
    isOwned: parent.isOwned || rules.owners.includes(type),
    importKind: parent.importKind ?? kindUnder(cursor, walk, type),
    inlineModules: parent.inlineModules + (type === rules.inlineModule ? 1 : 0),
  };
  countNode(cursor, walk, parent, frame);
  if (isFirst && type === "identifier" && parent.type === rules.calls) {
    noteCall(textOf(cursor, walk, LONGEST_NAME), parent.scopes);
  }
  noteImport(cursor, walk, parent, type);
  return frame;
}

function enterFunction(
  cursor: TreeCursor,
  walk: Walk,
  parent: Frame,
  { nesting, role }: Place,
): Frame {
  if (parent.depth >= DEEPEST_FUNCTIONS) throw new RangeError("functions are nested too deeply");
  const type = cursor.nodeType;
  const name = cursor.currentNode.childForFieldName("name");
  const text = name === null ? undefined : walk.text.slice(name.startIndex, name.endIndex);
  const isFree = walk.rules.functions[type] === "free" && !parent.isOwned;
  const start = cursor.startPosition;
  // Annotations before it may stand on lines of their own.
  const place = name === null || name.startPosition.row === start.row ? start : name.startPosition;
  const scope = openScope({
    name: text?.slice(0, LONGEST_NAME) ?? ANONYMOUS,
    line: place.row + 1,
    column: place.column + 1,
    lines: cursor.endPosition.row - place.row + 1,
    callName: isFree ? text : undefined,
    nesting,
  });
  parent.scopes.scope.inner.push(scope);
  walk.functions.push(scope);
  return {
    ...parent,
    type,
    role,
    scopes: { scope, outer: parent.scopes },
    depth: parent.depth + 1,
    nesting: 0,
    sequence: undefined,
    isOwned: false,
  };
}

type Place = Pick<Frame, "nesting" | "role">;

/** How deep a node stands, and what it is for the `if` above it. A condition stands no deeper than its `if`. */
function placeOf(cursor: TreeCursor, rules: LanguageRules, parent: Frame, type: string): Place {
  const { nesting } = parent;
  if (parent.role === "else-clause") {
    if (rules.elseIfs.includes(type)) return { nesting, role: "else-if" };
    return { nesting: nesting + 1, role: "usual" };
  }
  const structure = ownEntry(rules.structures, parent.type);
  if (structure === undefined && parent.type !== rules.elseOnly) return { nesting, role: "usual" };
  const field = cursor.currentFieldName;
  if (structure?.nested.some((each) => each === field || each === type) === true) {
    return { nesting: nesting + 1, role: "usual" };
  }
  if (field !== "alternative" && type !== rules.elseClause) return { nesting, role: "usual" };
  if (type === rules.elseClause) return { nesting, role: "else-clause" };
  if (rules.elseIfs.includes(type)) return { nesting, role: "else-if" };
  return { nesting: nesting + 1, role: "else" };
}

function ownEntry<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** A logical expression and the brackets inside it share one sequence; anything else between two begins a new one. */
function sequenceOf(
  cursor: TreeCursor,
  rules: LanguageRules,
  parent: Frame,
  type: string,
): Sequence | undefined {
  if (type === rules.parentheses) return parent.sequence;
  if (!rules.logical.nodes.includes(type)) return undefined;
  const operator = cursor.currentNode.childForFieldName("operator")?.type;
  const isLogical = operator === undefined || rules.logical.operators.includes(operator);
  return isLogical ? (parent.sequence ?? { last: "" }) : undefined;
}

function countToken(type: string, rules: LanguageRules, parent: Frame): void {
  const { scope } = parent.scopes;
  if (ownEntry(rules.decisions, type) === parent.type) scope.decisions++;
  if (!rules.logical.operators.includes(type) || !rules.logical.nodes.includes(parent.type)) return;
  scope.decisions++;
  if (parent.sequence?.last === type) return;
  scope.ownCognitive++;
  if (parent.sequence !== undefined) parent.sequence.last = type;
}

/** Adds what a node itself costs to the function it stands in. */
function countNode(cursor: TreeCursor, walk: Walk, parent: Frame, frame: Frame): void {
  const { rules } = walk;
  const { scope } = frame.scopes;
  const { type, role } = frame;
  const structure = ownEntry(rules.structures, type);
  if (structure?.decides === true) scope.decisions++;
  // What continues an `else` with a clause of its own was counted with that.
  if (role === "else-if") scope.ownCognitive += parent.role === "else-clause" ? 0 : 1;
  else if (structure !== undefined) addStructure(scope, frame.nesting);
  if (role === "else-clause") scope.ownCognitive++;
  if (role === "else") countElse(rules, parent);
  const rest = ownEntry(rules.cases, type);
  if (rest !== undefined && rest?.test(textOf(cursor, walk, TEXT_BEGINNING)) !== true) {
    scope.decisions++;
  }
  if (ownEntry(rules.decisions, type) === null) scope.decisions++;
  if (type === rules.jumps.label && rules.jumps.statements.includes(parent.type)) {
    scope.ownCognitive++;
  }
}

function countElse(rules: LanguageRules, parent: Frame): void {
  const { scope } = parent.scopes;
  if (parent.type !== rules.elseOnly) {
    scope.ownCognitive++;
    return;
  }
  scope.decisions++;
  addStructure(scope, parent.nesting);
}

function kindUnder(cursor: TreeCursor, walk: Walk, type: string): ImportKind | undefined {
  const { conditions } = walk.rules;
  if (conditions === undefined || type !== "if_statement") return undefined;
  const beginning = textOf(cursor, walk, TEXT_BEGINNING);
  return conditions.find(({ text }) => text.test(beginning))?.kind;
}

function noteImport(cursor: TreeCursor, walk: Walk, parent: Frame, type: string): void {
  const { rules } = walk;
  if (type === rules.packageName?.node) {
    const name = rules.packageName.name.exec(textOf(cursor, walk, LONGEST_IMPORT))?.[1];
    if (name !== undefined) walk.packageName = name;
  }
  const read = ownEntry(rules.imports, type);
  if (read === undefined) return;
  const line = cursor.startPosition.row + 1;
  const statements = read(textOf(cursor, walk, LONGEST_IMPORT), parent.inlineModules);
  for (const { specifier, kind } of statements) {
    walk.imports.push([specifier, kindOf(kind, rules, parent), line]);
  }
}

function kindOf(kind: ImportKind, rules: LanguageRules, parent: Frame): ImportKind {
  if (parent.importKind !== undefined) return parent.importKind;
  return rules.isLazyInFunctions && parent.depth > 0 ? "dynamic" : kind;
}

function textOf(cursor: TreeCursor, { text }: Walk, longest: number): string {
  return text.slice(cursor.startIndex, Math.min(cursor.endIndex, cursor.startIndex + longest));
}
