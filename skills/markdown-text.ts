import { shortened, visible } from "./visible-text.ts";

const LONGEST_CELL = 400;
const LISTED_FILES = 5;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** Text outside code. What stands in backticks becomes code; nothing else has a meaning for Markdown, HTML or GitHub. */
export function text(raw: string): string {
  return shortened(raw, LONGEST_CELL)
    .split(/(`[^`]+`)/)
    .map((part) => (/^`[^`]+`$/.test(part) ? code(part.slice(1, -1)) : escapeText(part)))
    .join("");
}

/** Text that is data: not even backticks have a meaning in it. */
export function plainText(raw: string): string {
  return escapeText(shortened(raw, LONGEST_CELL));
}

/** A space without width keeps GitHub from making links of mentions, issue numbers and addresses. */
function escapeText(plain: string): string {
  return plain
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[\\`*|[\]~$]|\b_|_\b/g, "\\$&")
    .replace(/@|#(?=\d)|:(?=\/\/)|\bwww(?=\.)|\bGH(?=-\d)/gi, "$&\u200b");
}

/** A code span inside a table cell: its fence is longer than any run of backticks in it, and a bar is escaped. */
export function code(raw: string): string {
  const shown = visible(shortened(raw, LONGEST_CELL)).replaceAll("|", "\\|");
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${shown}${fence}` : `${fence} ${shown} ${fence}`;
}

/** The first names of a list as code, and how many more there are. */
export function nameSome(
  entries: readonly { readonly file: string; readonly line?: number }[],
  between: string,
): string {
  const names = entries
    .slice(0, LISTED_FILES)
    .map(({ file, line }) => code(line === undefined ? file : `${file}:${line}`));
  const rest = entries.length - names.length;
  return `${names.join(between)}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** A heading with its content; empty parts are left out. */
export function section(title: string, parts: readonly string[]): string {
  return [`## ${title}`, ...parts.filter((part) => part !== "")].join("\n\n");
}
