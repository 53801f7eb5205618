import { SwarmError } from "../../../core/errors.ts";

/** How often each line of a file ran, by its number from 1. Lines without code are absent. */
export type LineHits = Map<number, number>;

/** What a coverage report says, by the paths that stand in it. */
export interface CoverageReport {
  readonly files: ReadonlyMap<string, LineHits>;
  /** Folders that relative paths may start from, beside the analysed directory. */
  readonly bases: readonly string[];
}

/** No source file that we analyse has more. */
export const LAST_LINE = 1_000_000;
const MOST_LINES = 2_000_000;

export interface HitCounter {
  readonly files: Map<string, LineHits>;
  /** Notes that a line has code and how often it ran; the highest number given counts. */
  add(path: string, line: number, hits: number): void;
}

/** Gathers lines, and refuses a report that would not end. */
export function openHitCounter(): HitCounter {
  const files = new Map<string, LineHits>();
  let lines = 0;
  return {
    files,
    add: (path, line, hits) => {
      if (!Number.isInteger(line) || line < 1 || line > LAST_LINE || !(hits >= 0)) return;
      if (++lines > MOST_LINES) {
        throw new SwarmError("limit-exceeded", `more than ${MOST_LINES} lines in one report`);
      }
      const file = files.get(path) ?? new Map<number, number>();
      files.set(path, file);
      file.set(line, Math.max(file.get(line) ?? 0, hits));
    },
  };
}
