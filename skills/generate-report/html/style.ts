/** The page's style: system fonts, colours for light and dark, a form for paper. */
export const STYLE = `
:root { color-scheme: light dark; --page: #ffffff; --soft: #f5f6f7; --line: #dfe2e6; --text: #1b1f24; --quiet: #59636e; --bar: #2f6fb7; --negative: #b3541e; }
@media (prefers-color-scheme: dark) { :root { --page: #14171b; --soft: #1d2126; --line: #343a42; --text: #e6e9ed; --quiet: #9aa4b0; --bar: #6ea8e6; --negative: #e29a5f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 920px; padding: 48px 32px 96px; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
h1 { font-size: 30px; line-height: 1.25; margin: 0 0 16px; letter-spacing: -0.01em; }
h2 { font-size: 20px; line-height: 1.3; margin: 56px 0 16px; }
p { margin: 0 0 8px; max-width: 75ch; }
.note, footer { font-size: 13px; color: var(--quiet); }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 14px; overflow-wrap: normal; }
th { text-align: left; font-weight: 500; font-size: 13px; color: var(--quiet); white-space: nowrap; }
th, td { padding: 7px 20px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; max-width: 360px; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }
figure { margin: 0 0 32px; }
figcaption { font-weight: 600; margin-bottom: 8px; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 12px; fill: var(--text); }
.axis line { stroke: var(--line); } .axis text { fill: var(--quiet); }
.zero { stroke: var(--quiet); }
.bar { fill: var(--bar); } .negative { fill: var(--negative); }
footer { margin-top: 64px; padding-top: 16px; border-top: 1px solid var(--line); }
@media (max-width: 640px) { body { padding: 24px 16px 64px; } h1 { font-size: 24px; } figure { overflow-x: auto; } svg { min-width: 560px; } }
@media print { body { max-width: none; padding: 0; } figure, tr { break-inside: avoid; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
