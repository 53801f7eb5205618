import { parseSyntax } from "../syntax.ts";
import { CODE_RULES } from "./code-rules.ts";
import { type Confidence, type Rule, siteOf } from "./rule.ts";
import { visitTree } from "./scope.ts";

/** A rule that found dangerous code, and where. `line` and `column` count from 1. */
export interface Match {
  readonly rule: Rule;
  readonly confidence: Confidence;
  readonly line: number;
  readonly column: number;
}

export type ScannedCode =
  | { readonly status: "scanned"; readonly matches: readonly Match[] }
  | { readonly status: "not-parsed"; readonly reason: string; readonly line?: number };

/** Repetitions of repetitions in one file that are analysed; more is a table of data. */
const MOST_REGULAR_EXPRESSIONS = 50;

/** Looks for dangerous code in a JavaScript or TypeScript file. */
export function scanCode(file: string, text: string): ScannedCode {
  const syntax = parseSyntax(file, text);
  if (syntax.status === "not-parsed") return syntax;
  const visits = visitTree(syntax.program);
  if (visits === undefined) return { status: "not-parsed", reason: "nested too deeply" };
  const budget = { regularExpressions: MOST_REGULAR_EXPRESSIONS };
  const matches: Match[] = [];
  const seen = new Set<string>();
  for (const visit of visits) {
    const site = siteOf(visit, budget);
    for (const rule of CODE_RULES) {
      const confidence = rule.find(site);
      if (confidence === undefined) continue;
      const { line, column } = visit.node.loc?.start ?? { line: 1, column: 0 };
      const key = `${rule.id} ${line}`;
      if (!seen.has(key)) matches.push({ rule, confidence, line, column: column + 1 });
      seen.add(key);
    }
  }
  return { status: "scanned", matches };
}
