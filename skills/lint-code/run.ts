import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { analyseOnce, codeDigest } from "../analyse-once.ts";
import { argumentGroups } from "../child-process.ts";
import { openFileList } from "../file-list.ts";
import type { Finding, NotAnalysed } from "../finding.ts";
import { secondOpinion } from "../second-opinion.ts";
import { reportName } from "../source-file.ts";
import { type Diagnostic, OXLINT, runOxlint } from "./oxlint.ts";
import { severityOf } from "./severity.ts";

/** Lints a batch of files. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { root, sources, notAnalysed } = await openFileList(inputs, context.signal, {
    analysis: "lint",
  });
  const { results, cached } = await analyseOnce<Linted>(
    {
      identity: { ...OXLINT, code: await codeDigest(import.meta.dirname) },
      sources,
      useCache: inputs["cache"],
      analyse: (files) => lintAll(root, files, context),
    },
    context,
  );
  const linted = sources.flatMap(({ file }) => results.get(file) ?? []);
  const outcome = {
    findings: linted.flatMap(({ findings }) => findings),
    notAnalysed: linted.flatMap((each) => each.notAnalysed),
  };
  const findings = outcome.findings.map((each) => ({ ...each, agent: context.agentId }));
  const of = { skill: "lint-code", path: String(inputs["path"]) };
  return {
    tool: OXLINT,
    agent: context.agentId,
    files_analysed: sources.length - new Set(outcome.notAnalysed.map(({ file }) => file)).size,
    files_cached: cached,
    findings: [...findings, ...(await secondOpinion(findings, of, context))],
    not_analysed: [...notAnalysed, ...outcome.notAnalysed].map((entry) => ({
      ...entry,
      tool: OXLINT.name,
    })),
  };
}

interface LintOutcome {
  readonly findings: Finding[];
  readonly notAnalysed: NotAnalysed[];
}

/** What follows from one file. `type`, so that it is assignable to plain JSON. */
type Linted = {
  readonly findings: readonly Omit<Finding, "agent">[];
  readonly notAnalysed: readonly NotAnalysed[];
};

async function lintAll(
  root: string,
  files: readonly string[],
  context: SkillContext,
): Promise<ReadonlyMap<string, Linted>> {
  const outcome: LintOutcome = { findings: [], notAnalysed: [] };
  for (const group of argumentGroups(files)) await lint(root, group, outcome, context);
  const findings = Map.groupBy(outcome.findings, ({ file }) => file);
  const leftOut = Map.groupBy(outcome.notAnalysed, ({ file }) => file);
  return new Map(
    files.map((file) => [
      file,
      {
        findings: (findings.get(file) ?? []).map(({ agent: _, ...rest }) => rest),
        notAnalysed: leftOut.get(file) ?? [],
      },
    ]),
  );
}

/**
 * Lints files together; when oxlint crashes, passes a file over or reports a failure without naming the file,
 * it halves them until that file is alone.
 */
async function lint(
  root: string,
  files: readonly string[],
  outcome: LintOutcome,
  context: SkillContext,
): Promise<void> {
  const [first] = files;
  if (first === undefined) return;
  const answer = await runOxlint(root, files, context.signal);
  if (
    answer.status === "linted" &&
    answer.files === files.length &&
    answer.diagnostics.every(({ filename }) => filename != null && files.includes(nameOf(filename)))
  ) {
    for (const diagnostic of answer.diagnostics) record(diagnostic, outcome, context);
    return;
  }
  if (files.length === 1) {
    outcome.notAnalysed.push({ file: first, reason: reasonAlone(answer) });
    return;
  }
  const middle = Math.ceil(files.length / 2);
  await lint(root, files.slice(0, middle), outcome, context);
  await lint(root, files.slice(middle), outcome, context);
}

function reasonAlone(answer: Awaited<ReturnType<typeof runOxlint>>): string {
  if (answer.status === "crashed") return answer.reason;
  return answer.diagnostics[0]?.message ?? "oxlint passes this file over";
}

function record(diagnostic: Diagnostic, outcome: LintOutcome, context: SkillContext): void {
  const file = nameOf(diagnostic.filename ?? "");
  const place = diagnostic.labels?.[0]?.span;
  if (diagnostic.code == null) {
    outcome.notAnalysed.push({
      file,
      reason: `syntax error: ${diagnostic.message}`,
      ...(place === undefined ? {} : { line: place.line }),
    });
    return;
  }
  const rule = diagnostic.code.replace(/^(.+)\((.+)\)$/, "$1/$2");
  outcome.findings.push({
    file,
    line: place?.line ?? 1,
    ...(place === undefined ? {} : { column: place.column }),
    rule,
    severity: severityOf(rule),
    message: diagnostic.message,
    ...(diagnostic.help == null ? {} : { help: diagnostic.help }),
    tool: OXLINT.name,
    tool_version: OXLINT.version,
    agent: context.agentId,
  });
}

/** oxlint names files relative to its working directory, which is the root. */
function nameOf(filename: string): string {
  return reportName(filename);
}
