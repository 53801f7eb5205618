import {
  Composer,
  type CST,
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
  type YAMLError,
} from "yaml";
import type { ErrorLocation } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { Findings } from "./findings.ts";
import { type PlaceOf, refuseUnsafe } from "./safe-yaml.ts";

/** A cascade file as its author wrote it. */
export interface Source {
  readonly text: string;
  /** As it is named in errors. */
  readonly file: string;
}

/** YAML as plain JSON data that still knows where each value stands. */
export interface ParsedYaml {
  readonly ok: true;
  readonly data: unknown;
  /** Where the value at a path stands; with `key`, where that key of the mapping stands. */
  locate(path: readonly PropertyKey[], key?: string): ErrorLocation;
  /** Where a position in the text at a path stands, as far as the text is written plainly; else where the text begins. */
  locateText(path: readonly PropertyKey[], offset: number): ErrorLocation;
  /** The value at a path as it was written, so `1.10` and not 1.1; undefined when it is not a scalar. */
  written(path: readonly PropertyKey[]): string | undefined;
}

export type Parsed =
  | ParsedYaml
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Reads YAML 1.2 (core schema) without ever running out of stack or memory on hostile text. Size, characters and
 * depth are judged before anything recursive sees the text: deep nesting exhausts the stack beyond rescue.
 * @param rewrite changes the tree before it is read as data
 */
export function parseYaml(
  source: Source,
  rewrite: (document: Document.Parsed) => void = keep,
): Parsed {
  const { text, file } = source;
  const findings = new Findings();
  const lines = new LineCounter();
  const place: PlaceOf = (offset) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const refused = (): Parsed => ({ ok: false, diagnostics: findings.list() });

  const bytes = Buffer.byteLength(text);
  if (bytes > LIMITS.cascadeFileBytes) {
    const message = `cascadeFileBytes: ${bytes} given, ${LIMITS.cascadeFileBytes} allowed`;
    findings.report("limit-exceeded", message, () => ({ file, line: 1, column: 1 }));
    return refused();
  }
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  refuseCharacters(text, findings, place);
  refuseDepth(tokens, findings, place);
  if (!findings.isEmpty) return refused();

  const document = compose(tokens, text, findings, place);
  if (document === undefined || !findings.isEmpty) return refused();
  refuseUnsafe(document, findings, place);
  if (!findings.isEmpty) return refused();
  rewrite(document);
  const root = document.contents;
  return {
    ok: true,
    data: document.toJS({ maxAliasCount: -1 }),
    locate: (path, key) => place(offsetOf(root, path, key)),
    locateText: (path, offset) => {
      const node = path.reduce<unknown>(child, root);
      return place(isScalar(node) ? offsetInside(node, text, offset) : offsetOf(root, path));
    },
    written: (path) => {
      const node = path.reduce<unknown>(child, root);
      return isScalar(node) ? node.source : undefined;
    },
  };
}

function keep(): void {}

/** Control characters, lone surrogates, and what turns the direction of text round so that it reads as it is not. */
const REFUSED_CHARACTERS = /[[\p{Cc}--[\t\n\r\x85]]\p{Cs}\u202a-\u202e\u2066-\u2069]/gv;

function refuseCharacters(text: string, findings: Findings, place: PlaceOf): void {
  for (const { 0: character, index } of text.matchAll(REFUSED_CHARACTERS)) {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    findings.report("invalid-yaml", `the character U+${code} is not allowed`, () => place(index));
  }
}

const COLLECTIONS: ReadonlySet<string> = new Set(["block-map", "block-seq", "flow-collection"]);

/** The token parser keeps a stack of its own, so its output tells the depth safely and exactly. */
function refuseDepth(tokens: readonly CST.Token[], findings: Findings, place: PlaceOf): void {
  let deepest = 0;
  let firstOver = Number.POSITIVE_INFINITY;
  const open: { readonly token: CST.Token; readonly depth: number }[] = [];
  for (const token of tokens) open.push({ token, depth: 0 });
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token } = next;
    const depth = next.depth + (COLLECTIONS.has(token.type) ? 1 : 0);
    deepest = Math.max(deepest, depth);
    if (depth > LIMITS.yamlDepth) firstOver = Math.min(firstOver, token.offset);
    if (token.type === "document" && token.value !== undefined) {
      open.push({ token: token.value, depth });
    }
    if (!("items" in token)) continue;
    for (const { key, value } of token.items) {
      if (key != null) open.push({ token: key, depth });
      if (value !== undefined) open.push({ token: value, depth });
    }
  }
  if (deepest <= LIMITS.yamlDepth) return;
  const message = `yamlDepth: ${deepest} given, ${LIMITS.yamlDepth} allowed`;
  findings.report("limit-exceeded", message, () => place(firstOver));
}

/** What to do about the parser's errors that people meet most, by their code or, where that says less, their message. */
const HINTS: Readonly<Record<string, string>> = {
  BAD_SCALAR_START: "put the text in quotes",
  BLOCK_AS_IMPLICIT_KEY: "a text that holds `: ` needs quotes",
  TAB_AS_INDENT: "indent with spaces",
  "Unexpected scalar at node end":
    "put what follows the quotes inside of them; `cascade-swarm fmt --fix` does it for a note in brackets",
};

function compose(
  tokens: readonly CST.Token[],
  text: string,
  findings: Findings,
  place: PlaceOf,
): Document.Parsed | undefined {
  const composer = new Composer({
    version: "1.2",
    schema: "core",
    prettyErrors: false,
    stringKeys: true,
    // Compares each key with each other one; `refuseUnsafe` does it in one pass.
    uniqueKeys: false,
  });
  const [document, second] = composer.compose(tokens, true, text.length);
  const report = (error: YAMLError): void => {
    // An unknown tag is only a warning there; `refuseUnsafe` refuses all but the core ones.
    if (error.code === "TAG_RESOLVE_FAILED") return;
    const message = error.message.replace(/\s+/g, " ");
    const hint = HINTS[error.code] ?? HINTS[message];
    findings.report("invalid-yaml", message, () => place(error.pos[0]), hint);
  };
  for (const error of [...(document?.errors ?? []), ...(document?.warnings ?? [])]) report(error);
  if (second !== undefined) {
    const message = "a second document begins here: a file holds one cascade";
    findings.report("invalid-yaml", message, () => place(second.range[0]));
  }
  return document as Document.Parsed | undefined;
}

function child(node: unknown, step: PropertyKey): unknown {
  return isNode(node) && "get" in node
    ? (node as { get(key: unknown, keep: true): unknown }).get(step, true)
    : undefined;
}

/** In a block or an escaped text, characters do not stand where they are counted: then it is where the text begins. */
function offsetInside(scalar: Scalar, text: string, offset: number): number {
  const [start, end] = scalar.range ?? [0, 0];
  const quote = scalar.type === "QUOTE_DOUBLE" || scalar.type === "QUOTE_SINGLE" ? 1 : 0;
  const isPlain = text.slice(start + quote, end - quote) === scalar.value;
  return isPlain ? start + quote + offset : start;
}

function offsetOf(root: unknown, path: readonly PropertyKey[], key?: string): number {
  let node: unknown = root;
  let offset = isNode(root) ? (root.range?.[0] ?? 0) : 0;
  for (const step of path) {
    const next = child(node, step);
    if (!isNode(next)) break;
    node = next;
    offset = (next as Node).range?.[0] ?? offset;
  }
  if (key === undefined || !isMap(node)) return offset;
  const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? offset) : offset;
}
