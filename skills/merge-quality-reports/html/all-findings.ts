import { SEVERITIES } from "../../finding.ts";
import { html, type Markup, NOTHING } from "../../markup.ts";
import type { QualityReport } from "../report-schema.ts";
import { absent, fileName, more, prose } from "./section.ts";

const MESSAGE = 240;

/** The findings as a table; a script adds the filter, which stays hidden without one. */
export function renderAllFindings({ findings }: QualityReport, longest: number): Markup {
  if (findings.length === 0) return absent("There are no findings.");
  const shown = findings.slice(0, longest);
  const rows = shown.map(
    (each) =>
      html`<tr data-severity="${each.severity}"><td><span class="tag ${each.severity}">${each.severity}</span></td><td>${fileName(each.file, each.line)}<p>${prose(each.message, MESSAGE)}</p></td><td><code>${each.rule.slice(0, 80)}</code></td><td>${prose(each.confirmed_by.map(({ agent }) => agent).join(", "), 60)}</td><td class="number">${each.risk.value}</td></tr>`,
  );
  return html`<div class="filter" hidden><label>Filter <input type="search" id="words" autocomplete="off"></label>${SEVERITIES.map((severity) => html`<label><input type="checkbox" value="${severity}" checked> ${severity}</label>`)}<output id="number"></output></div>
<div class="wide"><table id="findings"><thead><tr><th scope="col">severity</th><th scope="col">finding</th><th scope="col">rule</th><th scope="col">found by</th><th scope="col" class="number">risk</th></tr></thead><tbody>${rows}</tbody></table></div>
${findings.length > shown.length ? more(findings.length - shown.length, "of less risk in report.json") : NOTHING}`;
}
