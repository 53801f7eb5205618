import type { Logger } from "pino";
import { LIMITS } from "../core/limits.ts";
import { openLineCutter } from "./line-cutter.ts";

/** Characters of a line in the log. */
const LONGEST_LINE = 4_096;
/** Lines that the error of a failed program has. */
const LAST_LINES = 5;
const LONGEST_TAIL = 1_000;

/** What becomes of the standard error of a program: lines of the log, and the end of an error. */
export interface ErrorOutput {
  readonly add: (chunk: string) => void;
  end(): void;
  /** The last lines, in one, without secrets. */
  lastWords(): string;
}

/** Each line is a line of the log, up to a limit; after it only the last lines are kept. */
export function openErrorOutput(logger: Logger, scrub: (text: string) => string): ErrorOutput {
  let logged = 0;
  let isQuiet = false;
  const last: string[] = [];
  const cutter = openLineCutter(LONGEST_LINE, (line) => {
    if (line.trim() === "") return;
    last.push(line);
    if (last.length > LAST_LINES) last.shift();
    if (isQuiet) return;
    logged += Buffer.byteLength(line);
    isQuiet = logged > LIMITS.skillLogBytes;
    if (isQuiet) logger.warn({ event: "skill.quieted", skillLogBytes: LIMITS.skillLogBytes });
    else logger.info({ event: "skill.said", line });
  });
  return {
    add: cutter.add,
    end: cutter.end,
    lastWords: () => scrub(last.join(" / ")).slice(-LONGEST_TAIL),
  };
}
