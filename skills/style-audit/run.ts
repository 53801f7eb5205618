import { z } from "zod";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { writeArtifact } from "../artifact.ts";
import { run as discoverFiles } from "../discover-files/run.ts";
import { patchOf as polishedPatch } from "../draft-changes/patch.ts";
import type { Finding } from "../finding.ts";
import { countBySeverity } from "../merge-quality-reports/shares.ts";
import { patchText } from "../patch-text.ts";
import { parseInputs } from "../skill-inputs.ts";
import { readText } from "../source-file.ts";
import type { Problem } from "./problems.ts";
import { type FileChange, makeScratchCopy, patchOf } from "./scratch-copy.ts";
import { runTests, type TestEnd } from "./tests.ts";
import { needed, runTool, type ToolReport } from "./tool-runs.ts";
import { chosenTools, MANIFESTS, STYLE_TOOLS } from "./tools.ts";

const AUDIT = { name: "style-audit", version: "1.0.0" } as const;
/** Of a longer diff the beginning is answered; the patch has all of it. */
const LONGEST_DIFF = 40_000;
const MOST_FINDINGS = 5_000;

const auditInputs = z.object({
  path: z.string().min(1),
  fix: z.boolean().default(false),
  patch: z.string().nullish(),
  test_command: z.array(z.string().min(1)).min(1).nullish(),
});

const discovered = z.object({
  root: z.string(),
  batches: z.array(z.object({ files: z.array(z.string()), texts: z.array(z.string()) })),
});

/** Runs a project's own formatters and linters on a copy of it. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { path, fix, patch: patched, test_command: testCommand } = parseInputs(auditInputs, inputs);
  const { signal } = context;
  const sandbox = needed(context.sandbox);
  const { root, batches } = discovered.parse(await discoverFiles({ path, batches: 1 }, context));
  const files = batches.flatMap((batch) => [...batch.files, ...batch.texts]);
  const tools = chosenTools(
    files.filter((file) => !file.includes("/")),
    await manifestsOf(root),
  );
  const given = await patchText(patched ?? "");
  await using copy = await makeScratchCopy(root, { files, patch: given }, signal);
  const surroundings = { sandbox, copy, signal };
  const before = testCommand == null ? undefined : await runTests(testCommand, surroundings);
  const reports: ToolReport[] = [];
  for (const tool of tools) reports.push(await runTool(tool, surroundings));
  const changes = await copy.changes();
  const tests = await testsAfter(before, testCommand, changes, surroundings);
  const patch = patchOf(changes);
  const findings = findingsOf(reports, changes).map((each) => ({
    ...each,
    agent: context.agentId,
  }));
  const status = statusOf(reports, findings, tests);
  const keepsTests = tests.status !== "changed";
  return {
    tool: AUDIT,
    agent: context.agentId,
    status,
    passed: status === "clean",
    tools: reports.map((report) => report.run),
    not_configured: STYLE_TOOLS.filter((tool) => !tools.includes(tool)).map(({ name }) => name),
    files_analysed: reports.some((report) => report.run.status === "ran") ? files.length : 0,
    findings,
    counts: countBySeverity(findings),
    changes: changes.map(({ file, before: old, after }) => ({ file, ...linesOf(old, after) })),
    diff: patch.slice(0, LONGEST_DIFF),
    ...(fix && keepsTests && patch !== ""
      ? { patch: await writeArtifact("style.patch", patch, context) }
      : {}),
    polished_patch: keepsTests ? polishedPatch(await copy.changesWithPatch()) : given,
    tests,
    enforcement: { ...sandbox.enforcement },
    not_analysed: reports
      .filter((report) => report.run.status !== "ran")
      .map((report) => ({
        file: "./",
        reason: `${report.run.name}: ${report.run.reason ?? ""}`,
        tool: AUDIT.name,
      })),
  };
}

async function manifestsOf(root: string): Promise<string[]> {
  const read = await Promise.all(MANIFESTS.map((name) => readText(root, name)));
  return read.flatMap((file) => (file.status === "source" ? [file.text] : []));
}

/** `type`, so that it is plain JSON. */
type Tests = {
  readonly status: "same" | "changed" | "not-run";
  readonly reason?: string;
  readonly before?: TestEnd;
  readonly after?: TestEnd;
};

async function testsAfter(
  before: TestEnd | undefined,
  command: readonly string[] | null | undefined,
  changes: readonly FileChange[],
  surroundings: Parameters<typeof runTool>[1],
): Promise<Tests> {
  if (before === undefined || command == null) {
    return { status: "not-run", reason: "no test_command was given" };
  }
  if (changes.length === 0) return { status: "same", before, after: before };
  const after = await runTests(command, surroundings);
  const isSame = before.status === after.status && before.code === after.code;
  return { status: isSame ? "same" : "changed", before, after };
}

type Status = "clean" | "problems" | "not-configured" | "failed";

function statusOf(
  reports: readonly ToolReport[],
  findings: readonly unknown[],
  tests: Tests,
): Status {
  if (reports.length === 0) return "not-configured";
  if (reports.some((report) => report.run.status !== "ran")) return "failed";
  return findings.length === 0 && tests.status !== "changed" ? "clean" : "problems";
}

function findingsOf(
  reports: readonly ToolReport[],
  changes: readonly FileChange[],
): Omit<Finding, "agent">[] {
  const reported = reports.flatMap((report) =>
    report.problems.map((problem) => asFinding(problem, report.run.name)),
  );
  const told = new Set(reported.map(({ file }) => file));
  const unformatted = changes
    .filter(({ file }) => !told.has(file))
    .map(({ file, before, after }) =>
      asFinding(
        {
          file,
          line: firstDifference(before, after),
          rule: "style/not-formatted",
          severity: "low",
          message: "the project's own formatter would change this file",
        },
        AUDIT.name,
      ),
    );
  return [...reported, ...unformatted].slice(0, MOST_FINDINGS);
}

function asFinding(problem: Problem, tool: string): Omit<Finding, "agent"> {
  return { ...problem, tool, tool_version: tool === AUDIT.name ? AUDIT.version : "of the project" };
}

function firstDifference(before: string, after: string): number {
  const old = before.split("\n");
  const now = after.split("\n");
  const at = old.findIndex((line, index) => line !== now[index]);
  return at === -1 ? old.length : at + 1;
}

/** How many lines a change takes and adds, by their content. */
function linesOf(before: string, after: string): { removed: number; added: number } {
  const count = (text: string): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const line of text.split("\n")) counts.set(line, (counts.get(line) ?? 0) + 1);
    return counts;
  };
  const [old, now] = [count(before), count(after)];
  const surplus = (from: ReadonlyMap<string, number>, to: ReadonlyMap<string, number>): number =>
    [...from].reduce((sum, [line, number]) => sum + Math.max(0, number - (to.get(line) ?? 0)), 0);
  return { removed: surplus(old, now), added: surplus(now, old) };
}
