import { SEVERITIES } from "../../finding.ts";
import { html, type Markup, NOTHING } from "../../markup.ts";
import { shortened } from "../../visible-text.ts";
import { headlineOf, plural } from "../merge.ts";
import type { QualityReport } from "../report-schema.ts";
import { SCORE_TEXT } from "../score.ts";

/** The first screen: the score, the result in a sentence, and what changed. */
export function renderVerdict(report: QualityReport): Markup {
  const { score, counts } = report;
  return html`<header>
<p class="overline">Code quality report</p>
<h1>${shortened(report.path, 200)}</h1>
<div class="verdict">
<div class="grade ${score.grade ?? "none"}"><span class="letter">${score.grade ?? "–"}</span><span class="value">${score.value === null ? html`not scored` : html`<b>${score.value}</b> of 100`}</span></div>
<div><p class="headline">${headlineOf(report)}</p>
<p class="facts">${renderFacts(report)}</p>
<ul class="counts">${SEVERITIES.map((severity) => html`<li class="${severity}"><b>${counts[severity]}</b> ${severity}</li>`)}</ul></div>
</div>
${renderScore(report)}
</header>`;
}

function renderFacts(report: QualityReport): Markup[] {
  const { comparison, gate, lines, score } = report;
  const facts = [
    ...(lines === null ? [] : [`${lines.toLocaleString("en")} lines measured.`]),
    ...(score.reason === undefined || report.files.analysed === 0
      ? []
      : [`Not scored because ${score.reason}.`]),
    ...(comparison.status === "compared"
      ? [
          `${comparison.new} new and ${comparison.gone} gone since ${comparison.with === "baseline" ? "the baseline" : "the run before"} of ${comparison.generated_at.slice(0, 10)}.`,
        ]
      : []),
    ...(gate.status === "not-set"
      ? []
      : [
          `Quality gate ${gate.status}${gate.reasons.length > 0 ? `: ${gate.reasons.join(", ")}` : ""}.`,
        ]),
  ];
  return facts.map((fact) => html`${fact} `);
}

/** Where the points went, as one bar of 100 and in words. */
function renderScore({ score }: QualityReport): Markup {
  if (score.value === null) return NOTHING;
  const lost = score.parts.filter((part) => part.lost > 0);
  const kept = 100 - lost.reduce((sum, part) => sum + part.lost, 0);
  let x = kept;
  const segments = lost.map((part) => {
    const segment = html`<rect class="${part.part}" x="${x}" y="0" width="${part.lost}" height="3"><title>${part.part}: ${part.lost} points lost</title></rect>`;
    x += part.lost;
    return segment;
  });
  return html`<div class="score">
<svg viewBox="0 0 100 3" preserveAspectRatio="none" role="img" aria-label="Points kept and lost"><rect class="kept" x="0" y="0" width="${kept}" height="3"/>${segments}</svg>
<ul class="legend"><li><i class="kept"></i>kept ${kept.toFixed(1)}</li>${score.parts.map((part) =>
    part.status === "not-run"
      ? html`<li class="absent">${part.part} not run</li>`
      : html`<li><i class="${part.part}"></i>${part.part} ${part.lost === 0 ? "0" : `−${part.lost}`}</li>`,
  )}${score.cap === undefined ? NOTHING : html`<li>${score.cap}</li>`}</ul>
<details><summary>How the score is made</summary><p>Formula ${score.formula}: ${SCORE_TEXT}. Counted over ${plural(Math.round(score.lines ?? 0), "line")}, at least 1,000. Grades: A from 90, B from 80, C from 70, D from 60. What was not run takes nothing away, so a score speaks only for what was run.</p></details>
</div>`;
}
