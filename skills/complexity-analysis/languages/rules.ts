import type { ImportKind } from "../../import-graph.ts";
import type { InnerFunctions } from "../scope.ts";

/** A node that interrupts the flow, so that its cognitive cost grows with nesting. */
export interface Structure {
  /** Whether it is a decision of its own; a `switch` is not, its cases are. */
  readonly decides: boolean;
  /** Fields or node types whose code stands one level deeper. A condition does not. */
  readonly nested: readonly string[];
}

export interface ImportStatement {
  readonly specifier: string;
  readonly kind: ImportKind;
}

/** @param inlineModules how many modules inside the file stand around it */
export type ImportReader = (text: string, inlineModules: number) => readonly ImportStatement[];

/** What counts in one language: the node types are those of its tree-sitter grammar. */
export interface LanguageRules {
  /** Name of the grammar's file. */
  readonly grammar: string;
  readonly innerFunctions: InnerFunctions;
  /** `free` functions can be called by their bare name, `method`s and `anonymous` ones cannot. */
  readonly functions: Readonly<Record<string, "free" | "method" | "anonymous">>;
  /** A free function directly inside one of these is a method. */
  readonly owners: readonly string[];
  readonly structures: Readonly<Record<string, Structure>>;
  /** Continue an `if` where they stand as its `alternative`: 1 however deep. */
  readonly elseIfs: readonly string[];
  /** Wraps what follows `else`; without one, the field `alternative` holds it. */
  readonly elseClause?: string;
  /** No `if`, but its `alternative` makes it one: `let … else` of Rust. */
  readonly elseOnly?: string;
  /** A decision, unless the beginning of its text matches: then it takes whatever is left. */
  readonly cases: Readonly<Record<string, RegExp | null>>;
  /** Decisions that cost nothing cognitively; a type that is not null must be the parent's. */
  readonly decisions: Readonly<Record<string, string | null>>;
  /** Nodes that join conditions, and the tokens that do so. */
  readonly logical: { readonly nodes: readonly string[]; readonly operators: readonly string[] };
  readonly parentheses: string;
  /** Node type of a label inside a jump of the given types. */
  readonly jumps: { readonly statements: readonly string[]; readonly label: string };
  /** A module inside the file: paths in it begin a level deeper. */
  readonly inlineModule?: string;
  /** Whether an import inside a function runs when that is called. */
  readonly isLazyInFunctions: boolean;
  /** A call whose first child is an `identifier` calls a function by its bare name. */
  readonly calls: string;
  /** Node types that import, and what their text says. */
  readonly imports: Readonly<Record<string, ImportReader>>;
  /** What imports are inside an `if_statement` whose beginning matches. */
  readonly conditions?: readonly { readonly text: RegExp; readonly kind: ImportKind }[];
  /** The node that names the file's package, and the name in its text. */
  readonly packageName?: { readonly node: string; readonly name: RegExp };
}
