import { constants } from "node:fs";
import { open, readdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";

export type Format = "lcov" | "istanbul" | "v8" | "xml" | "go-cover";

/** Where tools leave their reports, from the one that says most. */
const PLACES: readonly (readonly [file: string, format: Format])[] = [
  ["coverage/coverage-final.json", "istanbul"],
  ["coverage-final.json", "istanbul"],
  ["coverage/lcov.info", "lcov"],
  ["lcov.info", "lcov"],
  ["coverage.lcov", "lcov"],
  ["coverage/cobertura-coverage.xml", "xml"],
  ["coverage/cobertura.xml", "xml"],
  ["coverage.xml", "xml"],
  ["cobertura.xml", "xml"],
  ["jacoco.xml", "xml"],
  ["target/site/jacoco/jacoco.xml", "xml"],
  ["build/reports/jacoco/test/jacocoTestReport.xml", "xml"],
  ["coverage.out", "go-cover"],
  ["cover.out", "go-cover"],
  ["c.out", "go-cover"],
];
/** One file a process, under names that only the time and the process id make. */
const V8_FOLDERS: readonly string[] = ["coverage/tmp", ".v8-coverage"];
const MOST_V8_FILES = 200;
const LARGEST_REPORT_BYTES = 64_000_000;

export interface ReportFile {
  readonly file: string;
  readonly format: Format;
  readonly text: string;
  readonly modifiedMs: number;
}

export interface ReportFiles {
  readonly found: readonly ReportFile[];
  /** Reports that are there and cannot be taken, and why. */
  readonly refused: readonly { readonly file: string; readonly reason: string }[];
}

/** Reads the reports that lie below the root. Links are not followed. */
export async function readReportFiles(root: string, signal: AbortSignal): Promise<ReportFiles> {
  const found: ReportFile[] = [];
  const refused: { file: string; reason: string }[] = [];
  const places = [...PLACES, ...(await v8Places(root, refused))];
  for (const [file, format] of places) {
    signal.throwIfAborted();
    const report = await readReport(root, file);
    if (report === undefined) continue;
    if (typeof report === "string") refused.push({ file, reason: report });
    else found.push({ file, format, ...report });
  }
  return { found, refused };
}

async function v8Places(
  root: string,
  refused: { file: string; reason: string }[],
): Promise<[file: string, format: Format][]> {
  const places: [string, Format][] = [];
  for (const folder of V8_FOLDERS) {
    const names = (await namesIn(join(root, folder))).filter((name) => name.endsWith(".json"));
    if (names.length > MOST_V8_FILES) {
      refused.push({ file: `${folder}/`, reason: `more than ${MOST_V8_FILES} reports` });
      continue;
    }
    places.push(...names.sort().map((name): [string, Format] => [`${folder}/${name}`, "v8"]));
  }
  return places;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await realpath(folder)) === folder ? await readdir(folder) : [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return [];
  }
}

/** A report's content, why it is refused, or undefined when there is none. */
async function readReport(
  root: string,
  file: string,
): Promise<Pick<ReportFile, "text" | "modifiedMs"> | string | undefined> {
  const path = join(root, file);
  try {
    if ((await realpath(dirname(path))) !== dirname(path)) return "behind a symbolic link";
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    await using handle = await open(path, flags);
    const stats = await handle.stat();
    if (!stats.isFile()) return "not a plain file";
    if (stats.size > LARGEST_REPORT_BYTES) {
      return `too large (the limit is ${LARGEST_REPORT_BYTES / 1_000_000} MB)`;
    }
    return { text: await handle.readFile("utf8"), modifiedMs: stats.mtimeMs };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code === "ENOENT" || code === "ENOTDIR" ? undefined : `unreadable (${code})`;
  }
}
