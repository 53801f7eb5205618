import type { ErrorLocation } from "../core/errors.ts";

/** The place of an offset in a text. */
export type PlaceOf = (offset: number) => ErrorLocation;

/** Counts lines itself: the counter of the YAML library misses some in texts that are no YAML. */
export function placesIn(text: string, file: string): PlaceOf {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) {
    starts.push(end + 1);
  }
  return (offset) => {
    let line = 0;
    for (let beyond = starts.length; beyond - line > 1; ) {
      const middle = (line + beyond) >>> 1;
      if ((starts[middle] ?? 0) <= offset) line = middle;
      else beyond = middle;
    }
    return { file, line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  };
}
