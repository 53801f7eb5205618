import { z } from "zod";
import { type CoverageReport, openHitCounter } from "./line-hits.ts";

const report = z.record(
  z.string(),
  z.object({
    path: z.string(),
    statementMap: z.record(z.string(), z.object({ start: z.object({ line: z.number() }) })),
    s: z.record(z.string(), z.number()),
  }),
);

/** `coverage-final.json` of Istanbul: a line ran as often as the statement that ran most of those that begin on it. */
export function readIstanbul(text: string): CoverageReport {
  const counter = openHitCounter();
  for (const { path, statementMap, s } of Object.values(report.parse(JSON.parse(text)))) {
    for (const [id, { start }] of Object.entries(statementMap)) {
      counter.add(path, start.line, s[id] ?? 0);
    }
  }
  return { files: counter.files, bases: [] };
}
