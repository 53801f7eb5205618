import { copyFile, mkdir } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import { isJsonObject, type Json } from "../../core/json.ts";

/** Forms of a report, and the fields of a run's output that name their files. */
const FIELDS = {
  html: ["report_html"],
  md: ["report_md"],
  json: ["report_json"],
  sarif: ["report_sarif"],
  junit: ["report_junit", "junit_xml"],
} as const;

export type ReportFormat = keyof typeof FIELDS;
export const FORMATS = Object.keys(FIELDS) as readonly ReportFormat[];
/** Without `--format`: what a person opens first and what a program reads. */
const USUAL: readonly ReportFormat[] = ["html", "md", "json"];

export interface ReportFile {
  readonly format: ReportFormat;
  /** Absolute path. */
  readonly path: string;
}

/** The reports that a run's output names, in the order of the formats. Pure. */
export function reportFiles(output: Json | undefined): readonly ReportFile[] {
  if (!isJsonObject(output)) return [];
  return FORMATS.flatMap((format) => {
    const path = FIELDS[format]
      .map((field) => output[field])
      .find((each) => typeof each === "string");
    return typeof path === "string" ? [{ format, path }] : [];
  });
}

/** Those that are named at the end. Pure. */
export function shownReports(
  files: readonly ReportFile[],
  asked: ReportFormat | "all" | undefined,
): readonly ReportFile[] {
  if (asked === "all") return files;
  return files.filter(({ format }) =>
    asked === undefined ? USUAL.includes(format) : format === asked,
  );
}

/**
 * Copies reports and answers where the copies are.
 * @throws SwarmError `path-unreadable` when they cannot be written
 */
export async function copyReports(
  files: readonly ReportFile[],
  folder: string,
): Promise<readonly ReportFile[]> {
  try {
    await mkdir(folder, { recursive: true });
    return await Promise.all(
      files.map(async ({ format, path }) => {
        const copy = join(folder, basename(path));
        await copyFile(path, copy);
        return { format, path: copy };
      }),
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SwarmError("path-unreadable", `the reports cannot be copied to ${folder} (${code})`, {
      hint: "the originals are in .cascade/runs; --output names a directory that can be written",
      cause: error,
    });
  }
}

/** A path as a person types it: relative when that is shorter. */
export function shortPath(directory: string, path: string): string {
  const inside = relative(directory, path);
  return inside === "" || inside.startsWith("..") ? path : inside;
}
