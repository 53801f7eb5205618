import { plural } from "../merge-quality-reports/merge.ts";
import { shortened } from "../visible-text.ts";
import type { DataReport, Group, Total } from "./data-report.ts";
import { numberText } from "./number-text.ts";

const NAME = 80;
const MEASURES = 3;

/** The report in a few sentences, each a fact. */
export function summaryOf({ rowCount, columns, totals, grouping }: DataReport): string[] {
  const rest = totals.length - MEASURES;
  return [
    `${plural(rowCount, "row")} with ${plural(columns.length, "column")}.`,
    ...totals.slice(0, MEASURES).map((total) => totalSentence(total, rowCount)),
    ...(rest > 0 ? [`${plural(rest, "more measure")} in the table of totals.`] : []),
    ...(grouping === undefined ? [] : groupSentence(grouping, totals[0])),
  ];
}

function totalSentence({ name, count, sum, min, max, mean }: Total, rows: number): string {
  const missing = count === rows ? "" : `, in ${count} of ${plural(rows, "row")}`;
  return `${shortened(name, NAME)}: ${numberText(sum)} in total${missing}, from ${numberText(min)} to ${numberText(max)}, on average ${numberText(mean)}.`;
}

/** A share is told only of a total that has one sign. */
function groupSentence(
  { by, groups }: { readonly by: string; readonly groups: readonly Group[] },
  first: Total | undefined,
): string[] {
  const [largest] = groups;
  if (largest === undefined) return [];
  const value = largest.sums[0] ?? largest.rows;
  const all = groups.reduce((sum, each) => sum + (each.sums[0] ?? each.rows), 0);
  const hasOneSign = groups.every((each) => (each.sums[0] ?? each.rows) >= 0) && all > 0;
  const share = hasOneSign ? `, ${Math.round((100 * value) / all)} % of all` : "";
  const what =
    first === undefined
      ? plural(value, "row")
      : `${numberText(value)} of ${shortened(first.name, NAME)}`;
  return [
    `${plural(groups.length, "group")} by ${shortened(by, NAME)}; the largest is ${shortened(largest.label, NAME)} with ${what}${share}.`,
  ];
}
