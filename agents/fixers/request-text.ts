import type { FixRequest, TestFailure } from "../../core/fixer.ts";

const MOST_FAILURES = 20;
const MOST_MESSAGE_CHARACTERS = 4_000;
const MOST_FAILURE_CHARACTERS = 24_000;
const MOST_EARLIER = 5;

/** What fails, shortened for a model. Pure. */
export function failuresText(failures: readonly TestFailure[]): string {
  const each = failures.slice(0, MOST_FAILURES).map(({ id, file, message, frames }) => {
    const places = frames.slice(0, 5).map((frame) => `  at ${frame.file}:${frame.line}`);
    const title = `- ${id}${file === undefined ? "" : ` (${file})`}`;
    return [title, shortened(message, MOST_MESSAGE_CHARACTERS), ...places].join("\n");
  });
  const left = failures.length - each.length;
  const text = shortened(each.join("\n"), MOST_FAILURE_CHARACTERS);
  return left > 0 ? `${text}\n- and ${left} more` : text;
}

/** What was tried, and why it did not hold. Pure. */
export function earlierText({ earlier }: FixRequest): string {
  return earlier
    .slice(-MOST_EARLIER)
    .map(({ description, why }) => `- ${description}\n  ${shortened(why, 1_000)}`)
    .join("\n");
}

/** The beginning and the end, which say the most. */
function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const half = Math.floor(most / 2);
  return `${text.slice(0, half)}\n[${text.length - 2 * half} characters left out]\n${text.slice(-half)}`;
}
