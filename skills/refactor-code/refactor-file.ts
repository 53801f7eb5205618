import { parseStrictly } from "../syntax.ts";
import { CODEMODS, type CodemodName } from "./codemods/registry.ts";
import { type Change, changeOf, withEdits } from "./edit.ts";
import { hasDynamicScope, readTree } from "./source-tree.ts";

export type Refactored =
  | { readonly status: "changed"; readonly changes: readonly Change[]; readonly text: string }
  | { readonly status: "unchanged" }
  | { readonly status: "left"; readonly reason: string };

/** Changes the text of a file. Pure. */
export function refactorFile(
  file: string,
  text: string,
  codemods: readonly CodemodName[],
): Refactored {
  try {
    return refactor(file, text, codemods);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { status: "left", reason: "nested too deeply" };
  }
}

function refactor(file: string, text: string, codemods: readonly CodemodName[]): Refactored {
  if (/\.d\.[cm]?ts$/i.test(file)) return { status: "left", reason: "declarations only" };
  const syntax = parseStrictly(file, text);
  if (syntax.status === "not-parsed") return { status: "left", reason: syntax.reason };
  const tree = readTree(file, text, syntax.program);
  if (hasDynamicScope(tree)) {
    return { status: "left", reason: "eval or with may use any variable" };
  }
  const found = codemods.flatMap((codemod) =>
    CODEMODS[codemod](tree).map((edit) => ({ codemod, edit })),
  );
  if (found.length === 0) return { status: "unchanged" };
  const changed = withEdits(
    text,
    found.map(({ edit }) => edit),
  );
  const again = parseStrictly(file, changed);
  if (again.status === "not-parsed") {
    return { status: "left", reason: `the changed file would not parse: ${again.reason}` };
  }
  const changes = found
    .sort((a, b) => a.edit.start - b.edit.start)
    .map(({ codemod, edit }) => changeOf(file, text, codemod, edit));
  return { status: "changed", changes, text: changed };
}
