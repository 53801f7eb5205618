import type { CodeNode, CodeTree } from "../code/code-tree.ts";
import type { SkipFacts } from "../facts.ts";

/** How one language says what the rules look for: node types are those of its grammar. */
export interface Language {
  readonly functions: ReadonlySet<string>;
  readonly calls: ReadonlySet<string>;
  readonly returns: ReadonlySet<string>;
  readonly raises: ReadonlySet<string>;
  /** Wrap a statement's expression. */
  readonly wrappers: ReadonlySet<string>;
  readonly ifs: ReadonlySet<string>;
  /** Conditions that are no `if`; the field `condition` or `test` holds them. */
  readonly choices: ReadonlySet<string>;
  readonly imports: ReadonlySet<string>;
  /** Nodes that give a name a value, with the fields of both. */
  readonly assignments: Readonly<Record<string, readonly [name: string, value: string]>>;
  /** Values that stand in the code. */
  readonly literals: ReadonlySet<string>;
  /** Constant when all of their children are, but for those in the fields `key`, `type`, `name` and `field`. */
  readonly compounds: ReadonlySet<string>;
  /** What is called whose answer is constant when all that it is given is. */
  readonly constantCalls: RegExp;
  /** Names that mean a constant. */
  readonly constantNames: RegExp;
  /** Statements that do nothing. */
  readonly nothing: RegExp;
  /** Text of a test that asserts something. */
  readonly assertion: RegExp;
  /** Text that asks for chance. */
  readonly random: RegExp;
  /** Fields of a function, in this order, that may hold its body. */
  bodyOf(node: CodeNode): CodeNode | undefined;
  nameOf(node: CodeNode, tree: CodeTree): string;
  kindOf(node: CodeNode): "function" | "method" | "constructor" | "callback";
  /** The class or type that a function belongs to; "" for none. */
  ownerOf(node: CodeNode, tree: CodeTree): string;
  isBound(node: CodeNode, tree: CodeTree): boolean;
  isAbstract(node: CodeNode, tree: CodeTree): boolean;
  parametersOf(node: CodeNode, tree: CodeTree): readonly string[];
  /** A part of the code that takes care of an error: its body, what it takes, and what is tried. */
  handlerOf(node: CodeNode, tree: CodeTree): Handler | undefined;
  /** The test that a node is. */
  testOf(node: CodeNode, tree: CodeTree): WrittenTest | undefined;
  /** Whether a node holds tests inside a source file. */
  isTestPart(node: CodeNode, tree: CodeTree): boolean;
  skipOf(node: CodeNode, tree: CodeTree): Omit<SkipFacts, "line" | "column"> | undefined;
}

export interface Handler {
  readonly body: CodeNode;
  readonly takes: string;
  readonly tried: CodeNode | undefined;
}

export interface WrittenTest {
  readonly name: string;
  readonly body: CodeNode;
}

export function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ""));
}
