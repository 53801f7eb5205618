import { createHash } from "node:crypto";
import { html, type Markup } from "../../markup.ts";
import { shortened } from "../../visible-text.ts";
import type { QualityReport } from "../report-schema.ts";
import type { CodeFrame } from "../source-marks.ts";
import { renderAllFindings } from "./all-findings.ts";
import { renderFirst } from "./first.ts";
import { SCRIPT } from "./script.ts";
import { part, section } from "./section.ts";
import { STYLE } from "./style.ts";
import { renderTrend } from "./trend.ts";
import { renderTrust } from "./trust.ts";
import { renderVerdict } from "./verdict.ts";
import { renderWhere } from "./where.ts";

const LARGEST_BYTES = 2_000_000;
/** Rows of the table of all findings; the next entry is tried when the page is too large. */
const FINDINGS = [1_000, 500, 200, 50];

/** Nothing may be loaded, and only this style and this script run, whatever else ends up in the page. */
const POLICY = `default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'; base-uri 'none'; form-action 'none'`;

/** The report as one file that needs nothing else: no request, and all but the filter works without script. */
export function renderHtml(report: QualityReport, frames: readonly CodeFrame[]): string {
  let page = "";
  for (const findings of FINDINGS) {
    page = renderPage(report, frames, findings);
    if (Buffer.byteLength(page) < LARGEST_BYTES) break;
  }
  return page;
}

function renderPage(report: QualityReport, frames: readonly CodeFrame[], findings: number): string {
  const { run, cascade, generated_at, root } = report;
  const body = html`${renderVerdict(report)}
<nav aria-label="Sections"><a href="#first">What to do first</a><a href="#where">Where it is</a><a href="#trust">Why trust it</a><a href="#appendix">All findings</a></nav>
<main>${renderFirst(report, frames)}${renderWhere(report)}${renderTrust(report)}
${section("appendix", "Appendix", [part("All findings", [renderAllFindings(report, findings)]), part("Trend", [renderTrend(report)])])}</main>
<footer><p>Run ${shortened(run, 100)} of cascade ${shortened(cascade, 100)}, ${generated_at}, of ${shortened(root, 300)}. The same data as <code>report.json</code> beside this file.</p></footer>`;
  return document(`Code quality: ${shortened(report.path, 100)}`, body);
}

function document(title: string, body: Markup): string {
  const head = html`<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${{ markup: POLICY }}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><title>${title}</title>`;
  return `<!doctype html>
<html lang="en">
<head>${head.markup}<style>${STYLE}</style></head>
<body>
${body.markup}
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
