import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { renderMarkdown } from "./markdown.ts";
import { headlineOf, mergeInputs, mergeReports } from "./report.ts";

/** How many findings the output carries; the files carry all. */
const TOP = 10;

/** Writes `report.json` and `report.md`. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const parsed = mergeInputs.safeParse(inputs);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const pointer = `/${(issue?.path ?? []).map(String).join("/")}`;
    throw new SwarmError("invalid-input", `${pointer}: ${issue?.message ?? "does not fit"}`, {
      location: { pointer },
    });
  }
  const report = mergeReports(parsed.data, {
    run: context.run.runId,
    cascade: context.run.cascade,
    generatedAtMs: Date.now(),
  });
  const reportJson = await context.writeArtifact(
    "report.json",
    `${JSON.stringify(report, undefined, 2)}\n`,
  );
  const reportMd = await context.writeArtifact("report.md", renderMarkdown(report));
  return {
    report_json: reportJson,
    report_md: reportMd,
    headline: headlineOf(report),
    files: report.files.analysed,
    findings: report.counts,
    top: report.findings.slice(0, TOP),
  };
}
