import { SEVERITIES } from "../finding.ts";
import { code, nameSome, section, table, text } from "../markdown-text.ts";
import { plural } from "./merge.ts";
import type { Hotspot, QualityReport } from "./report-schema.ts";

/** Files that are changed often and hard to understand. */
export function renderHotspots({ hotspots, churn_unknown }: QualityReport): string {
  const unknown =
    churn_unknown.length === 0 ? "" : `Churn is not known: ${text(churn_unknown.join("; "))}.`;
  if (hotspots.length === 0) return unknown === "" ? "" : section("Hotspots", [unknown]);
  const withChurn = hotspots.some(({ score }) => score !== null);
  const columns = HOTSPOT_COLUMNS.filter((column) => withChurn || !column.isChurn);
  return section(withChurn ? "Hotspots" : "Most complex files", [
    withChurn
      ? "Changed often and hard to understand: commits in 365 days × cognitive complexity."
      : "",
    unknown,
    table(
      columns.map(({ head }) => head),
      hotspots.map((each) => columns.map(({ cell }) => cell(each))),
    ),
  ]);
}

const HOTSPOT_COLUMNS: readonly {
  readonly head: string;
  readonly isChurn: boolean;
  readonly cell: (hotspot: Hotspot) => string;
}[] = [
  { head: "file", isChurn: false, cell: ({ file }) => code(file) },
  { head: "score", isChurn: true, cell: ({ score }) => numberOrUnknown(score) },
  { head: "commits 90 d", isChurn: true, cell: (each) => numberOrUnknown(each.commits_90d) },
  { head: "commits 365 d", isChurn: true, cell: (each) => numberOrUnknown(each.commits_365d) },
  { head: "cognitive", isChurn: false, cell: ({ cognitive }) => String(cognitive) },
  { head: "worst function", isChurn: false, cell: (each) => String(each.cognitive_max) },
  { head: "lines", isChurn: false, cell: ({ lines }) => String(lines) },
];

function numberOrUnknown(number: number | null): string {
  return number === null ? "unknown" : String(number);
}

/** Findings by folder. */
export function renderFolders({ folders }: QualityReport, rows: number): string {
  const found = folders.filter(({ counts }) => counts.total > 0).slice(0, Math.min(rows, 10));
  if (found.length < 2) return "";
  return section("Folders with the most risk", [
    table(
      ["folder", ...SEVERITIES, "lines"],
      found.map(({ folder, counts, lines }) => [
        code(folder),
        ...SEVERITIES.map((severity) => String(counts[severity])),
        String(lines),
      ]),
    ),
  ]);
}

/** Import cycles, equal code and tests. */
export function renderStructure({ clones, cycles, coverage }: QualityReport, rows: number): string {
  const shown = Math.min(rows, 5);
  const parts = [
    cycles.status === "run" && cycles.groups.length > 0
      ? [
          `${plural(cycles.groups.length, "import cycle")}:`,
          ...cycles.groups.slice(0, shown).map(({ files }) =>
            nameSome(
              files.map((file) => ({ file })),
              " → ",
            ),
          ),
        ].join("\n- ")
      : "",
    clones.status === "run" && clones.groups.length > 0
      ? [
          `${plural(clones.groups.length, "group")} of equal code:`,
          ...clones.groups.slice(0, shown).map(
            ({ lines, places }) =>
              `${plural(lines, "line")} at ${nameSome(
                places.map(({ file, startLine }) => ({ file, line: startLine })),
                ", ",
              )}`,
          ),
        ].join("\n- ")
      : "",
    coverageText(coverage),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : section("Structure and tests", parts);
}

/** Coverage in a sentence; "" when it is not known. */
function coverageText({ reach, coverage }: QualityReport["coverage"]): string {
  if (reach !== undefined) {
    return `Tests reach ${reach.reached} of ${plural(reach.sources, "source")} by imports. That is reach, not coverage.`;
  }
  if (coverage === undefined) return "";
  const { covered, total, reports } = coverage;
  const sources = reports.map(({ file }) => code(file)).join(", ");
  return `Tests cover ${covered} of ${plural(total, "line")}, read from ${sources}.`;
}
