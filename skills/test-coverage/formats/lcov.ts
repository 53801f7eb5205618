import { type CoverageReport, openHitCounter } from "./line-hits.ts";

/** The tracefile of lcov: https://manpages.debian.org/stable/lcov/geninfo.1.en.html#FILES */
export function readLcov(text: string): CoverageReport {
  const counter = openHitCounter();
  let path: string | undefined;
  for (const line of text.split("\n")) {
    if (line.startsWith("SF:")) path = line.slice("SF:".length).trim();
    else if (line.startsWith("end_of_record")) path = undefined;
    else if (line.startsWith("DA:") && path !== undefined) {
      const [number, hits] = line.slice("DA:".length).split(",");
      counter.add(path, Number(number), Number(hits));
    }
  }
  return { files: counter.files, bases: [] };
}
