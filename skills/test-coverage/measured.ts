import { z } from "zod";
import { SwarmError } from "../../core/errors.ts";
import { readSource } from "../source-file.ts";
import { addHits, countCovered, type FileCoverage, matchSources } from "./coverage.ts";
import { readGoCover } from "./formats/go-cover.ts";
import { readIstanbul } from "./formats/istanbul.ts";
import { readLcov } from "./formats/lcov.ts";
import type { LineHits } from "./formats/line-hits.ts";
import { linesOf, readV8 } from "./formats/v8.ts";
import { readXml } from "./formats/xml.ts";
import { openPathFinder } from "./path-finder.ts";
import type { Format, ReportFile } from "./report-files.ts";

const READERS = {
  lcov: readLcov,
  istanbul: readIstanbul,
  xml: readXml,
  "go-cover": readGoCover,
} as const satisfies Partial<Record<Format, unknown>>;

export interface Measured {
  readonly files: readonly FileCoverage[];
  /** The reports that say something about at least one source, in the order in which they count. */
  readonly used: readonly { readonly report: ReportFile; readonly files: number }[];
  readonly refused: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * Reads coverage reports. A file that stands in several counts as the first says, but what several processes of V8 say is
 * added up.
 */
export async function measure(
  root: string,
  sources: readonly string[],
  reports: readonly ReportFile[],
): Promise<Measured> {
  const find = openPathFinder(root, sources);
  const all = new Map<string, LineHits>();
  const fromV8 = new Map<string, LineHits>();
  const used: { report: ReportFile; files: number }[] = [];
  const refused: { file: string; reason: string }[] = [];
  const texts = new Map<string, Promise<string | undefined>>();
  for (const report of reports) {
    const matched = await readMatched(report, { root, find, texts });
    if (typeof matched === "string") {
      refused.push({ file: report.file, reason: matched });
      continue;
    }
    used.push({ report, files: matched.size });
    for (const [file, hits] of matched) {
      if (report.format === "v8") addHits(fromV8, file, hits);
      else if (!all.has(file)) all.set(file, hits);
    }
  }
  for (const [file, hits] of fromV8) if (!all.has(file)) all.set(file, hits);
  const files = [...all].map(([file, hits]) => countCovered(file, hits));
  return { files: files.sort((a, b) => (a.file < b.file ? -1 : 1)), used, refused };
}

interface Reading {
  readonly root: string;
  readonly find: ReturnType<typeof openPathFinder>;
  readonly texts: Map<string, Promise<string | undefined>>;
}

/** The lines of known sources, or why the report says nothing. */
async function readMatched(
  { format, text }: ReportFile,
  reading: Reading,
): Promise<Map<string, LineHits> | string> {
  try {
    const matched =
      format === "v8"
        ? await matchV8(text, reading)
        : matchSources(READERS[format](text), reading.find);
    return matched.size > 0 ? matched : "names none of the analysed files";
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof SwarmError) return error.message;
  if (error instanceof SyntaxError) return "not JSON";
  if (error instanceof z.ZodError) return "not what its name promises";
  throw error;
}

async function matchV8(text: string, reading: Reading): Promise<Map<string, LineHits>> {
  const matched = new Map<string, LineHits>();
  for (const script of readV8(text)) {
    const file = reading.find(script.path, []);
    // Only a script at its own place: the ranges are places in its text.
    if (file === undefined || script.path !== `${reading.root}/${file}`) continue;
    const content = await contentOf(file, reading);
    const hits = content === undefined ? undefined : linesOf(script, content);
    if (hits !== undefined) addHits(matched, file, hits);
  }
  return matched;
}

async function contentOf(file: string, { root, texts }: Reading): Promise<string | undefined> {
  const known = texts.get(file) ?? readText(root, file);
  texts.set(file, known);
  return await known;
}

async function readText(root: string, file: string): Promise<string | undefined> {
  const source = await readSource(root, file);
  return source.status === "source" ? source.text : undefined;
}
