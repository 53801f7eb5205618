import { z } from "zod";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { writeArtifact } from "../artifact.ts";
import { parseInputs } from "../skill-inputs.ts";
import { reportOn } from "./data-report.ts";
import { renderHtml } from "./html/page.ts";
import { renderMarkdown } from "./markdown.ts";
import { summaryOf } from "./summary.ts";

const reportInputs = z.object({
  rows: z.array(z.custom<Json>()),
  title: z.string().nullish(),
  group_by: z.string().nullish(),
  measures: z.array(z.string()).nullish(),
  format: z.enum(["markdown", "html", "both"]).nullish(),
  max_rows: z.int().min(0).max(1_000).nullish(),
});

/** Writes a report about rows. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const given = parseInputs(reportInputs, inputs);
  const report = reportOn({
    rows: given.rows,
    title: given.title || "Report",
    groupBy: given.group_by || undefined,
    measures: given.measures ?? undefined,
    maxRows: given.max_rows ?? 50,
  });
  context.signal.throwIfAborted();
  const { stageId, index, runId } = context.run;
  const name = `data-report-${stageId.slice(0, 64)}-${index}`;
  const files: string[] = [];
  if (given.format !== "markdown") {
    files.push(await writeArtifact(`${name}.html`, renderHtml(report, runId), context));
  }
  if (given.format !== "html") {
    files.push(await writeArtifact(`${name}.md`, renderMarkdown(report), context));
  }
  return {
    report: files[0] ?? "",
    files,
    summary: summaryOf(report).join(" "),
    totals: report.totals,
  };
}
