import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { analyseOnce, codeDigest } from "../analyse-once.ts";
import { type Churn, churnFrom, churnOfFiles, readChurn } from "../churn.ts";
import type { FileFingerprints } from "../duplication.ts";
import { openFileList } from "../file-list.ts";
import type { FileMetrics, FileSize, Finding, NotAnalysed } from "../finding.ts";
import type { FileImports } from "../import-graph.ts";
import { PARSER } from "../syntax.ts";
import { analyseAll, type FileAnalysis } from "./analyse-files.ts";
import { ANALYSIS, findingsOf } from "./findings.ts";
import { openModuleFinder } from "./module-file.ts";
import type { MeasuredFile } from "./scope.ts";
import { TREE_SITTER } from "./tree-sitter.ts";

/** Measures a batch of files. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { root, sources, notAnalysed } = await openFileList(inputs, context.signal);
  const churn =
    givenChurn(inputs) ??
    (await readChurn(
      root,
      sources.map(({ file }) => file),
      { nowS: Math.floor(Date.now() / 1_000), signal: context.signal },
    ));
  const { results, cached } = await analyseOnce<FileAnalysis>(
    {
      identity: {
        ...ANALYSIS,
        parsers: [PARSER, TREE_SITTER],
        code: await codeDigest(import.meta.dirname),
      },
      sources,
      useCache: inputs["cache"],
      analyse: (files) => analyseAll(sources, new Set(files), context.signal),
    },
    context,
  );
  const moduleOf = openModuleFinder(root);
  const gathered: Gathered = {
    metrics: [],
    sizes: [],
    findings: [],
    imports: [],
    fingerprints: [],
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
  const { notParsed, ...outputs } = gathered;
  return {
    tool: ANALYSIS,
    parser: PARSER,
    parsers: [PARSER, TREE_SITTER],
    agent: context.agentId,
    files_analysed: sources.length - notParsed.length,
    files_cached: cached,
    ...outputs,
    churn:
      churn.status === "known" ? { status: "known" } : { status: "unknown", reason: churn.reason },
    not_analysed: [...notAnalysed, ...notParsed].map((entry) => ({
      ...entry,
      tool: ANALYSIS.name,
    })),
  };
}

/** The whole history is read once, by `discover-files`, rather than by every batch. */
function givenChurn({ churn, files }: JsonObject): Churn | undefined {
  if (churn === undefined || churn === null) return undefined;
  const given = churnOfFiles.safeParse(churn);
  if (given.success && Array.isArray(files)) return churnFrom(given.data, files.map(String));
  throw new SwarmError("invalid-input", "churn does not fit", { location: { pointer: "/churn" } });
}

interface Gathered {
  readonly metrics: FileMetrics[];
  readonly sizes: FileSize[];
  readonly findings: Finding[];
  readonly imports: FileImports[];
  readonly fingerprints: FileFingerprints[];
  readonly notParsed: NotAnalysed[];
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
