import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { analyseOnce, codeDigest } from "../analyse-once.ts";
import { TREE_SITTER } from "../complexity-analysis/tree-sitter.ts";
import { run as discoverFiles } from "../discover-files/run.ts";
import { openFileList } from "../file-list.ts";
import { type Finding, type NotAnalysed, notAnalysed } from "../finding.ts";
import { scoreOf } from "../merge-quality-reports/score.ts";
import { countBySeverity } from "../merge-quality-reports/shares.ts";
import { parseInputs } from "../skill-inputs.ts";
import { countLines } from "../source-file.ts";
import { isSuppressed, readSuppressions } from "../suppressions.ts";
import { PARSER } from "../syntax.ts";
import { type Match, scanCode } from "./scan.ts";

const DETECTOR = { name: "theater-detection", version: "1.0.0" } as const;

const detectionInputs = z.object({
  path: z.string().min(1),
  files: z.array(z.string()).nullish(),
  threshold: z.number().min(0).max(100).default(90),
});

/** Looks for code that only pretends to work. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { path, files, threshold } = parseInputs(detectionInputs, inputs);
  const listed = files == null ? await discover(path, context) : { path, files, leftOut: [] };
  const list = await openFileList({ path: listed.path, files: listed.files }, context.signal);
  const { results, cached } = await analyseOnce<ScannedFile>(
    {
      identity: {
        ...DETECTOR,
        parsers: [PARSER, TREE_SITTER],
        code: await codeDigest(import.meta.dirname),
      },
      sources: list.sources,
      useCache: inputs["cache"],
      analyse: (missing) => scanAll(list.sources, new Set(missing), context.signal),
    },
    context,
  );
  const scanned = list.sources.flatMap(({ file }) => results.get(file) ?? []);
  const findings = scanned
    .flatMap((each) => each.findings)
    .map((each) => ({ ...each, agent: context.agentId }));
  const notScanned = scanned.flatMap((each) => each.notAnalysed);
  const score = scoreFor(findings, list.sources);
  return {
    tool: DETECTOR,
    parser: PARSER,
    agent: context.agentId,
    files_analysed: list.sources.length - notScanned.length,
    files_cached: cached,
    findings,
    counts: countBySeverity(findings),
    ...(score === null ? {} : { score }),
    passed: score === null ? findings.length === 0 : score >= threshold,
    suppressed: scanned.reduce((sum, each) => sum + each.suppressed, 0),
    not_analysed: [
      ...listed.leftOut,
      ...[...list.notAnalysed, ...notScanned].map((entry) => ({ ...entry, tool: DETECTOR.name })),
    ],
  };
}

interface ListedFiles {
  readonly path: string;
  readonly files: readonly string[];
  readonly leftOut: readonly NotAnalysed[];
}

const discovered = z.object({
  root: z.string(),
  batches: z.array(z.object({ files: z.array(z.string()) })),
  not_analysed: z.array(notAnalysed),
});

async function discover(path: string, context: SkillContext): Promise<ListedFiles> {
  const found = discovered.parse(await discoverFiles({ path, batches: 1 }, context));
  return {
    path: found.root,
    files: found.batches.flatMap(({ files }) => files),
    leftOut: found.not_analysed,
  };
}

/** By the formula of docs/score.md, over what was looked at. */
function scoreFor(findings: readonly Finding[], sources: readonly Source[]): number | null {
  if (sources.length === 0) return null;
  const { value } = scoreOf({
    lines: sources.reduce((sum, { text }) => sum + countLines(text), 0),
    run: new Set(["correctness"]),
    findings: findings.map(({ severity }) => ({ severity, part: "correctness" })),
    clones: [],
    cycles: 0,
  });
  return value;
}

interface Source {
  readonly file: string;
  readonly text: string;
}

/** What follows from one file. `type`, so that it is assignable to plain JSON. */
type ScannedFile = {
  readonly findings: readonly Omit<Finding, "agent">[];
  readonly notAnalysed: readonly NotAnalysed[];
  readonly suppressed: number;
};

async function scanAll(
  sources: readonly Source[],
  wanted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ScannedFile>> {
  const scanned = new Map<string, ScannedFile>();
  for (const source of sources) {
    if (!wanted.has(source.file)) continue;
    await setImmediate();
    signal.throwIfAborted();
    scanned.set(source.file, await scanFile(source));
  }
  return scanned;
}

async function scanFile({ file, text }: Source): Promise<ScannedFile> {
  const code = await scanCode(file, text);
  if (code.status === "not-read") {
    const { reason, line } = code;
    const entry = { file, reason, ...(line === undefined ? {} : { line }) };
    return { findings: [], notAnalysed: [entry], suppressed: 0 };
  }
  const findings = code.matches.map((match) => findingOf(file, match));
  const suppressions = readSuppressions(text);
  const kept = findings.filter((finding) => !isSuppressed(suppressions, finding));
  return { findings: kept, notAnalysed: [], suppressed: findings.length - kept.length };
}

const LONGEST_SUBJECT = 120;

function findingOf(file: string, { rule, line, column, confidence, subject }: Match) {
  const about = subject.replace(/\s+/g, " ").slice(0, LONGEST_SUBJECT);
  return {
    file,
    line,
    column,
    rule: rule.id,
    severity: rule.severity,
    message: about === "" ? rule.message : `${rule.message}: ${about}`,
    fix: rule.fix,
    confidence,
    tool: DETECTOR.name,
    tool_version: DETECTOR.version,
  };
}
