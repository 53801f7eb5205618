import { code, plainText, section } from "../markdown-text.ts";
import type { Evidence } from "./evidence.ts";
import type { Hypothesis } from "./hypotheses.ts";
import type { Verdict } from "./verdict.ts";

const SHOWN_HYPOTHESES = 5;

export interface Analysis extends Verdict {
  readonly symptom: string;
  readonly hypotheses: readonly Hypothesis[];
  readonly evidence: readonly Evidence[];
  readonly unknown: readonly string[];
}

/** The analysis for a person to read. Pure. */
export function renderReport(analysis: Analysis): string {
  const {
    symptom,
    cause,
    confidence,
    complexity,
    complexityReasons,
    hypotheses,
    evidence,
    options,
    unknown,
  } = analysis;
  return `${[
    "# Root cause analysis",
    section("Symptom", [plainText(symptom)]),
    section("Cause", [
      cause === null ? "Not known: nothing that was seen says where it is." : plainText(cause),
      cause === null
        ? ""
        : `Confidence ${confidence} of 1. Complexity: ${complexity}, because ${plainText(complexityReasons.join("; "))}.`,
    ]),
    hypotheses.length === 0
      ? ""
      : section("Hypotheses", [
          hypotheses
            .slice(0, SHOWN_HYPOTHESES)
            .map(
              ({ file, line, weight, reasons }) =>
                `- ${code(`${file}:${line}`)} (${weight}): ${plainText(reasons.join("; "))}`,
            )
            .join("\n"),
        ]),
    options.length === 0
      ? ""
      : section("Options", [
          options.map(({ title, risk }) => `- ${plainText(title)} (risk: ${risk})`).join("\n"),
        ]),
    evidence.length === 0 ? "" : section("Evidence", evidence.map(shownEvidence)),
    unknown.length === 0
      ? ""
      : section("Not known", [unknown.map((each) => `- ${plainText(each)}`).join("\n")]),
  ]
    .filter((part) => part !== "")
    .join("\n\n")}\n`;
}

function shownEvidence({ file, line, why, excerpt }: Evidence): string {
  const longest = Math.max(2, ...(excerpt.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return [`${code(`${file}:${line}`)}: ${plainText(why)}`, `${fence}\n${excerpt}\n${fence}`].join(
    "\n\n",
  );
}
