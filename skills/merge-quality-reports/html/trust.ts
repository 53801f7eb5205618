import { html, type Markup, NOTHING } from "../../markup.ts";
import { groupReasons } from "../markdown-trust.ts";
import { plural } from "../merge.ts";
import type { QualityReport } from "../report-schema.ts";
import { renderMessages } from "./message-graph.ts";
import { absent, fileName, more, part, prose, section, table } from "./section.ts";
import { renderTimeline } from "./timeline.ts";

const AGENTS = 40;
const REASONS = 30;
const NAMES = 5;

/** What was run by whom, and what was not. */
export function renderTrust(report: QualityReport): Markup {
  return section("trust", "Why trust it", [
    part("What was run", [
      renderTools(report),
      report.suppressed === 0
        ? NOTHING
        : html`<p>Comments in the code silence ${plural(report.suppressed, "finding")}.</p>`,
      ...renderNotRun(report),
    ]),
    part("What was not analysed", renderNotAnalysed(report)),
    part("Who did what", [renderAgents(report)]),
    part("When", [renderTimeline(report)]),
    part("Messages of the swarm", [renderMessages(report)]),
  ]);
}

function renderTools({ tools }: QualityReport): Markup {
  if (tools.length === 0) return absent("No tool was run.");
  return table(
    [
      { title: "tool" },
      { title: "version" },
      { title: "parser" },
      { title: "files", isNumber: true },
      { title: "findings", isNumber: true },
    ],
    tools.map((tool) => [
      prose(tool.name, 80),
      prose(tool.version, 40),
      tool.parser === undefined ? NOTHING : prose(`${tool.parser.name} ${tool.parser.version}`, 80),
      html`${tool.files_analysed}${tool.files_cached === 0 ? NOTHING : `, ${tool.files_cached} of them cached`}`,
      html`${tool.findings}`,
    ]),
  );
}

function renderNotRun({ not_run }: QualityReport): Markup[] {
  if (not_run.length === 0) return [];
  return [
    table(
      [{ title: "not run" }, { title: "reason" }],
      not_run.map(({ part: name, reason }) => [html`${name}`, prose(reason, 300)]),
    ),
  ];
}

function renderNotAnalysed({ not_analysed, files }: QualityReport): Markup[] {
  const seen = html`<p>${files.total.toLocaleString("en")} files seen, ${files.analysable.toLocaleString("en")} to analyse, ${files.analysed.toLocaleString("en")} analysed by at least one tool.</p>`;
  if (not_analysed.length === 0) return [seen];
  const groups = groupReasons(not_analysed);
  const rows = groups
    .slice(0, REASONS)
    .map(([reason, entries]) => [
      prose(reason, 200),
      html`${entries.length}`,
      html`<ul class="places">${entries.slice(0, NAMES).map(({ file, line }) => html`<li>${fileName(file, line)}</li>`)}${entries.length > NAMES ? html`<li>${entries.length - NAMES} more</li>` : NOTHING}</ul>`,
    ]);
  return [
    seen,
    table(
      [
        { title: "left out because" },
        { title: "entries", isNumber: true },
        { title: "which; a folder stands for all in it" },
      ],
      rows,
    ),
    more(groups.length - rows.length, "reasons in report.json"),
  ];
}

function renderAgents({ agents }: QualityReport): Markup {
  if (agents.length === 0) return absent("No agent took part.");
  const rows = agents
    .slice(0, AGENTS)
    .map((each) => [
      prose(each.agent, 60),
      html`${each.batches}`,
      html`${each.file_analyses.toLocaleString("en")}`,
      html`${each.findings.toLocaleString("en")}`,
    ]);
  return html`${table(
    [
      { title: "agent" },
      { title: "tasks", isNumber: true },
      { title: "file analyses", isNumber: true },
      { title: "findings", isNumber: true },
    ],
    rows,
  )}${more(agents.length - rows.length, "agents in report.json")}`;
}
