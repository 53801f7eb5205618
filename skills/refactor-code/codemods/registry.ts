import type { Edit } from "../edit.ts";
import type { SourceTree } from "../source-tree.ts";
import { noVar } from "./no-var.ts";
import { preferConst } from "./prefer-const.ts";
import { strictEquality } from "./strict-equality.ts";
import { unusedImports } from "./unused-imports.ts";

/** Finds edits that keep what the program does. Edits of different codemods never overlap. */
export type Codemod = (tree: SourceTree) => Edit[];

export const CODEMODS = {
  "prefer-const": preferConst,
  "no-var": noVar,
  "strict-equality": strictEquality,
  "unused-imports": unusedImports,
} as const satisfies Readonly<Record<string, Codemod>>;

export type CodemodName = keyof typeof CODEMODS;
export const CODEMOD_NAMES = Object.keys(CODEMODS) as CodemodName[];
