/** Where something stands; both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What an expression is worth, as far as it can be told. */
export interface Value {
  /** It stands in the code and never differs. */
  readonly isConstant: boolean;
  readonly isRandom: boolean;
  /** As it is written, its beginning. */
  readonly text: string;
}

/** `wait`: for a time that stands in the code; `nothing`: `pass` and the like. */
export type StatementKind = "wait" | "log" | "return" | "raise" | "nothing" | "other";

export interface Statement {
  readonly kind: StatementKind;
  readonly text: string;
  /** Of a `return` that answers something. */
  readonly value?: Value;
}

export interface FunctionFacts extends Place {
  /** "" when it has none. */
  readonly name: string;
  readonly kind: "function" | "method" | "constructor" | "callback";
  /** The class or type that it belongs to; "" for none. */
  readonly owner: string;
  /** Somebody else says what it is to take and to answer: a base class, an interface, the object that it is part of. */
  readonly isBound: boolean;
  readonly isAbstract: boolean;
  readonly isAsync: boolean;
  readonly parameters: readonly string[];
  /** For more than to log them. */
  readonly usesParameters: boolean;
  readonly hasComment: boolean;
  readonly statements: readonly Statement[];
}

/** Where an error is taken care of. */
export interface HandlerFacts extends Place {
  readonly statements: readonly Statement[];
  readonly hasComment: boolean;
  /** What it takes, as it is written; "" for everything. */
  readonly takes: string;
  /** What may fail holds an assertion of a test. */
  readonly guardsAssertion: boolean;
  /** The handler itself holds one. */
  readonly asserts: boolean;
}

export interface BranchFacts extends Place {
  /** Without parentheses around it; "" for an `else`. */
  readonly condition: string;
  readonly isEmpty: boolean;
  readonly hasComment: boolean;
}

export interface CallFacts extends Place {
  /** What is called, as it is written without white space. */
  readonly name: string;
  readonly args: readonly Value[];
}

/** A name that is given a value. */
export interface AssignmentFacts extends Place {
  readonly name: string;
  readonly value: Value;
}

export interface TestFacts extends Place {
  readonly name: string;
  readonly isEmpty: boolean;
  readonly asserts: boolean;
}

/** A test, or a group of them, that is not run. */
export interface SkipFacts extends Place {
  /** `others`: this one is run, all others are not. */
  readonly left: "itself" | "others";
  readonly hasReason: boolean;
}

export interface CommentFacts extends Place {
  /** Without the signs that make it a comment. */
  readonly text: string;
}

/** All that the rules know of a file. */
export interface CodeFacts {
  readonly file: string;
  readonly isTest: boolean;
  readonly functions: readonly FunctionFacts[];
  readonly handlers: readonly HandlerFacts[];
  readonly branches: readonly BranchFacts[];
  /** Conditions of every kind, those of the branches included. */
  readonly conditions: readonly (Place & { readonly text: string })[];
  readonly calls: readonly CallFacts[];
  readonly assignments: readonly AssignmentFacts[];
  readonly imports: readonly (Place & { readonly module: string })[];
  readonly tests: readonly TestFacts[];
  readonly skips: readonly SkipFacts[];
  readonly comments: readonly CommentFacts[];
  /** Lines of a source file that hold tests, as Rust has them; both ends included. */
  readonly testParts: readonly { readonly first: number; readonly last: number }[];
  /** Comments that are code. */
  readonly deadCode: readonly Place[];
}
