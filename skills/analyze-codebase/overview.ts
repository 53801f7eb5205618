import type { CodeMeasures } from "../code-measures.ts";
import type { FileSize } from "../finding.ts";
import { rankHotspots } from "../hotspots.ts";

const HOTSPOTS = 10;
const FOLDERS = 100;

/** `type`, not `interface`, so that it is assignable to plain JSON; so are the next ones. */
export type LanguageShare = {
  readonly language: string;
  readonly files: number;
  readonly lines: number;
};

export type FolderSize = {
  readonly folder: string;
  readonly files: number;
  readonly lines: number;
};

export type HotFile = {
  readonly path: string;
  /** Commits of the last 365 days; null when they are not known. */
  readonly churn: number | null;
  /** Cognitive. */
  readonly complexity: number;
};

/** Languages, the most lines first. */
export function languagesOf(sizes: readonly FileSize[]): LanguageShare[] {
  return totals(sizes, ({ language }) => language).map(({ name, ...rest }) => ({
    language: name,
    ...rest,
  }));
}

/** Folders at the top, the most lines first; `.` stands for the files beside them. */
export function structureOf(sizes: readonly FileSize[]): FolderSize[] {
  return totals(sizes, ({ file }) => (file.includes("/") ? file.slice(0, file.indexOf("/")) : "."))
    .slice(0, FOLDERS)
    .map(({ name, ...rest }) => ({ folder: name, ...rest }));
}

/** Files that are changed often and hard to understand; where the history is not known, the most complex ones. */
export function hotspotsOf({
  metrics,
  churnUnknown,
}: Pick<CodeMeasures, "metrics" | "churnUnknown">): HotFile[] {
  if (churnUnknown === undefined) {
    return rankHotspots(metrics)
      .slice(0, HOTSPOTS)
      .map(({ file, commits_365d, cognitive }) => ({
        path: file,
        churn: commits_365d,
        complexity: cognitive,
      }));
  }
  return metrics
    .filter(({ cognitive }) => cognitive > 0)
    .sort((a, b) => b.cognitive - a.cognitive || (a.file < b.file ? -1 : 1))
    .slice(0, HOTSPOTS)
    .map(({ file, cognitive }) => ({ path: file, churn: null, complexity: cognitive }));
}

function totals(
  sizes: readonly FileSize[],
  nameOf: (size: FileSize) => string,
): { readonly name: string; readonly files: number; readonly lines: number }[] {
  return [...Map.groupBy(sizes, nameOf)]
    .map(([name, group]) => ({
      name,
      files: group.length,
      lines: group.reduce((sum, { lines }) => sum + lines, 0),
    }))
    .sort((a, b) => b.lines - a.lines || (a.name < b.name ? -1 : 1));
}
