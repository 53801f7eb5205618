import type { ASTNode } from "@marcbachmann/cel-js";
import type { InputType, Reference } from "../core/plan.ts";
import { variableName } from "./cel.ts";
import type { ExpressionNames, ExpressionProblem, Resolved } from "./expression.ts";
import { didYouMean } from "./nearest.ts";

/** Those of CEL and ours that depend on their arguments alone and end soon. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...["bool", "coalesce", "double", "has", "int", "json", "round", "size", "string"],
]);
const METHODS: ReadonlySet<string> = new Set([
  ...["contains", "endsWith", "indexOf", "join", "lastIndexOf", "lowerAscii", "or", "orValue"],
  ...["size", "split", "startsWith", "substring", "trim", "upperAscii", "value", "hasValue"],
]);
/** Those that go through a list, with a name for its entries. */
const COMPREHENSIONS: ReadonlySet<string> = new Set([
  ...["all", "exists", "exists_one", "filter", "map"],
]);
const BINARY: ReadonlySet<string> = new Set([
  ...["!=", "==", "in", "+", "-", "*", "%", "<", "<=", ">", ">=", "||", "&&"],
]);

export interface Printed {
  readonly text: string;
  readonly references: readonly Reference[];
  /** Of the references, in their order. */
  readonly types: readonly InputType[];
  readonly iterates: boolean;
  readonly problems: readonly ExpressionProblem[];
}

/**
 * Prints a syntax tree as CEL that can be checked and run: names of the cascade become variables, whole numbers
 * become doubles, and what CEL would do silently (divide whole numbers, divide by zero) goes through our functions.
 */
export class ExpressionPrinter {
  readonly #source: string;
  readonly #names: ExpressionNames;
  readonly #references = new Map<
    string,
    { readonly reference: Reference; readonly type: InputType }
  >();
  readonly #problems: ExpressionProblem[] = [];
  readonly #spans: Span[] = [];
  /** Names that comprehensions give to entries, where we are. */
  readonly #bound: string[] = [];
  #iterates = false;
  #text = "";

  /** @param source as it was written, with hyphens in names; places in the tree are places in it */
  constructor(source: string, names: ExpressionNames) {
    this.#source = source;
    this.#names = names;
  }

  /** What the tree names, when it is nothing but one name. */
  soleName(tree: ASTNode): Resolved | undefined {
    const path = this.#pathOf(tree);
    if (path === undefined) return undefined;
    return this.#names.resolve(path, `\${${this.#source}}`);
  }

  print(tree: ASTNode): Printed {
    this.#print(tree);
    const found = [...this.#references.values()];
    return {
      text: this.#text,
      references: found.map(({ reference }) => reference),
      types: found.map(({ type }) => type),
      iterates: this.#iterates,
      problems: this.#problems,
    };
  }

  /** Where something of the printed text stands in the source: the place of the smallest part around it. */
  offsetOf(start: number, end: number): number {
    const around = this.#spans.filter((span) => span.start <= start && span.end >= end);
    const smallest = around.sort((a, b) => a.end - a.start - (b.end - b.start))[0];
    return smallest?.offset ?? 0;
  }

  #print(node: ASTNode): void {
    const start = this.#text.length;
    const path = this.#pathOf(node);
    if (path === undefined) this.#printNode(node);
    else this.#printName(node, path, false);
    this.#spans.push({ start, end: this.#text.length, offset: node.start });
  }

  #printNode(node: ASTNode): void {
    switch (node.op) {
      case "value":
        this.#printLiteral(node);
        return;
      case "id":
        this.#write(node.args);
        return;
      case ".":
      case ".?":
        this.#print(node.args[0]);
        this.#printField(node);
        return;
      case "[]":
      case "[?]":
        this.#printIndex(node);
        return;
      case "call":
        this.#printCall(node, node.args[0], node.args[1]);
        return;
      case "rcall":
        this.#printMethod(node, node.args[0], node.args[1], node.args[2]);
        return;
      case "list":
        this.#printAll("[", node.args, "]");
        return;
      case "map":
        this.#printMap(node.args);
        return;
      case "?:":
        this.#printParts("(", node.args[0], " ? ", node.args[1], " : ", node.args[2], ")");
        return;
      case "!_":
      case "-_":
        this.#printParts(`(${node.op[0]}`, node.args, ")");
        return;
      case "/":
        this.#printParts("quotient(", node.args[0], ", ", node.args[1], ")");
        return;
      default:
        this.#printBinary(node);
    }
  }

  #printBinary(node: ASTNode): void {
    if (!BINARY.has(node.op)) {
      this.#refuse(node, `${node.op} cannot be used here`);
      return;
    }
    const [left, right] = node.args as [ASTNode, ASTNode];
    const isEquality = node.op === "==" || node.op === "!=";
    this.#write("(");
    // CEL finds a text and null too different to compare; a value that may be absent is compared with it.
    this.#printOperand(left, isEquality && isNull(right));
    this.#write(` ${node.op} `);
    this.#printOperand(right, isEquality && isNull(left));
    this.#write(")");
  }

  #printOperand(node: ASTNode, asAny: boolean): void {
    if (asAny) this.#printParts("dyn(", node, ")");
    else this.#print(node);
  }

  #printLiteral(node: ASTNode): void {
    const value = node.args;
    if (typeof value === "string") this.#write(JSON.stringify(value));
    else if (value === null || typeof value === "boolean") this.#write(String(value));
    else if (typeof value === "number" || typeof value === "bigint") this.#printNumber(node, value);
    else this.#refuse(node, "expected a number, a text in quotes, true, false or null");
  }

  #printNumber(node: ASTNode, written: number | bigint): void {
    const value = Number(written);
    const isExact = typeof written === "number" || Number.isSafeInteger(value);
    if (!Number.isFinite(value) || !isExact) {
      this.#refuse(node, `${String(written)} is too large to be kept exactly`);
    }
    const text = String(value);
    this.#write(/^-?\d+$/.test(text) ? `${text}.0` : text);
  }

  #printField(node: ASTNode): void {
    const field = this.#fieldOf(node);
    if (field.includes("-")) this.#write(node.op === "." ? `["${field}"]` : `[?"${field}"]`);
    else this.#write(`${node.op}${field}`);
  }

  #printIndex(node: ASTNode): void {
    const [list, index] = node.args as [ASTNode, ASTNode];
    const isKey = index.op === "value" && typeof index.args === "string";
    if (isKey || node.op === "[?]") {
      this.#printParts("", list, node.op === "[?]" ? "[?" : "[", index, "]");
    } else {
      this.#printParts("element(", list, ", ", index, ")");
    }
  }

  #printMap(entries: readonly (readonly [ASTNode, ASTNode])[]): void {
    this.#write("{");
    for (const [position, [key, value]] of entries.entries()) {
      if (key.op === "value" && typeof key.args !== "string")
        this.#refuse(key, "a key is a text in quotes");
      this.#printParts(position === 0 ? "" : ", ", key, ": ", value);
    }
    this.#write("}");
  }

  #printCall(node: ASTNode, name: string, given: readonly ASTNode[]): void {
    if (!FUNCTIONS.has(name)) {
      this.#refuse(node, `there is no function ${JSON.stringify(name)}`, () =>
        didYouMean(name, [...FUNCTIONS]),
      );
      return;
    }
    const [only] = given;
    const path = name === "has" && only !== undefined ? this.#pathOf(only) : undefined;
    if (only !== undefined && path !== undefined) {
      this.#printName(only, path, true);
      return;
    }
    this.#printAll(name === "size" ? "length(" : `${name}(`, given, ")");
  }

  #printMethod(node: ASTNode, name: string, target: ASTNode, given: readonly ASTNode[]): void {
    if (COMPREHENSIONS.has(name)) {
      this.#printComprehension(node, name, target, given);
      return;
    }
    if (!METHODS.has(name)) {
      const known = [...METHODS, ...COMPREHENSIONS];
      const hint = (): string =>
        name === "matches" ? "use contains, startsWith or endsWith" : didYouMean(name, known);
      this.#refuse(node, `there is no method ${JSON.stringify(name)}`, hint);
      return;
    }
    if (name === "size" && given.length === 0) {
      this.#printParts("length(", target, ")");
      return;
    }
    this.#print(target);
    this.#printAll(`.${name}(`, given, ")");
  }

  #printComprehension(
    node: ASTNode,
    name: string,
    target: ASTNode,
    given: readonly ASTNode[],
  ): void {
    const [variable, ...bodies] = given;
    if (variable?.op !== "id" || bodies.length === 0) {
      this.#refuse(
        node,
        `${name} needs a name and an expression`,
        `such as ${name}(x, x.size > 1)`,
      );
      return;
    }
    if (this.#bound.length > 0) {
      this.#refuse(node, `${name} stands inside another one`, "do it in two stages");
      return;
    }
    this.#iterates = true;
    this.#print(target);
    this.#write(`.${name}(${variable.args}`);
    this.#bound.push(variable.args);
    for (const body of bodies) this.#printParts(", ", body);
    this.#bound.pop();
    this.#write(")");
  }

  #printName(node: ASTNode, path: Path, isPresence: boolean): void {
    const source = this.#source.slice(node.start, node.end);
    const key = `${isPresence ? "?" : ""}${JSON.stringify(path)}`;
    let found = this.#references.get(key);
    if (found === undefined) {
      const resolved = this.#names.resolve(path, source);
      if (!resolved.ok) {
        const hint = resolved.hint === undefined ? {} : { hint: resolved.hint };
        const message = `${source}: ${resolved.why}`;
        this.#problems.push({ code: "unknown-reference", message, ...hint, offset: node.start });
        return;
      }
      const { reference, type } = resolved;
      found = isPresence
        ? { reference: { ...reference, isPresence: true }, type: "boolean" }
        : { reference, type };
      this.#references.set(key, found);
    }
    this.#write(variableName([...this.#references.keys()].indexOf(key)));
  }

  /** The steps of a name such as `stages["a-b"].output[0].x`; undefined for anything else. */
  #pathOf(node: ASTNode): Path | undefined {
    if (node.op === "id") {
      if (this.#bound.includes(node.args)) return undefined;
      return [this.#source.slice(node.start, node.end)];
    }
    if (node.op !== "." && node.op !== "[]") return undefined;
    const above = this.#pathOf(node.args[0]);
    if (above === undefined) return undefined;
    const step = node.op === "." ? this.#fieldOf(node) : literalStep(node.args[1]);
    return step === undefined ? undefined : [...above, step];
  }

  /** The field after the dot, with its hyphens. */
  #fieldOf(node: ASTNode): string {
    const [, field] = node.args as [ASTNode, string];
    return this.#source.slice(node.end - field.length, node.end);
  }

  #printAll(before: string, nodes: readonly ASTNode[], after: string): void {
    this.#write(before);
    for (const [position, node] of nodes.entries())
      this.#printParts(position === 0 ? "" : ", ", node);
    this.#write(after);
  }

  #printParts(...parts: readonly (string | ASTNode)[]): void {
    for (const part of parts) {
      if (typeof part === "string") this.#write(part);
      else this.#print(part);
    }
  }

  #write(text: string): void {
    this.#text += text;
  }

  #refuse(node: ASTNode, message: string, hint?: string | (() => string)): void {
    const advice = hint === undefined ? {} : { hint };
    this.#problems.push({ code: "invalid-expression", message, ...advice, offset: node.start });
  }
}

type Path = readonly (string | number)[];

interface Span {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

function literalStep(node: ASTNode): string | number | undefined {
  if (node.op !== "value") return undefined;
  if (typeof node.args === "string") return node.args;
  if (typeof node.args === "bigint" && node.args >= 0n) return Number(node.args);
  return undefined;
}

function isNull(node: ASTNode): boolean {
  return node.op === "value" && node.args === null;
}
