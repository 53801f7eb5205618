import { type CodeMeasures, qualityOf } from "../code-measures.ts";
import { plural } from "../merge-quality-reports/merge.ts";
import { shortened } from "../visible-text.ts";
import type { FolderSize, HotFile, LanguageShare } from "./overview.ts";

const NAME = 120;

/** The overview in a few sentences, each a fact. */
export function summaryOf(
  measures: CodeMeasures,
  {
    languages,
    structure,
    hotspots,
  }: {
    readonly languages: readonly LanguageShare[];
    readonly structure: readonly FolderSize[];
    readonly hotspots: readonly HotFile[];
  },
): string {
  const { score, churnUnknown, leftOut, clones, cycles } = measures;
  const functions = measures.metrics.reduce((sum, each) => sum + each.functions, 0);
  return [
    sizeSentence(languages),
    folderSentence(structure),
    `The quality is ${qualityOf(measures)} of 1 by formula ${score.formula}: ${plural(measures.findings.length, "finding")} about ${plural(functions, "function")}, ${plural(clones.duplicated_lines, "line")} that ${clones.duplicated_lines === 1 ? "stands" : "stand"} in several places, ${plural(cycles.length, "import cycle")}.`,
    hotspotSentence(hotspots),
    churnUnknown === undefined ? "" : `How often files change is not known: ${churnUnknown}.`,
    leftOut.length === 0
      ? ""
      : `${plural(leftOut.length, "file or folder", "files and folders")} ${leftOut.length === 1 ? "was" : "were"} left out.`,
  ]
    .filter((sentence) => sentence !== "")
    .join(" ");
}

function sizeSentence(languages: readonly LanguageShare[]): string {
  const files = languages.reduce((sum, each) => sum + each.files, 0);
  const lines = languages.reduce((sum, each) => sum + each.lines, 0);
  const [first, ...others] = languages;
  const share = first === undefined || lines === 0 ? 0 : Math.round((100 * first.lines) / lines);
  const mix =
    others.length === 0
      ? `all ${first?.language}`
      : `${share} % ${first?.language}, the rest ${others.length === 1 ? others[0]?.language : `in ${others.length} languages`}`;
  return `${plural(lines, "line")} of code in ${plural(files, "file")}: ${mix}.`;
}

function folderSentence(structure: readonly FolderSize[]): string {
  const [first] = structure.filter(({ folder }) => folder !== ".");
  if (first === undefined) return "";
  return `The largest folder is ${shortened(first.folder, NAME)} with ${plural(first.lines, "line")}.`;
}

function hotspotSentence(hotspots: readonly HotFile[]): string {
  const [first] = hotspots;
  if (first === undefined) return "";
  const name = shortened(first.path, NAME);
  return first.churn === null
    ? `The hardest file to understand is ${name}, with a cognitive complexity of ${first.complexity}.`
    : `The file most worth work is ${name}: ${plural(first.churn, "commit")} in a year, cognitive complexity ${first.complexity}.`;
}
