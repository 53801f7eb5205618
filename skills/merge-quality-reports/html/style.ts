/** The page's style: system fonts, three sizes, colours for light and dark, a form for paper. */
export const STYLE = `
:root { color-scheme: light dark;
  --page: #ffffff; --soft: #f5f6f7; --line: #dfe2e6; --text: #1b1f24; --quiet: #59636e; --accent: #1f5fa8; --good: #1a7f4b; --mark: #fff3d6;
  --critical: #8f1230; --high: #c0392b; --medium: #9c5d00; --low: #66717d;
  --risk-0: #eceff2; --risk-1: #f6dfc3; --risk-2: #efb987; --risk-3: #d9774d; --risk-4: #a83232; --on-strong: #ffffff;
  --stage-0: #1f5fa8; --stage-1: #1a7f6b; --stage-2: #8a5a9e; --stage-3: #b86e00; --stage-4: #59636e; --stage-5: #9a4456; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14171b; --soft: #1d2126; --line: #343a42; --text: #e6e9ed; --quiet: #9aa4b0; --accent: #7fb2ec; --good: #5bbd88; --mark: #3d3420;
  --critical: #ff7d98; --high: #f08473; --medium: #e0a347; --low: #9aa4b0;
  --risk-0: #262b31; --risk-1: #4a3a2b; --risk-2: #7a5030; --risk-3: #9c5230; --risk-4: #d9534f; --on-strong: #14171b;
  --stage-0: #5b9be0; --stage-1: #4fb8a0; --stage-2: #b58ac9; --stage-3: #e0a347; --stage-4: #9aa4b0; --stage-5: #d07b8e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 48px 32px 96px; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
h1, h2 { font-size: 28px; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; margin: 0; }
h3 { font-size: 16px; line-height: 1.4; font-weight: 650; margin: 0 0 12px; }
p { margin: 0 0 12px; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 13px; }
a { color: var(--accent); }
.overline, .note, .facts, .legend, summary, .absent, th, .tags, footer { font-size: 13px; color: var(--quiet); }
.overline { margin: 0 0 4px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 32px; padding: 12px 0; border-block: 1px solid var(--line); font-size: 13px; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { margin-top: 72px; }
section > h2 { margin-bottom: 24px; }
.part { margin-top: 40px; }
.verdict { display: grid; grid-template-columns: 168px 1fr; gap: 32px; align-items: center; margin: 32px 0 28px; }
.grade { border: 2px solid currentColor; border-radius: 8px; padding: 16px 12px 12px; text-align: center; }
.grade .letter { display: block; font-size: 84px; line-height: 1; font-weight: 700; }
.grade .value { display: block; margin-top: 8px; font-size: 13px; color: var(--text); }
.grade .value b { font-size: 16px; }
.grade.A, .grade.B { color: var(--good); } .grade.C { color: var(--medium); } .grade.D { color: var(--high); } .grade.F { color: var(--critical); } .grade.none { color: var(--quiet); }
.headline { font-size: 20px; line-height: 1.4; font-weight: 600; margin-bottom: 8px; }
.counts { display: flex; flex-wrap: wrap; gap: 4px 24px; list-style: none; margin: 16px 0 0; padding: 0; font-size: 13px; }
.counts li { border-left: 4px solid; padding-left: 10px; }
.counts b { font-size: 20px; margin-right: 2px; color: var(--text); }
.counts .critical { border-color: var(--critical); } .counts .high { border-color: var(--high); } .counts .medium { border-color: var(--medium); } .counts .low { border-color: var(--low); }
.score svg { display: block; width: 100%; height: 12px; border-radius: 3px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; list-style: none; margin: 10px 0; padding: 0; }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 6px; vertical-align: -1px; }
.kept { fill: var(--good); background: var(--good); } .rest { fill: var(--line); }
.correctness { fill: var(--high); background: var(--high); } .security { fill: var(--critical); background: var(--critical); }
.complexity { fill: var(--medium); background: var(--medium); } .duplication { fill: var(--stage-2); background: var(--stage-2); } .cycles { fill: var(--low); background: var(--low); }
details { margin-top: 8px; } summary { cursor: pointer; } details p { max-width: 75ch; margin-top: 8px; font-size: 13px; }
.tag { display: inline-block; font-size: 13px; line-height: 1; font-weight: 600; padding: 4px 7px; border-radius: 4px; border: 1px solid currentColor; white-space: nowrap; }
.tag.critical { color: var(--critical); } .tag.high { color: var(--high); } .tag.medium { color: var(--medium); } .tag.low { color: var(--low); } .tag.new { color: var(--accent); }
.first { list-style: none; margin: 0; padding: 0; counter-reset: item; }
.first > li { counter-increment: item; display: grid; grid-template-columns: 40px 1fr; padding: 24px 0; border-top: 1px solid var(--line); }
.first > li::before { content: counter(item); font-size: 20px; line-height: 24px; font-weight: 600; color: var(--quiet); }
article { min-width: 0; }
.tags { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; margin-bottom: 8px; }
.first h3 { margin-bottom: 4px; }
.first .place { color: var(--quiet); }
pre { margin: 0 0 12px; padding: 12px 0; background: var(--soft); border-radius: 6px; overflow-x: auto; overflow-wrap: normal; line-height: 1.5; }
pre code { display: block; width: max-content; min-width: 100%; }
pre .line { display: block; padding-right: 16px; border-left: 3px solid transparent; white-space: pre; }
pre .marked { background: var(--mark); border-left-color: var(--medium); }
pre .at { display: inline-block; width: 52px; padding-right: 16px; text-align: right; color: var(--quiet); user-select: none; }
.fix b { margin-right: 6px; }
.note { margin: 8px 0 0; }
.wide + .wide { margin-top: 24px; }
.wide, .chart { overflow-x: auto; }
table { width: 100%; min-width: 560px; border-collapse: collapse; font-size: 13px; }
th { text-align: left; font-weight: 500; white-space: nowrap; }
th, td { padding: 8px 20px 8px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
td p { margin: 2px 0 0; }
.number { text-align: right; white-space: nowrap; }
.places, .rings { list-style: none; margin: 0; padding: 0; font-size: 13px; }
.rings li { padding: 8px 0; border-bottom: 1px solid var(--line); }
svg.bar { display: block; width: 160px; height: 10px; margin-top: 5px; }
svg.share { display: block; width: 100%; height: 12px; border-radius: 3px; margin-bottom: 12px; }
.bar .critical { fill: var(--critical); } .bar .high { fill: var(--high); } .bar .medium { fill: var(--medium); } .bar .low { fill: var(--low); }
.chart svg { display: block; width: 100%; min-width: 680px; height: auto; }
.chart svg.messages { max-width: 700px; min-width: 520px; }
svg text { font-size: 12px; fill: var(--text); }
.axis line { stroke: var(--line); } .axis text { fill: var(--quiet); }
.treemap .folder { fill: var(--quiet); }
.risk-0 { fill: var(--risk-0); background: var(--risk-0); } .risk-1 { fill: var(--risk-1); background: var(--risk-1); } .risk-2 { fill: var(--risk-2); background: var(--risk-2); }
.risk-3 { fill: var(--risk-3); background: var(--risk-3); } .risk-4 { fill: var(--risk-4); background: var(--risk-4); }
.treemap .risk-4 text { fill: var(--on-strong); }
.scatter circle { fill: var(--high); fill-opacity: 0.55; stroke: var(--page); }
.stage-0 { fill: var(--stage-0); background: var(--stage-0); stroke: var(--stage-0); } .stage-1 { fill: var(--stage-1); background: var(--stage-1); stroke: var(--stage-1); }
.stage-2 { fill: var(--stage-2); background: var(--stage-2); stroke: var(--stage-2); } .stage-3 { fill: var(--stage-3); background: var(--stage-3); stroke: var(--stage-3); }
.stage-4 { fill: var(--stage-4); background: var(--stage-4); stroke: var(--stage-4); } .stage-5 { fill: var(--stage-5); background: var(--stage-5); stroke: var(--stage-5); }
.timeline .again { fill: var(--page); }
.messages path { fill: none; stroke: var(--accent); stroke-opacity: 0.45; } .messages circle { fill: var(--accent); }
.trend polyline { fill: none; stroke: var(--accent); stroke-width: 2; } .trend circle { fill: var(--accent); } .trend .other { fill: var(--page); stroke: var(--quiet); }
.filter { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 20px; margin-bottom: 16px; font-size: 13px; }
.filter[hidden] { display: none; }
.filter input[type=search] { width: 260px; max-width: 60vw; margin-left: 6px; padding: 6px 10px; font: inherit; color: inherit; background: var(--soft); border: 1px solid var(--line); border-radius: 6px; }
footer { margin-top: 72px; padding-top: 16px; border-top: 1px solid var(--line); }
@media (max-width: 640px) {
  body { padding: 24px 16px 64px; } section { margin-top: 56px; }
  h1, h2 { font-size: 24px; }
  .verdict { grid-template-columns: 96px 1fr; gap: 16px; align-items: start; } .grade { padding: 12px 6px 10px; } .grade .letter { font-size: 52px; }
  .headline { font-size: 16px; }
  .first > li { grid-template-columns: 34px 1fr; }
  svg.bar { width: 80px; }
}
@media print {
  :root { --page: #ffffff; --text: #000000; } body { max-width: none; padding: 0; font-size: 11pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  nav, .filter { display: none; } section { margin-top: 28pt; } .first > li, .part, tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .chart svg, table { min-width: 0; } pre { white-space: pre-wrap; }
}
`;
