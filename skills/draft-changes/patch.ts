import { createTwoFilesPatch, diffLines } from "diff";
import type { DraftedFile } from "./draft.ts";

/** The changes for `git apply` and `patch -p1`. Pure. */
export function patchOf(files: readonly DraftedFile[]): string {
  return files.map(filePatch).join("");
}

function filePatch({ file, before, after }: DraftedFile): string {
  const [from, to] = [`a/${file}`, `b/${file}`];
  const header = [
    `diff --git ${from} ${to}`,
    ...(before === undefined ? ["new file mode 100644"] : []),
    ...(after === undefined ? ["deleted file mode 100644"] : []),
  ];
  const body = createTwoFilesPatch(
    before === undefined ? NONE : from,
    after === undefined ? NONE : to,
    before ?? "",
    after ?? "",
    undefined,
    undefined,
    { headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true } },
  );
  // An empty file that comes or goes has no lines that a patch could show.
  const hasLines = (before ?? "") !== (after ?? "");
  return `${header.join("\n")}\n${hasLines ? body : ""}`;
}

const NONE = "/dev/null";

/** How many lines come and go. Pure. */
export function linesOf(
  before: string,
  after: string,
): { readonly added: number; readonly removed: number } {
  let added = 0;
  let removed = 0;
  for (const part of diffLines(before, after)) {
    if (part.added) added += part.count;
    if (part.removed) removed += part.count;
  }
  return { added, removed };
}
