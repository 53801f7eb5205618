import type { JsonObject } from "../../../core/json.ts";
import { printable } from "../terminal-text.ts";
import type { Verdict } from "./compare.ts";

/** A report and what executing some of its findings again has shown. */
export interface Verification {
  /** Id of the run that made the report. */
  readonly run: string;
  /** Findings in the report. */
  readonly total: number;
  readonly verdicts: readonly Verdict[];
  /** Agents that executed the tools. */
  readonly agents: readonly string[];
}

/**
 * Whether the report holds: whatever could be compared is there, and something could be. A report without findings
 * claims nothing that could be wrong.
 */
export function holds({ total, verdicts }: Verification): boolean {
  if (total === 0) return true;
  return count(verdicts, "not-reproduced") === 0 && count(verdicts, "confirmed") > 0;
}

const LISTED = 20;

/** The table for a person. */
export function verificationLines(verification: Verification): readonly string[] {
  const { run, total, verdicts, agents } = verification;
  const files = new Set(verdicts.map(({ finding }) => finding.file)).size;
  if (total === 0) return [`${run}: the report has no findings, so there is nothing to verify`];
  const head = `${run}: ${verdicts.length} of ${total} findings executed again, in ${files} ${files === 1 ? "file" : "files"}, by ${agents.join(", ")}`;
  return [
    head,
    `  confirmed       ${count(verdicts, "confirmed")}`,
    `  file changed    ${count(verdicts, "changed")}`,
    `  not reproduced  ${count(verdicts, "not-reproduced")}`,
    ...listed(verdicts.filter(({ status }) => status === "not-reproduced")),
    conclusion(verification),
  ].map(printable);
}

/** The same for programs. */
export function verificationJson(verification: Verification): JsonObject {
  const { run, total, verdicts, agents } = verification;
  const withReason = (status: Verdict["status"]): JsonObject[] =>
    verdicts
      .filter((verdict) => verdict.status === status)
      .map(({ finding, reason }) => {
        const { file, line, rule, severity, message, tool } = finding;
        return { file, line, rule, severity, message, tool, reason: reason ?? null };
      });
  return {
    schemaVersion: 1,
    run,
    holds: holds(verification),
    findings: total,
    executed: verdicts.length,
    confirmed: count(verdicts, "confirmed"),
    changed: withReason("changed"),
    notReproduced: withReason("not-reproduced"),
    agents,
  };
}

function listed(verdicts: readonly Verdict[]): string[] {
  const lines = verdicts.slice(0, LISTED).flatMap(({ finding, reason }) => {
    const { severity, file, line, rule, message } = finding;
    return [
      `    ${severity.padEnd(8)} ${file}:${line}  ${rule}: ${message}`,
      `             ${reason ?? ""}`,
    ];
  });
  return verdicts.length > LISTED ? [...lines, `    and ${verdicts.length - LISTED} more`] : lines;
}

function conclusion(verification: Verification): string {
  if (holds(verification))
    return "The report holds: every finding of an unchanged file is reproduced.";
  return count(verification.verdicts, "not-reproduced") > 0
    ? "The report does not hold."
    : "Nothing could be verified: all these files have changed since the report.";
}

function count(verdicts: readonly Verdict[], status: Verdict["status"]): number {
  return verdicts.filter((verdict) => verdict.status === status).length;
}
