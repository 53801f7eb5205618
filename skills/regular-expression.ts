import { createRequire } from "node:module";
import type { analyse } from "scslre";

// The package is CommonJS and its types declare it as such.
const scslre = createRequire(import.meta.url)("scslre") as { analyse: typeof analyse };

/** The analysis takes minutes on what nests deeply, and nobody writes such expressions. */
const LONGEST = 300;
const DEEPEST = 5;
const MOST_REPETITIONS = 12;

/** Only what repeats a group can be exponential. What `v` means by a class is not known to the analysis. */
export function isJudged(source: string, flags: string): boolean {
  const isSmall = source.length <= LONGEST && depthOf(source) <= DEEPEST;
  const repetitions = source.split(/[*+{]/).length - 1;
  return (
    isSmall && repetitions <= MOST_REPETITIONS && /\)[*+{]/.test(source) && !flags.includes("v")
  );
}

/** Whether the time of an expression that is judged doubles with every further character of some texts. */
export function isExponential(source: string, flags: string): boolean {
  try {
    const { reports } = scslre.analyse(
      { source, flags: flags.replace(/[^gimsuy]/g, "") },
      { maxReports: 3, reportTypes: { Move: false } },
    );
    return reports.some(({ exponential }) => exponential);
  } catch (error) {
    // An expression that is no valid one, or of a kind that the analysis does not know, is not judged.
    if (error instanceof Error) return false;
    throw error;
  }
}

function depthOf(source: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of source) {
    if (character === "(") deepest = Math.max(deepest, ++depth);
    else if (character === ")") depth--;
  }
  return deepest;
}
