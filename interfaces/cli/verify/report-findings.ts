import { readFile } from "node:fs/promises";
import { z } from "zod";
import { SwarmError } from "../../../core/errors.ts";

/** A finding as far as executing its tool again tells it: who found it and with which batch does not count. */
const reportedFinding = z.object({
  file: z.string().min(1),
  line: z.int().min(1),
  column: z.int().min(1).nullish(),
  rule: z.string(),
  severity: z.string(),
  message: z.string(),
  tool: z.string(),
  tool_version: z.string().nullish(),
});
export type ReportedFinding = z.infer<typeof reportedFinding>;

const report = z.object({
  run: z.string(),
  root: z.string().startsWith("/", "must be an absolute path"),
  generated_at: z.iso.datetime(),
  findings: z.array(reportedFinding),
  /** Of the files' content, where the report has it. */
  sources: z.array(z.object({ file: z.string(), sha256: z.string() })).nullish(),
});

/** What a `report.json` claims, read loosely: reports of all versions have these fields. */
export interface ReportClaims {
  readonly run: string;
  /** Absolute path of the analysed directory. */
  readonly root: string;
  readonly findings: readonly ReportedFinding[];
  /** Files are as they were when they have not been written since, epoch milliseconds. */
  readonly sinceMs: number;
  /** sha256 in hex by file, where the report has it. */
  readonly hashes: ReadonlyMap<string, string>;
}

/** @throws SwarmError `invalid-input` that names the place, or `path-unreadable` */
export async function readReport(path: string): Promise<ReportClaims> {
  const parsed = report.safeParse(await readJson(path));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const pointer = `/${(issue?.path ?? []).map(String).join("/")}`;
    throw notAReport(path, `${pointer}: ${issue?.message ?? "does not fit"}`);
  }
  const { run, root, findings, generated_at, sources } = parsed.data;
  const hashes = (sources ?? []).map(({ file, sha256 }) => [file, sha256.toLowerCase()] as const);
  return {
    run,
    root,
    findings,
    sinceMs: startOf(run, Date.parse(generated_at)),
    hashes: new Map(hashes),
  };
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SwarmError("path-unreadable", `${path} cannot be read (${code})`, { cause: error });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw notAReport(path, (error as Error).message);
  }
}

function notAReport(path: string, why: string): SwarmError {
  return new SwarmError("invalid-input", `${path} is no code-quality report: ${why}`, {
    hint: "give the report.json of a run of code-quality-swarm",
  });
}

/** A run's id begins with the time of its start (`core/ids.ts`): files were read after it, and before the report was written. */
function startOf(run: string, generatedMs: number): number {
  const startedMs = Number.parseInt(/^r([0-9a-z]{1,10})-/.exec(run)?.[1] ?? "", 36);
  return startedMs <= generatedMs ? startedMs : generatedMs;
}
