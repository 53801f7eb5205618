import type { Json } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { type AnalysedOnce, analyseOnce, codeDigest } from "../analyse-once.ts";
import type { Churn } from "../churn.ts";
import type { FileFingerprints } from "../duplication.ts";
import type { FileMetrics, FileSize, Finding, NotAnalysed } from "../finding.ts";
import type { FileImports } from "../import-graph.ts";
import { PARSER } from "../syntax.ts";
import { analyseAll, type FileAnalysis } from "./analyse-files.ts";
import { ANALYSIS, findingsOf } from "./findings.ts";
import { openModuleFinder } from "./module-file.ts";
import type { MeasuredFile } from "./scope.ts";
import { TREE_SITTER } from "./tree-sitter.ts";

/** What is known of some files together; see docs/skills.md. */
export interface Measurements {
  readonly cached: number;
  readonly metrics: FileMetrics[];
  readonly sizes: FileSize[];
  readonly findings: Finding[];
  readonly imports: FileImports[];
  readonly fingerprints: FileFingerprints[];
  /** The functions of each file that has metrics. */
  readonly measured: { readonly file: string; readonly source: MeasuredFile }[];
  readonly notParsed: NotAnalysed[];
}

export interface FilesToMeasure {
  /** Real path of the directory that the files are relative to. */
  readonly root: string;
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  readonly churn: Churn;
  /** Anything but false means that earlier results may be used. */
  readonly useCache: Json | undefined;
}

/** Measures files that were read. */
export async function measureFiles(
  { root, sources, churn, useCache }: FilesToMeasure,
  context: Pick<SkillContext, "agentId" | "cache" | "signal">,
): Promise<Measurements> {
  const { results, cached } = await analyse({ sources, useCache }, context);
  const moduleOf = openModuleFinder(root);
  const gathered: Measurements = {
    cached,
    metrics: [],
    sizes: [],
    findings: [],
    imports: [],
    fingerprints: [],
    measured: [],
    notParsed: [],
  };
  for (const { file } of sources) {
    const analysis = results.get(file);
    if (analysis === undefined) continue;
    const { language, lines, fingerprints, hasTests, source } = analysis;
    gathered.sizes.push({ file, language, lines, ...commitsOf(file, churn) });
    gathered.fingerprints.push(fingerprints);
    if (source === null) continue;
    if (source.status === "not-parsed") {
      const { reason, line } = source;
      gathered.notParsed.push({ file, reason, ...(line === undefined ? {} : { line }) });
      continue;
    }
    gathered.measured.push({ file, source: source.measured });
    gathered.metrics.push(metricsOf(file, lines, source.measured, churn));
    gathered.findings.push(...findingsOf(file, source.measured, context.agentId));
    const module = await moduleOf(file, language);
    gathered.imports.push({
      file,
      language,
      ...(source.packageName === undefined ? {} : { package: source.packageName }),
      ...(module === undefined ? {} : { module }),
      ...(hasTests ? { has_tests: true } : {}),
      imports: source.imports,
    });
  }
  return gathered;
}

async function analyse(
  { sources, useCache }: Pick<FilesToMeasure, "sources" | "useCache">,
  context: Pick<SkillContext, "cache" | "signal">,
): Promise<AnalysedOnce<FileAnalysis>> {
  const identity = {
    ...ANALYSIS,
    parsers: [PARSER, TREE_SITTER],
    code: await codeDigest(import.meta.dirname),
  };
  const all = (files: readonly string[]) => analyseAll(sources, new Set(files), context.signal);
  return await analyseOnce({ identity, sources, useCache, analyse: all }, context);
}

function commitsOf(file: string, churn: Churn): Pick<FileMetrics, "commits_90d" | "commits_365d"> {
  const commits = churn.status === "known" ? churn.files.get(file) : undefined;
  return {
    commits_90d: commits?.commits90d ?? null,
    commits_365d: commits?.commits365d ?? null,
  };
}

function metricsOf(
  file: string,
  lines: number,
  { functions, topLevel }: MeasuredFile,
  churn: Churn,
): FileMetrics {
  const cyclomatic = functions.map((each) => each.cyclomatic);
  const cognitive = [topLevel, ...functions].map((each) => each.cognitive ?? 0);
  return {
    file,
    lines,
    functions: functions.length,
    cyclomatic: sum(cyclomatic),
    cyclomatic_max: largest(cyclomatic),
    cognitive: sum(cognitive),
    cognitive_max: largest(cognitive),
    ...commitsOf(file, churn),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function largest(values: readonly number[]): number {
  return values.reduce((highest, value) => Math.max(highest, value), 0);
}
