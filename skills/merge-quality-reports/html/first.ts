import { html, type Markup, NOTHING } from "../../markup.ts";
import { type FindingWithCopies, gatherCopies } from "../copies.ts";
import { plural } from "../merge.ts";
import type { QualityReport, RankedFinding } from "../report-schema.ts";
import { RISK_TEXT } from "../risk.ts";
import type { CodeFrame } from "../source-marks.ts";
import { absent, fileName, prose, section } from "./section.ts";

const MESSAGE = 300;

/** The findings of most risk, each with its code and what to do. */
export function renderFirst(
  { findings, metrics }: QualityReport,
  frames: readonly CodeFrame[],
): Markup {
  if (findings.length === 0)
    return section("first", "What to do first", [absent("There are no findings.")]);
  const ofFile = new Map(metrics.map((each) => [each.file, each]));
  const gathered = gatherCopies(findings);
  const items = frames.flatMap((frame, index) => {
    const entry = gathered[index];
    if (entry === undefined) return [];
    const { finding } = entry;
    const known = ofFile.get(finding.file);
    const facts = [
      `risk ${finding.risk.value}`,
      ...(known?.commits_365d == null ? [] : [`${plural(known.commits_365d, "commit")} in a year`]),
      ...(known === undefined ? [] : [`cognitive complexity of the file ${known.cognitive}`]),
    ];
    return [renderItem(entry, frame, facts)];
  });
  return section("first", "What to do first", [
    html`<ol class="first">${items}</ol>`,
    html`<details><summary>How findings are ordered</summary><p>Risk = ${RISK_TEXT}.</p></details>`,
  ]);
}

function renderItem(
  { finding, copies, isNew }: FindingWithCopies,
  frame: CodeFrame,
  facts: readonly string[],
): Markup {
  const { severity, message, help, fix, rule, cwe, confidence, line } = finding;
  const remedy = fix ?? help;
  const details = [
    ...facts,
    ...(confidence === undefined ? [] : [`${confidence} confidence`]),
    `found by ${finding.confirmed_by.map(({ agent, tool }) => `${agent} with ${tool}`).join(", ")}`,
  ];
  return html`<li><article>
<p class="tags"><span class="tag ${severity}">${severity}</span>${isNew ? html`<span class="tag new">new</span>` : NOTHING}<code>${rule.slice(0, 100)}</code>${cwe === undefined ? NOTHING : html`<span>${cwe.slice(0, 20)}</span>`}</p>
<h3>${prose(message, MESSAGE)}</h3>
<p class="place">${fileName(finding.file, line)}${renderCopies(copies)}</p>
${renderFrame(frame, line)}
${remedy === undefined ? NOTHING : html`<p class="fix"><b>${fix === undefined ? "Hint" : "Fix"}</b> ${prose(remedy, MESSAGE)}</p>`}
<p class="note">${details.join(" · ").slice(0, MESSAGE)}</p>
</article></li>`;
}

function renderCopies(copies: readonly RankedFinding[]): Markup {
  const [first] = copies;
  if (first === undefined) return NOTHING;
  const rest =
    copies.length === 1 ? NOTHING : html` and in ${plural(copies.length - 1, "more file")}`;
  return html`, also in ${fileName(first.file, first.line)}${rest}`;
}

function renderFrame(frame: CodeFrame, marked: number): Markup {
  if (frame.status === "not-shown") return absent(`Its code is not shown: ${frame.reason}.`);
  const rows = frame.lines.map((text, index) => {
    const line = frame.from + index;
    return html`<span class="${line === marked ? "line marked" : "line"}"><span class="at">${line}</span>${text.replaceAll("\t", "  ")}
</span>`;
  });
  return html`<pre><code>${rows}</code></pre>`;
}
