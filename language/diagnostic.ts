import { type ErrorCode, type ErrorLocation, formatLocation, SwarmError } from "../core/errors.ts";

/** One thing wrong with a file, where it stands. */
export interface Diagnostic {
  readonly severity: "error";
  readonly code: ErrorCode;
  readonly message: string;
  readonly location: ErrorLocation;
  readonly hint?: string;
}

/** Something that does not stop a cascade but is hardly meant. */
export interface Warning extends Omit<Diagnostic, "severity" | "code"> {
  readonly severity: "warning";
  readonly code: "unused-input";
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

/** Columns of the source line that are shown. */
const SHOWN_COLUMNS = 100;
/** Columns shown before the caret when the line is longer than that. */
const COLUMNS_BEFORE = 60;

/** `file:line:column  error code  message`, the line with a caret, and the hint: four lines at most. */
export function renderDiagnostic(diagnostic: Diagnostic | Warning, source: string): string {
  const { severity, code, message, hint, location } = diagnostic;
  const lines = [`${formatLocation(location)}  ${severity} ${code}  ${message}`];
  const { line, column = 1 } = location;
  const text = line === undefined ? undefined : source.split(/\r?\n/, line)[line - 1];
  if (text !== undefined) {
    const gutter = String(line);
    const start = text.length > SHOWN_COLUMNS ? Math.max(0, column - 1 - COLUMNS_BEFORE) : 0;
    const shown = text.slice(start, start + SHOWN_COLUMNS);
    // Tabs stay tabs, so that the caret stands where the terminal puts the character.
    const before = shown.slice(0, column - 1 - start).replace(/[^\t]/g, " ");
    lines.push(`  ${gutter} | ${shown}`, `  ${" ".repeat(gutter.length)} | ${before}^`);
  }
  if (hint !== undefined) lines.push(`  ${hint}`);
  return lines.map(visible).join("\n");
}

/** Characters that would move a terminal's cursor or turn its text round, shown as the replacement character. */
function visible(text: string): string {
  return text.replace(/[[\p{Cc}--\t]\p{Cs}\u200b-\u200f\u202a-\u202e\u2066-\u2069]/gv, "\ufffd");
}
