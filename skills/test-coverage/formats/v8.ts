import { z } from "zod";
import type { LineHits } from "./line-hits.ts";

const range = z.object({ startOffset: z.int(), endOffset: z.int(), count: z.number() });
export type Range = z.infer<typeof range>;

const report = z.object({
  result: z.array(
    z.object({ url: z.string(), functions: z.array(z.object({ ranges: z.array(range) })) }),
  ),
});

/** One script of a report of V8, as `NODE_V8_COVERAGE` and c8 leave them behind. */
export interface V8Script {
  /** Path of the file that was loaded. */
  readonly path: string;
  readonly ranges: readonly Range[];
}

/** The scripts that were files: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-ScriptCoverage */
export function readV8(text: string): V8Script[] {
  return report.parse(JSON.parse(text)).result.flatMap(({ url, functions }) => {
    const path = pathOf(url);
    return path === undefined ? [] : [{ path, ranges: functions.flatMap(({ ranges }) => ranges) }];
  });
}

function pathOf(url: string): string | undefined {
  if (!url.startsWith("file:///")) return undefined;
  try {
    return decodeURIComponent(url.slice("file://".length).replace(/[?#].*$/, ""));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/**
 * How often each line ran that is not blank: as often as the innermost range around the whole of it.
 * Undefined when the ranges are of another text.
 */
export function linesOf({ ranges }: V8Script, text: string): LineHits | undefined {
  if (ranges.some(({ endOffset }) => endOffset > text.length)) return undefined;
  const sorted = [...ranges].sort(
    (a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset,
  );
  const hits: LineHits = new Map();
  const around: Range[] = [];
  let next = 0;
  let start = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const first = start + line.length - line.trimStart().length;
    const last = start + line.trimEnd().length;
    start += line.length + 1;
    if (line.trim() === "") continue;
    for (let each = sorted[next]; each !== undefined && each.startOffset <= first; ) {
      around.push(each);
      each = sorted[++next];
    }
    while (around.length > 0 && (around.at(-1)?.endOffset ?? 0) < last) around.pop();
    const innermost = around.at(-1);
    if (innermost !== undefined) hits.set(index + 1, innermost.count);
  }
  return hits;
}
