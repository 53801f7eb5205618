import { type ErrorLocation, SwarmError } from "../../core/errors.ts";

/** A line, or an entry of a JSON list, that is no row. `type`, so that it is assignable to plain JSON. */
export type Skipped =
  | { readonly line: number; readonly reason: string }
  | { readonly index: number; readonly reason: string };

const MOST = 1_000;

/** @throws SwarmError `invalid-input` at the first one when there are so many that the file is something else */
export function refuseTooMany(
  skipped: readonly Skipped[],
  counts: { readonly rows: number; readonly file: string },
): void {
  const [first] = skipped;
  if (first === undefined || (skipped.length <= MOST && skipped.length <= counts.rows)) return;
  const [place, location] = placeOf(first, counts.file);
  throw new SwarmError(
    "invalid-input",
    `${counts.file}: ${skipped.length > MOST ? `more than ${MOST} rows` : `${skipped.length} of ${counts.rows + skipped.length} rows`} cannot be read; ${place}: ${first.reason}`,
    { location, hint: "check `format` and `delimiter`" },
  );
}

/** Whether reading on is of no use. */
export function isOverMost(skipped: readonly Skipped[]): boolean {
  return skipped.length > MOST;
}

function placeOf(skipped: Skipped, file: string): [string, ErrorLocation] {
  return "line" in skipped
    ? [`line ${skipped.line}`, { file, line: skipped.line }]
    : [`entry ${skipped.index}`, { file, pointer: `/${skipped.index}` }];
}
