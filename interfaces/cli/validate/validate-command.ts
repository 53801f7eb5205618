import { type ErrorLocation, toErrorRecord } from "../../../core/errors.ts";
import type { Scrubber } from "../../../core/scrub.ts";
import { renderDiagnostic } from "../../../language/diagnostic.ts";
import { refuseSecondInput } from "../cascade-files/cascade-files.ts";
import type { ValidateCommand } from "../commands.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { openInstalled } from "../installed.ts";
import { errorText, printable } from "../terminal-text.ts";
import { type Checked, checkCascades } from "./check-cascades.ts";

/**
 * Checks cascades: a line for each on standard output, what is wrong with them on standard error.
 * @returns 0 when all are valid, else 2, or 4 when a file is larger than allowed
 */
export async function runValidate(
  { targets, json, allowance }: ValidateCommand,
  { directory, scrubber }: { readonly directory: string; readonly scrubber: Scrubber },
): Promise<number> {
  refuseSecondInput(targets);
  const installed = await openInstalled({
    directory,
    env: process.env,
    ...(allowance === undefined ? {} : { allowance }),
  });
  const checked = await checkCascades(targets, { directory, installed });
  const exitCode = Math.max(...checked.map(exitCodeFor));
  if (json) {
    const cascades = checked.map(asJson);
    const text = JSON.stringify({ schemaVersion: 1, valid: exitCode === EXIT.ok, cascades });
    process.stdout.write(`${scrubber.scrub(text)}\n`);
    return exitCode;
  }
  for (const text of checked.flatMap(problemsOf)) process.stderr.write(`${scrubber.scrub(text)}\n`);
  const lines = checked.map(resultLine).map(printable);
  process.stdout.write(`${scrubber.scrub(lines.join("\n"))}\n`);
  return exitCode;
}

function exitCodeFor(checked: Checked): number {
  if (checked.status === "unreadable") return exitCodeOf(checked.error.code);
  return checked.status === "valid" ? EXIT.ok : EXIT.usage;
}

/** Everything wrong with one cascade, each with its place. */
function problemsOf(checked: Checked): readonly string[] {
  if (checked.status === "unreadable") return [errorText(checked.error)];
  return checked.problems.map((problem) => renderDiagnostic(problem, checked.text));
}

/** `ok  code-quality-swarm  4 stages`. Pure. */
function resultLine(checked: Checked): string {
  const { status, file } = checked;
  if (status === "unreadable") return `unreadable  ${file}`;
  const { problems } = checked;
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const parts =
    status === "valid"
      ? ["ok", checked.cascade, count(checked.stages, "stage")]
      : ["invalid", file, count(errors, "error")];
  const warnings = problems.length - errors;
  return [...parts, ...(warnings > 0 ? [count(warnings, "warning")] : [])].join("  ");
}

function count(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? "" : "s"}`;
}

function asJson(checked: Checked): object {
  const { status, file } = checked;
  switch (status) {
    case "valid": {
      const { cascade, stages, problems } = checked;
      return { file, status, cascade, stages, problems: problems.map(problemJson) };
    }
    case "invalid":
      return { file, status, problems: checked.problems.map(problemJson) };
    case "unreadable": {
      const { code, message, hint } = toErrorRecord(checked.error);
      return { file, status, problems: [problemJson({ severity: "error", code, message, hint })] };
    }
    default:
      return status satisfies never;
  }
}

interface Problem {
  readonly severity: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly location?: ErrorLocation;
}

function problemJson({ severity, code, message, hint, location }: Problem): object {
  const { line, column } = location ?? {};
  return { severity, code, message, hint, line, column };
}
