import { createRequire } from "node:module";
import { extname } from "node:path";
import { type ParserPlugin, parse } from "@babel/parser";
import { z } from "zod";

const { version } = z
  .object({ version: z.string() })
  .parse(createRequire(import.meta.url)("@babel/parser/package.json"));

/**
 * Written in JavaScript on purpose: a file of 5,000 nested brackets overflows the stack of a native parser and ends the
 * whole process, while here it is an error of that file.
 */
export const PARSER = { name: "@babel/parser", version } as const;

/** A node of Babel's syntax tree, as far as we look at it. */
export interface SyntaxNode {
  readonly type: string;
  readonly loc?: { readonly start: Place; readonly end: Place } | null;
  readonly [field: string]: unknown;
}

interface Place {
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

export interface SyntaxComment {
  /** In UTF-16 units; `end` is the first one after it. */
  readonly start: number;
  readonly end: number;
  readonly loc: { readonly start: Place };
}

export type Syntax =
  | {
      readonly status: "parsed";
      readonly program: SyntaxNode;
      readonly comments: readonly SyntaxComment[];
    }
  | { readonly status: "not-parsed"; readonly reason: string; readonly line?: number };

/** Parses a file by its ending. Errors that leave the shape of the code clear, such as a name declared twice, are passed over. */
export function parseSyntax(file: string, text: string): Syntax {
  // The two kinds of decorators exclude each other, and nothing in a file says which it uses.
  const asUsual = parseWith([...pluginsFor(file), usualDecorators(file)], text);
  if (asUsual.status === "parsed" || !text.includes("@")) return asUsual;
  const otherwise = parseWith([...pluginsFor(file), otherDecorators(file)], text);
  return otherwise.status === "parsed" ? otherwise : asUsual;
}

/** Parses a file only when nothing at all is wrong with it. */
export function parseStrictly(file: string, text: string): Syntax {
  try {
    const tree = parse(text, {
      sourceType: "unambiguous",
      attachComment: false,
      plugins: [...pluginsFor(file), usualDecorators(file)],
    });
    return parsed(tree);
  } catch (error) {
    return notParsed(error);
  }
}

function parseWith(plugins: ParserPlugin[], text: string): Syntax {
  try {
    const tree = parse(text, {
      sourceType: "unambiguous",
      errorRecovery: true,
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
      allowNewTargetOutsideFunction: true,
      allowSuperOutsideMethod: true,
      allowUndeclaredExports: true,
      attachComment: false,
      plugins,
    });
    return parsed(tree);
  } catch (error) {
    return notParsed(error);
  }
}

function parsed(tree: ReturnType<typeof parse>): Syntax {
  return {
    status: "parsed",
    program: tree.program as unknown as SyntaxNode,
    comments: (tree.comments ?? []) as unknown as readonly SyntaxComment[],
  };
}

export function isNode(value: unknown): value is SyntaxNode {
  return (
    typeof value === "object" && value !== null && typeof (value as SyntaxNode).type === "string"
  );
}

function pluginsFor(file: string): ParserPlugin[] {
  if (/\.d\.[cm]?ts$/i.test(file)) return [["typescript", { dts: true }]];
  if (!isTypeScript(file)) return ["jsx"];
  return extname(file).toLowerCase() === ".tsx" ? ["typescript", "jsx"] : ["typescript"];
}

function isTypeScript(file: string): boolean {
  return /\.(?:[cm]?ts|tsx)$/i.test(file);
}

function usualDecorators(file: string): ParserPlugin {
  return isTypeScript(file) ? "decorators-legacy" : "decorators";
}

function otherDecorators(file: string): ParserPlugin {
  return isTypeScript(file) ? "decorators" : "decorators-legacy";
}

function notParsed(error: unknown): Syntax {
  if (error instanceof RangeError) return { status: "not-parsed", reason: "nested too deeply" };
  if (!(error instanceof SyntaxError)) throw error;
  const { line } = (error as SyntaxError & { loc?: Place }).loc ?? {};
  const message = error.message.replace(/ \(\d+:\d+\)$/, "");
  return {
    status: "not-parsed",
    reason: `syntax error: ${message}`,
    ...(line === undefined ? {} : { line }),
  };
}
