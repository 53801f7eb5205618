import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument, visit } from "yaml";
import { type ErrorLocation, SwarmError } from "../core/errors.ts";
import { FORBIDDEN_KEYS } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { Diagnostic } from "./diagnostic.ts";

/** A cascade file as its author wrote it. */
export interface Source {
  readonly text: string;
  /** As it is named in errors. */
  readonly file: string;
}

export interface ParsedYaml {
  readonly data: unknown;
  /** Where the value at a path stands; with `key`, where that key of the mapping stands. */
  locate(path: readonly PropertyKey[], key?: string): ErrorLocation;
}

const MAX_ALIASES = 100;

/** Reads YAML 1.2 (core schema) without ever running out of stack or memory on hostile text. */
export function parseYaml(source: Source): ParsedYaml | readonly Diagnostic[] {
  const tooMuch = refuseBySize(source);
  if (tooMuch !== undefined) return [tooMuch];
  const lines = new LineCounter();
  const document = parseDocument(source.text, {
    lineCounter: lines,
    version: "1.2",
    schema: "core",
    uniqueKeys: true,
    prettyErrors: false,
    stringKeys: true,
  });
  const place = (offset: number): ErrorLocation => {
    const { line, col } = lines.linePos(offset);
    return { file: source.file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: Diagnostic[] = [...document.errors, ...document.warnings].map((error) => ({
    code: "invalid-yaml",
    message: error.message.replace(/\s+/g, " "),
    location: place(error.pos[0]),
  }));
  visit(document, {
    Pair(_, pair) {
      const { key } = pair;
      if (isScalar(key) && typeof key.value === "string" && FORBIDDEN_KEYS.has(key.value)) {
        problems.push({
          code: "invalid-yaml",
          message: `the key ${JSON.stringify(key.value)} is not allowed`,
          location: place(key.range?.[0] ?? 0),
        });
      }
    },
  });
  if (problems.length > 0) return problems;
  try {
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return {
      data,
      locate: (path, key) => place(offsetOf(document.contents, path, key)),
    };
  } catch (error) {
    return [
      {
        code: "invalid-yaml",
        message: (error as Error).message,
        location: { file: source.file },
      },
    ];
  }
}

/** Size and depth are judged before the parser sees the text: deep nesting would exhaust its stack. */
function refuseBySize(source: Source): Diagnostic | undefined {
  const bytes = Buffer.byteLength(source.text);
  const depth = nestingDepth(source.text);
  const over =
    bytes > LIMITS.cascadeFileBytes
      ? `cascadeFileBytes: ${bytes} given, ${LIMITS.cascadeFileBytes} allowed`
      : depth > LIMITS.yamlDepth
        ? `yamlDepth: at least ${depth} given, ${LIMITS.yamlDepth} allowed`
        : undefined;
  if (over === undefined) return undefined;
  return { code: "limit-exceeded", message: over, location: { file: source.file } };
}

/** No less than the nesting of collections: counts brackets, `- ` chains and indentation, quoted or not. */
function nestingDepth(text: string): number {
  let open = 0;
  let deepest = 0;
  for (const line of text.split("\n")) {
    const lead = /^[\s\-?:]*/.exec(line)?.[0] ?? "";
    const dashes = lead.match(/[-?:](?=\s|$)/g)?.length ?? 0;
    const indent = lead.length - lead.trimStart().length;
    deepest = Math.max(deepest, dashes + Math.floor(indent / 2));
    for (const character of line) {
      if (character === "[" || character === "{") open += 1;
      else if (character === "]" || character === "}") open = Math.max(0, open - 1);
      deepest = Math.max(deepest, open);
    }
  }
  return deepest;
}

function offsetOf(root: unknown, path: readonly PropertyKey[], key: string | undefined): number {
  let node: unknown = root;
  let offset = isNode(root) ? (root.range?.[0] ?? 0) : 0;
  for (const step of path) {
    const next: unknown =
      isNode(node) && "get" in node
        ? (node as { get(key: unknown, keep: true): unknown }).get(step, true)
        : undefined;
    if (!isNode(next)) break;
    node = next;
    offset = (next as Node).range?.[0] ?? offset;
  }
  if (key === undefined || !isMap(node)) return offset;
  const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? offset) : offset;
}

/** The text of a duration such as `90s`, `10m`, `1h`, `500ms`. @throws SwarmError `invalid-cascade` */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text.trim());
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match?.[2] ?? ""];
  if (match === null || unit === undefined) {
    throw new SwarmError("invalid-cascade", `${JSON.stringify(text)} is not a duration`, {
      hint: "write a number and a unit: 500ms, 90s, 10m, 1h",
    });
  }
  return Number(match[1]) * unit;
}
