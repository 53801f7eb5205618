import { SEVERITIES } from "../../finding.ts";
import { html, type Markup, NOTHING } from "../../markup.ts";
import { shortened } from "../../visible-text.ts";
import type { Coverage } from "../inputs.ts";
import { plural } from "../merge.ts";
import type { QualityReport } from "../report-schema.ts";
import { repeatedLines } from "../score.ts";
import { renderScatter } from "./scatter.ts";
import { absent, fileName, more, part, section, table } from "./section.ts";
import { renderTreemap } from "./treemap.ts";

const FOLDERS = 12;
const GROUPS = 10;
const PLACES = 6;
const FILES = 10;

/** Where in the tree the problems are. */
export function renderWhere(report: QualityReport): Markup {
  return section("where", "Where it is", [
    part("Size and risk", [renderTreemap(report)]),
    part("Severity by folder", [renderFolders(report)]),
    part("Changed often and hard to understand", [renderScatter(report)]),
    part("Import cycles", renderCycles(report)),
    part("Repeated code", renderClones(report)),
    part("Tests", renderCoverage(report)),
  ]);
}

function renderFolders({ folders }: QualityReport): Markup {
  const found = folders.filter(({ counts }) => counts.total > 0);
  if (found.length === 0) return absent("There are no findings.");
  const most = Math.max(...found.map(({ counts }) => counts.total));
  const rows = found.slice(0, FOLDERS).map(({ folder, counts, files, lines }) => {
    let x = 0;
    const bars = SEVERITIES.map((severity) => {
      const width = (100 * counts[severity]) / most;
      const bar = html`<rect class="${severity}" x="${x}" y="0" width="${width}" height="10"><title>${counts[severity]} ${severity}</title></rect>`;
      x += width;
      return width === 0 ? NOTHING : bar;
    });
    return [
      fileName(folder),
      html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${bars}</svg>`,
      ...SEVERITIES.map((severity) => html`${counts[severity]}`),
      html`${files}`,
      html`${lines.toLocaleString("en")}`,
    ];
  });
  return html`${table(
    [
      { title: "folder" },
      { title: "" },
      ...[...SEVERITIES, "files", "lines"].map((title) => ({ title, isNumber: true as const })),
    ],
    rows,
  )}${more(found.length - rows.length, "folders with findings in report.json")}`;
}

function renderCycles({ cycles }: QualityReport): Markup[] {
  if (cycles.status === "not-run") return [absent(`Not run: ${cycles.reason}.`)];
  if (cycles.groups.length === 0) return [html`<p>No file imports itself through others.</p>`];
  const rings = cycles.groups.slice(0, GROUPS).map(({ files }) => {
    const names = files.slice(0, PLACES).map((file) => html`${fileName(file)} → `);
    const back =
      files.length > PLACES
        ? html`${files.length - PLACES} more`
        : files.slice(0, 1).map((file) => fileName(file));
    return html`<li>${names}${back}</li>`;
  });
  return [
    html`<ul class="rings">${rings}</ul>`,
    more(cycles.groups.length - rings.length, "cycles in report.json"),
  ];
}

function renderClones({ clones, lines }: QualityReport): Markup[] {
  if (clones.status === "not-run") return [absent(`Not run: ${clones.reason}.`)];
  if (clones.groups.length === 0) return [html`<p>No code stands twice.</p>`];
  const repeated = repeatedLines(clones.groups);
  const largest = clones.groups
    .toSorted((a, b) => b.lines * b.places.length - a.lines * a.places.length)
    .slice(0, GROUPS);
  const rows = largest.map(({ lines: length, places }) => [
    html`<ul class="places">${places.slice(0, PLACES).map(({ file, startLine }) => html`<li>${fileName(file, startLine)}</li>`)}${places.length > PLACES ? html`<li>${places.length - PLACES} more places</li>` : NOTHING}</ul>`,
    html`${length}`,
  ]);
  const share = lines === null || lines === 0 ? "" : ` of ${lines.toLocaleString("en")}`;
  return [
    html`<p>${plural(clones.groups.length, "group")} of equal code; ${plural(repeated, "line")}${share} stand somewhere else already.</p>`,
    table([{ title: "places" }, { title: "lines each", isNumber: true }], rows),
    more(clones.groups.length - rows.length, "groups in report.json"),
  ];
}

function renderCoverage({ coverage }: QualityReport): Markup[] {
  const { reason, reach, coverage: measured } = coverage;
  if (reach !== undefined) {
    const { reached, sources, tests, unreached } = reach;
    return [
      shareBar(reached, sources),
      html`<p>${plural(tests, "test file")} reach ${reached} of ${plural(sources, "source")} by imports. This is reach, not coverage: nothing was run.</p>`,
      unreached.length === 0
        ? NOTHING
        : html`<p>Not reached:</p><ul class="places">${unreached.slice(0, FILES).map((file) => html`<li>${fileName(file)}</li>`)}</ul>`,
      more(unreached.length - FILES, "files in report.json"),
    ];
  }
  if (measured === undefined) return [absent(`Not run: ${reason ?? "no reason was given"}.`)];
  const { covered, total } = measured;
  const least = measured.files
    .map((each) => ({ ...each, missing: each.total - each.covered }))
    .filter(({ missing }) => missing > 0)
    .sort((a, b) => b.missing - a.missing);
  const sources = measured.reports.map(({ file }) => file).join(", ");
  return [
    shareBar(covered, total),
    html`<p>${covered.toLocaleString("en")} of ${total.toLocaleString("en")} lines covered, read from ${shortened(sources, 200)}.${staleness(measured)}</p>`,
    table(
      [
        { title: "most lines without a test" },
        { title: "missing", isNumber: true },
        { title: "of", isNumber: true },
      ],
      least
        .slice(0, FILES)
        .map((each) => [fileName(each.file), html`${each.missing}`, html`${each.total}`]),
    ),
    more(least.length - FILES, "files in report.json"),
  ];
}

/** Coverage that is older than the code may tell of code that is gone. */
function staleness({ reports }: NonNullable<Coverage["coverage"]>): string {
  const behind = Math.max(0, ...reports.map(({ seconds_behind }) => seconds_behind ?? 0));
  return behind === 0 ? "" : ` A source is ${(behind / 3_600).toFixed(1)} hours newer.`;
}

function shareBar(share: number, total: number): Markup {
  return html`<svg class="share" viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="2"/><rect class="kept" width="${total === 0 ? 0 : (100 * share) / total}" height="2"/></svg>`;
}
