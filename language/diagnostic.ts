import { type ErrorCode, type ErrorLocation, SwarmError } from "../core/errors.ts";

/** One thing wrong with a file, where it stands. */
export interface Diagnostic {
  readonly code: ErrorCode;
  readonly message: string;
  readonly location: ErrorLocation;
  readonly hint?: string;
}

/** The first of several diagnostics as an error; its message says how many more there are. */
export function toError(diagnostics: readonly Diagnostic[]): SwarmError {
  const [first] = diagnostics;
  if (first === undefined) return new SwarmError("internal", "an error without a diagnostic");
  const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : "";
  return new SwarmError(first.code, `${first.message}${more}`, {
    location: first.location,
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  });
}

const LINES_OF_SOURCE = 120;

/** `file:line:column  error code  message`, the line with a caret, and the hint. */
export function renderDiagnostic(diagnostic: Diagnostic, source: string): string {
  const { code, message, hint, location } = diagnostic;
  const { file, line, column } = location;
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  const lines = [`${place}  error ${code}  ${message}`];
  const text = line === undefined ? undefined : source.split(/\r?\n/)[line - 1];
  if (text !== undefined && line !== undefined && text.length <= LINES_OF_SOURCE) {
    const gutter = String(line);
    lines.push(`  ${gutter} | ${text}`);
    lines.push(`  ${" ".repeat(gutter.length)} | ${" ".repeat((column ?? 1) - 1)}^`);
  }
  if (hint !== undefined) lines.push(`  ${hint}`);
  return lines.join("\n");
}
