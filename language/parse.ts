import {
  Composer,
  type CST,
  type Document,
  isMap,
  isNode,
  isScalar,
  type Node,
  Parser,
  type Scalar,
} from "yaml";
import type { ErrorLocation } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { Findings } from "./findings.ts";
import { type PlaceOf, placesIn } from "./places.ts";
import { refuseUnsafe } from "./safe-yaml.ts";
import { dataOf } from "./yaml-data.ts";
import { problemOf } from "./yaml-errors.ts";
import { tokensIn } from "./yaml-tokens.ts";

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
  const refused = (): Parsed => ({ ok: false, diagnostics: findings.list() });

  const bytes = Buffer.byteLength(text);
  if (bytes > LIMITS.cascadeFileBytes) {
    const message = `cascadeFileBytes: ${bytes} given, ${LIMITS.cascadeFileBytes} allowed`;
    findings.report("limit-exceeded", message, () => ({ file, line: 1, column: 1 }));
    return refused();
  }
  const place = placesIn(text, file);
  const tokens = [...new Parser().parse(text)];
  refuseCharacters(text, findings, place);
  refuseDepth(tokens, findings, place);
  if (!findings.isEmpty) return refused();

  const document = compose(tokens, text, findings, place);
  if (document === undefined || !findings.isEmpty) return refused();
  const aliased = refuseUnsafe(document, findings, place);
  if (!findings.isEmpty) return refused();
  rewrite(document);
  const root = document.contents;
  return {
    ok: true,
    data: dataOf(root, aliased),
    locate: (path, key) => place(pastSpaces(text, offsetOf(root, path, key))),
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

function keep(): void {} // a text that nobody wants rewritten

/** Control characters, lone surrogates, and what turns the direction of text round so that it reads as it is not. */
const REFUSED_CHARACTERS = /[[\p{Cc}--[\t\n\r\x85]]\p{Cs}\u202a-\u202e\u2066-\u2069]/gv;

function refuseCharacters(text: string, findings: Findings, place: PlaceOf): void {
  for (const { 0: character, index } of text.matchAll(REFUSED_CHARACTERS)) {
    if (character === "\0") {
      const hint = "save the file as UTF-8";
      const message = "the character U+0000 is not allowed";
      findings.report("invalid-yaml", message, () => place(index), hint);
      // A file in UTF-16 has one beside every letter.
      return;
    }
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    findings.report("invalid-yaml", `the character U+${code} is not allowed`, () => place(index));
  }
}

/** The token parser keeps a stack of its own, so its output tells the depth safely and exactly. */
function refuseDepth(tokens: readonly CST.Token[], findings: Findings, place: PlaceOf): void {
  let deepest = 0;
  let firstOver = Number.POSITIVE_INFINITY;
  for (const { token, depth } of tokensIn(tokens)) {
    deepest = Math.max(deepest, depth);
    if (depth > LIMITS.yamlDepth) firstOver = Math.min(firstOver, token.offset);
  }
  if (deepest <= LIMITS.yamlDepth) return;
  const message = `yamlDepth: ${deepest} given, ${LIMITS.yamlDepth} allowed`;
  findings.report("limit-exceeded", message, () => place(firstOver));
}

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
    // Without this, tags such as `!!binary` are read without a word.
    resolveKnownTags: false,
  });
  const [document, second] = composer.compose(tokens, true, text.length);
  for (const error of [...(document?.errors ?? []), ...(document?.warnings ?? [])]) {
    const { message, offset, hint } = problemOf(error, text, tokens);
    findings.report("invalid-yaml", message, () => place(offset), hint);
  }
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

/** A key or value that is not written has the place where its line goes on. */
function pastSpaces(text: string, offset: number): number {
  let at = offset;
  while (text[at] === " ") at += 1;
  return at;
}
