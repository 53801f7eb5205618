import { type CoverageReport, LAST_LINE, openHitCounter } from "./line-hits.ts";

/** `file.go:line.column,line.column statements count` */
const BLOCK = /^(.+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$/;

/** The profile that `go test -coverprofile` writes: https://pkg.go.dev/golang.org/x/tools/cover */
export function readGoCover(text: string): CoverageReport {
  const counter = openHitCounter();
  for (const line of text.split("\n")) {
    const [, path, first, last, count] = BLOCK.exec(line.trimEnd()) ?? [];
    if (path === undefined) continue;
    const end = Math.min(Number(last), LAST_LINE);
    for (let at = Number(first); at <= end; at++) counter.add(path, at, Number(count));
  }
  return { files: counter.files, bases: [] };
}
