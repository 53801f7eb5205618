import { setImmediate } from "node:timers/promises";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import type { FileFingerprints } from "../duplication.ts";
import { openFileList } from "../file-list.ts";
import type { FileMetrics, FileSize, Finding, NotAnalysed } from "../finding.ts";
import type { FileImports } from "../import-graph.ts";
import { analysesOf, countLines, languageOf } from "../source-file.ts";
import { PARSER } from "../syntax.ts";
import { type Churn, readChurn } from "./churn.ts";
import { ANALYSIS, findingsOf } from "./findings.ts";
import { fingerprintsOf } from "./fingerprints.ts";
import { measureSource } from "./measure-source.ts";
import { openModuleFinder } from "./module-file.ts";
import type { MeasuredFile } from "./scope.ts";
import { TREE_SITTER } from "./tree-sitter.ts";

/** Measures a batch of files. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { root, sources, notAnalysed } = await openFileList(inputs, context.signal);
  const churn = await readChurn(
    root,
    sources.map(({ file }) => file),
    { nowS: Math.floor(Date.now() / 1_000), signal: context.signal },
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
  for (const { file, text } of sources) {
    await setImmediate();
    context.signal.throwIfAborted();
    const language = languageOf(file) ?? "";
    const lines = countLines(text);
    gathered.sizes.push({ file, language, lines, ...commitsOf(file, churn) });
    gathered.fingerprints.push(fingerprintsOf(file, text, language));
    if (!analysesOf(language).includes("functions")) continue;
    const source = await measureSource(file, text, language);
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
      ...(language === "Rust" && HAS_RUST_TESTS.test(text) ? { has_tests: true } : {}),
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
    ...outputs,
    churn:
      churn.status === "known" ? { status: "known" } : { status: "unknown", reason: churn.reason },
    not_analysed: [...notAnalysed, ...notParsed].map((entry) => ({
      ...entry,
      tool: ANALYSIS.name,
    })),
  };
}

interface Gathered {
  readonly metrics: FileMetrics[];
  readonly sizes: FileSize[];
  readonly findings: Finding[];
  readonly imports: FileImports[];
  readonly fingerprints: FileFingerprints[];
  readonly notParsed: NotAnalysed[];
}

/** Rust keeps the tests of a module in its file. */
const HAS_RUST_TESTS = /#\[(?:\w+::)?test\b|#\[cfg\(test\)\]/;

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
