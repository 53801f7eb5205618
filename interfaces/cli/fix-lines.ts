import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { shortPath } from "./report-files.ts";

const DIFF_LINES = 40;
const TESTS_NAMED = 5;

/** What a run that mends tests says of itself: the tests, each fix with its diff, and where the patch is. Nothing for any other output. */
export function fixLines(output: JsonObject, directory: string): readonly string[] {
  const { status, before, after, fixes } = output;
  if (typeof status !== "string" || !isJsonObject(before) || !isJsonObject(after)) return [];
  if (!Array.isArray(fixes)) return [];
  return [
    `  result    ${status}: ${countsText(before)} before, ${countsText(after)} after`,
    ...fixes.filter(isJsonObject).flatMap(linesOfFix),
    ...placeLine("branch", output["branch"]),
    ...placeLine("patch", output["patch_file"], directory),
    ...placeLine("report", output["report"], directory),
  ];
}

function countsText({ total, failed }: JsonObject): string {
  return `${failed} of ${total} tests failing`;
}

function linesOfFix(fix: JsonObject): readonly string[] {
  const { description, fixer, attempts, candidates, tests, patch } = fix;
  const ids = Array.isArray(tests) ? tests.map(String) : [];
  const more = ids.length > TESTS_NAMED ? [`    and ${ids.length - TESTS_NAMED} more`] : [];
  const diff = typeof patch === "string" ? shownDiff(patch) : [];
  return [
    `  fix       ${String(description)} (${String(fixer)}, attempt ${attempts}, candidate ${candidates})`,
    ...ids.slice(0, TESTS_NAMED).map((id) => `    mends     ${id}`),
    ...more,
    ...diff.map((line) => `    ${line}`),
  ];
}

/** Without what only programs read. */
function shownDiff(patch: string): readonly string[] {
  const lines = patch
    .trimEnd()
    .split("\n")
    .filter((line) => !/^(diff --git|index) /.test(line));
  if (lines.length <= DIFF_LINES) return lines;
  return [...lines.slice(0, DIFF_LINES), `and ${lines.length - DIFF_LINES} more lines`];
}

function placeLine(title: string, value: Json | undefined, directory?: string): readonly string[] {
  if (typeof value !== "string") return [];
  const place = directory === undefined ? value : shortPath(directory, value);
  return [`  ${title.padEnd(10)}${place}`];
}
