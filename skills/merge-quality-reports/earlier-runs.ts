import { readdir, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { z } from "zod";
import { SwarmError } from "../../core/errors.ts";
import { readPlainText } from "./plain-file.ts";
import type { Score, TrendPoint } from "./report-schema.ts";

/** Runs that a trend shows, this one not counted. */
const EARLIER_RUNS = 20;
/** Newest folders that are looked into; older runs of the same root may lie behind those of others. */
const FOLDERS_READ = 100;
const LARGEST_REPORT_BYTES = 50_000_000;
/** Of all earlier reports together; the folders may have come with the repository. */
const LARGEST_TOTAL_CHARACTERS = 100_000_000;

/** What is read of another run's report. Version 1 had neither score nor fingerprints. */
const earlierReport = z.object({
  v: z.union([z.literal(1), z.literal(2)]),
  run: z.string().max(200),
  root: z.string(),
  generated_at: z.iso.datetime(),
  counts: z.object({ total: z.int().min(0) }),
  score: z
    .object({
      formula: z.string(),
      value: z.number().min(0).max(100).nullable(),
      parts: z.array(z.object({ part: z.string(), status: z.string() })),
    })
    .exactOptional(),
  findings: z.array(z.object({ fingerprint: z.string().exactOptional() })),
});

export interface EarlierReport {
  readonly run: string;
  readonly root: string;
  readonly generatedAt: string;
  readonly findings: number;
  readonly score: z.infer<typeof earlierReport>["score"];
  /** Undefined when the report has none. */
  readonly fingerprints: readonly string[] | undefined;
}

/**
 * Reports of the same root that lie beside this run's folder, oldest first. A folder without a readable report
 * is no earlier run.
 */
export async function readEarlierRuns(
  runFolder: string,
  about: { readonly run: string; readonly root: string; readonly signal: AbortSignal },
): Promise<EarlierReport[]> {
  const found: EarlierReport[] = [];
  let characters = 0;
  for (const path of await newestReports(dirname(runFolder))) {
    about.signal.throwIfAborted();
    const file = await readPlainText(path, LARGEST_REPORT_BYTES);
    characters += file.status === "read" ? file.text.length : 0;
    if (characters > LARGEST_TOTAL_CHARACTERS) break;
    const report = file.status === "read" ? parseReport(file.text) : undefined;
    if (report === undefined || report.root !== about.root || report.run === about.run) continue;
    found.push(report);
    if (found.length === EARLIER_RUNS) break;
  }
  return found.sort((a, b) => (a.generatedAt < b.generatedAt ? -1 : 1));
}

/** @throws SwarmError `path-unreadable`, or `invalid-input` when it is no report with fingerprints */
export async function readBaseline(path: string): Promise<EarlierReport> {
  if (!isAbsolute(path)) {
    throw new SwarmError("invalid-input", `the baseline ${path} is no absolute path`, {
      location: { pointer: "/baseline" },
    });
  }
  const file = await readPlainText(path, LARGEST_REPORT_BYTES);
  if (file.status === "not-read") {
    const code = file.reason === "does not exist" ? "path-not-found" : "path-unreadable";
    throw new SwarmError(code, `the baseline ${path} cannot be used: ${file.reason}`);
  }
  const report = parseReport(file.text);
  if (report?.fingerprints !== undefined) return report;
  throw new SwarmError(
    "invalid-input",
    `the baseline ${path} is ${report === undefined ? "no report.json" : "of version 1, which has no fingerprints"}`,
    { location: { pointer: "/baseline" }, hint: "give the report.json of a run of this version" },
  );
}

/** A run for the trend; comparable when its score follows the same formula from the same parts. */
export function trendPointOf(report: EarlierReport, score: Score): TrendPoint {
  const parts = (given: EarlierReport["score"]): string =>
    JSON.stringify(given?.parts.map(({ part, status }) => [part, status]).sort());
  return {
    run: report.run,
    generated_at: report.generatedAt,
    findings: report.findings,
    score: report.score?.value ?? null,
    comparable: report.score?.formula === score.formula && parts(report.score) === parts(score),
  };
}

async function newestReports(folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
  const dated = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name, "report.json");
      const stats = await stat(path).catch(() => undefined); // no run, or one without a report
      return stats === undefined ? [] : [{ path, atMs: stats.mtimeMs }];
    }),
  );
  return dated
    .flat()
    .sort((a, b) => b.atMs - a.atMs)
    .slice(0, FOLDERS_READ)
    .map(({ path }) => path);
}

function parseReport(text: string): EarlierReport | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = earlierReport.safeParse(json);
  if (!parsed.success) return undefined;
  const { run, root, generated_at, counts, score, findings } = parsed.data;
  const fingerprints = findings.flatMap(({ fingerprint }) => fingerprint ?? []);
  return {
    run,
    root,
    generatedAt: generated_at,
    findings: counts.total,
    score,
    fingerprints:
      fingerprints.length === findings.length && parsed.data.v === 2 ? fingerprints : undefined,
  };
}
