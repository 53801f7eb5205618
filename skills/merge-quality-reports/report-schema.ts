import { z } from "zod";
import { fileMetrics, finding, notAnalysed, tool } from "../finding.ts";
import { clone, coverage, cycle, messageCount, span } from "./inputs.ts";

const count = z.int().min(0);

/** Findings by severity, and all of them. */
export const counts = z.object({
  critical: count,
  high: count,
  medium: count,
  low: count,
  total: count,
});
export type Counts = z.infer<typeof counts>;

/** What a finding's risk is made of; a factor is 1 where what it rests on is not known. */
export const risk = z.object({
  value: z.number(),
  severity: z.number(),
  churn: z.number(),
  complexity: z.number(),
  reach: z.number(),
  /** Factors that are 1 because nothing is known. */
  unknown: z.array(z.enum(["churn", "complexity", "reach"])),
});
export type Risk = z.infer<typeof risk>;

export const rankedFinding = finding.extend({
  /** The same for the same problem when lines above it come or go; see docs/report-json.md. */
  fingerprint: z.string(),
  /** The fingerprint of an earlier finding: the same code under the same rule, in a file of the same name elsewhere. */
  copy_of: z.string().exactOptional(),
  risk,
  /** Every agent and tool that reported it. */
  confirmed_by: z.array(z.object({ agent: z.string(), tool: z.string() })),
  /** Against the baseline or the run before; absent when there is none. */
  is_new: z.boolean().exactOptional(),
});
export type RankedFinding = z.infer<typeof rankedFinding>;

/** A published number from 0 to 100; docs/score.md has the formula. */
export const score = z.object({
  formula: z.literal("1.0"),
  /** Null when nothing was analysed or its size is not known. */
  value: z.number().min(0).max(100).nullable(),
  grade: z.enum(["A", "B", "C", "D", "F"]).nullable(),
  reason: z.string().exactOptional(),
  /** Lines that penalties are counted against, at least 1,000; null without a value. */
  lines: z.number().nullable(),
  /** The rule that held the value down, when one did. */
  cap: z.string().exactOptional(),
  parts: z.array(
    z.object({
      part: z.enum(["correctness", "security", "complexity", "duplication", "cycles"]),
      status: z.enum(["run", "not-run"]),
      /** Penalty points, before they are divided by thousands of lines. */
      penalty: z.number(),
      /** How much of what is missing to 100 falls to this part, caps left aside. */
      lost: z.number(),
    }),
  ),
});
export type Score = z.infer<typeof score>;
export type PartName = Score["parts"][number]["part"];

const notRun = z.object({ status: z.literal("not-run"), reason: z.string() });

/** One run of the same root that `trend` shows. */
export const trendPoint = z.object({
  run: z.string(),
  generated_at: z.string(),
  findings: count,
  score: z.number().nullable(),
  /** Whether the score follows the same formula from the same parts. */
  comparable: z.boolean(),
});
export type TrendPoint = z.infer<typeof trendPoint>;

export const comparison = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("compared"),
    with: z.enum(["baseline", "run-before"]),
    run: z.string(),
    generated_at: z.string(),
    new: count,
    gone: count,
    same: count,
  }),
  z.object({ status: z.literal("not-compared"), reason: z.string() }),
]);
export type Comparison = z.infer<typeof comparison>;

export const gate = z.object({
  status: z.enum(["passed", "failed", "not-set"]),
  reasons: z.array(z.string()),
});
export type Gate = z.infer<typeof gate>;

/** `score` is commits in 365 days × cognitive complexity; null when the commits are not known. */
const hotspot = fileMetrics.extend({ score: z.number().nullable() });
export type Hotspot = z.infer<typeof hotspot>;

const folderShare = z.object({
  /** Relative to the root, `.` for the root itself. */
  folder: z.string(),
  lines: count,
  files: count,
  risk: z.number(),
  counts,
});
export type FolderShare = z.infer<typeof folderShare>;

const agentShare = z.object({
  agent: z.string(),
  batches: count,
  /** A file that two tools analysed counts twice: it was work twice. */
  file_analyses: count,
  findings: count,
});
export type AgentShare = z.infer<typeof agentShare>;

const toolShare = tool.extend({
  parser: tool.exactOptional(),
  files_analysed: count,
  /** How many of them were known from earlier runs. */
  files_cached: count,
  findings: count,
});
export type ToolShare = z.infer<typeof toolShare>;

/** The content of `report.json`. */
export const qualityReport = z.object({
  v: z.literal(2),
  run: z.string(),
  cascade: z.string(),
  /** ISO 8601, UTC. */
  generated_at: z.string(),
  path: z.string(),
  root: z.string(),
  /** `analysed` are those that at least one tool looked at. */
  files: z.object({ total: count, analysable: count, analysed: count }),
  /** Of the measured files; null when none was measured. */
  lines: count.nullable(),
  languages: z.record(z.string(), count),
  score,
  counts,
  gate,
  comparison,
  /** Oldest first; this run is the last. */
  trend: z.array(trendPoint),
  /** First the one to look at first. */
  findings: z.array(rankedFinding),
  /** Content of the files that have findings, as it was when the report was written. */
  sources: z.array(z.object({ file: z.string(), sha256: z.string() })),
  folders: z.array(folderShare),
  hotspots: z.array(hotspot),
  /** Why some or all files have no churn; empty when it is known. */
  churn_unknown: z.array(z.string()),
  metrics: z.array(fileMetrics),
  clones: z.discriminatedUnion("status", [
    z.object({ status: z.literal("run"), groups: z.array(clone) }),
    notRun,
  ]),
  cycles: z.discriminatedUnion("status", [
    z.object({ status: z.literal("run"), groups: z.array(cycle) }),
    notRun,
  ]),
  coverage,
  agents: z.array(agentShare),
  tools: z.array(toolShare),
  timeline: z.array(span).nullable(),
  messages: z.array(messageCount).nullable(),
  /** Analyses that this run did not make. */
  not_run: z.array(z.object({ part: z.string(), reason: z.string() })),
  not_analysed: z.array(notAnalysed),
  /** Findings that comments in the code silence, each with its reason there. */
  suppressed: count,
});
export type QualityReport = z.infer<typeof qualityReport>;
