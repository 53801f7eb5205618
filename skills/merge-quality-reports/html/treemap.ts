import { type HierarchyRectangularNode, hierarchy, treemap } from "d3-hierarchy";
import { html, type Markup, NOTHING } from "../../markup.ts";
import { shortened } from "../../visible-text.ts";
import { plural } from "../merge.ts";
import type { QualityReport } from "../report-schema.ts";
import { absent } from "./section.ts";

const WIDTH = 1_000;
const HEIGHT = 440;
const FILES = 300;
const NAME = 120;
const FOLDER_LABEL = 18;
/** Mean width of a character of the labels, in pixels. */
const CHARACTER = 7;
/** Least sum of risks for a shade. */
const SHADES = [
  { from: 64, name: "risk-4", label: "64 and more" },
  { from: 16, name: "risk-3", label: "16 to 64" },
  { from: 4, name: "risk-2", label: "4 to 16" },
  { from: 0.001, name: "risk-1", label: "below 4" },
  { from: 0, name: "risk-0", label: "none found" },
] as const;

interface Cell {
  readonly name: string;
  readonly lines: number;
  readonly risk: number;
  readonly findings: number;
  readonly children?: readonly Cell[];
}

/** Files as areas by their lines, shaded by the risk of what was found in them, grouped by folder. */
export function renderTreemap(report: QualityReport): Markup {
  const folders = foldersOf(report);
  if (folders.length === 0) return absent("No file was measured.");
  const root = treemap<Cell>()
    .size([WIDTH, HEIGHT])
    .paddingTop((node) => (node.depth === 1 ? FOLDER_LABEL : 0))
    .paddingInner(2)
    .round(true)(
    hierarchy<Cell>({ name: "", lines: 0, risk: 0, findings: 0, children: folders }, (cell) =>
      cell.children === undefined ? undefined : [...cell.children],
    )
      .sum(({ lines, children }) => (children === undefined ? lines : 0))
      .sort((a, b) => (b.value ?? 0) - (a.value ?? 0)),
  );
  const hidden = report.metrics.length - Math.min(report.metrics.length, FILES);
  return html`<div class="chart"><svg class="treemap" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Files by size and risk">
${(root.children ?? []).map(folderLabel)}${root.leaves().map(fileCell)}</svg></div>
<ul class="legend"><li>Area: lines of the file. Shade: sum of its findings' risks.</li>${SHADES.toReversed().map(({ name, label }) => html`<li><i class="${name}"></i>${label}</li>`)}</ul>
${hidden > 0 ? html`<p class="note">The ${FILES} largest files; ${plural(hidden, "smaller file")} left out.</p>` : NOTHING}`;
}

function foldersOf({ metrics, findings }: QualityReport): Cell[] {
  const found = Map.groupBy(findings, ({ file }) => file);
  const largest = metrics
    .filter(({ lines }) => lines > 0)
    .toSorted((a, b) => b.lines - a.lines)
    .slice(0, FILES)
    .map(({ file, lines }) => {
      const own = found.get(file) ?? [];
      return {
        name: file,
        lines,
        risk: own.reduce((sum, each) => sum + each.risk.value, 0),
        findings: own.length,
      };
    });
  return [...Map.groupBy(largest, ({ name }) => topFolders(name))].map(([name, children]) => ({
    name,
    lines: 0,
    risk: 0,
    findings: 0,
    children,
  }));
}

/** The first folder of a path: one level is what an eye can take in. */
function topFolders(file: string): string {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : ".";
}

function folderLabel({ data, x0, x1, y0 }: HierarchyRectangularNode<Cell>): Markup {
  const label = fitting(data.name, x1 - x0 + 2 * CHARACTER);
  return label === ""
    ? NOTHING
    : html`<text class="folder" x="${x0}" y="${y0 + 12}">${label}</text>`;
}

function fileCell({ data, x0, x1, y0, y1 }: HierarchyRectangularNode<Cell>): Markup {
  if (x1 - x0 < 1 || y1 - y0 < 1) return NOTHING;
  const shade = SHADES.find(({ from }) => data.risk >= from)?.name ?? "risk-0";
  const name = data.name.slice(data.name.lastIndexOf("/") + 1);
  const label = y1 - y0 < 20 ? "" : fitting(name, x1 - x0 - 8);
  const tip = `${shortened(data.name, NAME)}: ${plural(data.lines, "line")}, ${plural(data.findings, "finding")}, risk ${data.risk.toFixed(1)}`;
  return html`<g class="${shade}"><title>${tip}</title><rect x="${x0}" y="${y0}" width="${x1 - x0}" height="${y1 - y0}"/>${label === "" ? NOTHING : html`<text x="${x0 + 5}" y="${y0 + 14}">${label}</text>`}</g>`;
}

/** The name as far as it fits into so many pixels; "" when that tells nothing. */
function fitting(name: string, width: number): string {
  const characters = Math.floor(width / CHARACTER);
  return characters < 5 ? "" : shortened(name, characters);
}
