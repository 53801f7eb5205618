import { type Finding, SEVERITIES } from "../finding.ts";
import { compareLists } from "./order.ts";

export type MergedFinding = Finding & {
  readonly confirmed_by: { readonly agent: string; readonly tool: string }[];
};

/** Rules that name the same problem differently, without the `no-` in front. */
const SAME_PROBLEM: Readonly<Record<string, string>> = {
  "implied-eval": "eval",
  "new-func": "eval",
  "new-function": "eval",
  "function-constructor": "eval",
};

/**
 * Makes one finding of those that several agents or tools report about the same line and problem. It keeps the words
 * of the most severe report and names all that confirm it. Findings of one tool at different columns stay apart.
 */
export function mergeDuplicates(findings: readonly Finding[]): MergedFinding[] {
  const groups = Map.groupBy(findings, (each) =>
    JSON.stringify([each.file, each.line, problemOf(each.rule)]),
  );
  return [...groups.values()].flatMap(mergeGroup);
}

function problemOf(rule: string): string {
  const name = rule.slice(rule.lastIndexOf("/") + 1).replace(/^no-/, "");
  return SAME_PROBLEM[name] ?? name;
}

function mergeGroup(group: readonly Finding[]): MergedFinding[] {
  const byTool = [...Map.groupBy(group, ({ tool }) => tool).values()].map(mergeAgents);
  byTool.sort((a, b) => compareLists([-a.length, a[0]?.tool ?? ""], [-b.length, b[0]?.tool ?? ""]));
  const [longest = [], ...others] = byTool;
  return longest.map((each, index) =>
    others.flatMap((list) => list[index] ?? []).reduce(confirm, each),
  );
}

/** One tool's findings in the order of their columns, each once. */
function mergeAgents(list: readonly Finding[]): MergedFinding[] {
  const places = Map.groupBy(list, ({ column, rule }) => JSON.stringify([column, rule]));
  return [...places.values()]
    .flatMap((same) => {
      const witnesses = [...new Set(same.map(({ agent }) => agent))].sort();
      return same.slice(0, 1).map((each) => ({
        ...each,
        confirmed_by: witnesses.map((agent) => ({ agent, tool: each.tool })),
      }));
    })
    .sort((a, b) => compareLists([a.column ?? 0, a.rule], [b.column ?? 0, b.rule]));
}

function confirm(one: MergedFinding, other: MergedFinding): MergedFinding {
  const isWorse = SEVERITIES.indexOf(other.severity) < SEVERITIES.indexOf(one.severity);
  const [first, second] = isWorse ? [other, one] : [one, other];
  return { ...second, ...first, confirmed_by: [...one.confirmed_by, ...other.confirmed_by] };
}
