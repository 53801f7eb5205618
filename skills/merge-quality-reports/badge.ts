import type { Score } from "./report-schema.ts";

const COLOURS = { A: "#1a7f4b", B: "#4b7a1a", C: "#8a6100", D: "#b04a00", F: "#b3261e" } as const;
const UNKNOWN = "#59636e";
/** Mean width of a digit or letter of 11 px Verdana, in pixels. */
const CHARACTER = 7;

/** The score as a badge for a README: no script, no font and nothing loaded from elsewhere. */
export function renderBadge({ value, grade }: Score): string {
  const label = "code quality";
  const result = value === null || grade === null ? "not scored" : `${grade} · ${value}`;
  const left = label.length * CHARACTER + 12;
  const right = result.length * CHARACTER + 12;
  const width = left + right;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${label}: ${result}">
<title>${label}: ${result}</title>
<clipPath id="r"><rect width="${width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="${left}" height="20" fill="#3a424a"/><rect x="${left}" width="${right}" height="20" fill="${grade === null ? UNKNOWN : COLOURS[grade]}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="${left / 2}" y="14">${label}</text><text x="${left + right / 2}" y="14">${result}</text></g>
</svg>
`;
}
