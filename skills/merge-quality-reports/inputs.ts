import { z } from "zod";
import { fileFingerprints } from "../duplication.ts";
import { fileMetrics, finding, notAnalysed, tool } from "../finding.ts";
import { fileImports } from "../import-graph.ts";

const count = z.int().min(0);
const milliseconds = z.number().min(0);

/** What an analysing skill answers for one batch; each leaves out what it does not measure. */
const batchReport = z.object({
  tool,
  parser: tool.exactOptional(),
  agent: z.string(),
  files_analysed: count,
  /** How many of them were known from an earlier run. */
  files_cached: count.exactOptional(),
  /** Findings that a comment silences. */
  suppressed: count.exactOptional(),
  advisories: z
    .discriminatedUnion("status", [
      z.object({ status: z.literal("run") }),
      z.object({ status: z.literal("not-run"), reason: z.string() }),
    ])
    .exactOptional(),
  findings: z.array(finding),
  not_analysed: z.array(notAnalysed),
  metrics: z.array(fileMetrics).exactOptional(),
  churn: z
    .discriminatedUnion("status", [
      z.object({ status: z.literal("known") }),
      z.object({ status: z.literal("unknown"), reason: z.string() }),
    ])
    .exactOptional(),
});
export type BatchReport = z.infer<typeof batchReport>;

const batchOutput = batchReport.extend({
  imports: z.array(fileImports).exactOptional(),
  fingerprints: z.array(fileFingerprints).exactOptional(),
});

const discovery = z.object({
  root: z.string(),
  batches: z.array(z.object({ files: z.array(z.string()) })),
  languages: z.record(z.string(), count),
  not_analysed: z.array(notAnalysed),
  total_files: count,
});

/** Equal code at several places; lines from 1, both ends included. */
export const clone = z.object({
  tokens: count,
  lines: count,
  places: z.array(z.object({ file: z.string(), startLine: count, endLine: count })),
});
export type Clone = z.infer<typeof clone>;

/** Files that import each other in a ring. */
export const cycle = z.object({ files: z.array(z.string()) });

const importsOfFile = z.object({ file: z.string(), imports: z.array(z.string()) });
export type ImportsOfFile = z.infer<typeof importsOfFile>;

/** `measured` comes from coverage reports; `reach` says only which files any test imports, directly or not. */
export const coverage = z.object({
  status: z.enum(["measured", "reach", "not-run"]),
  reason: z.string().exactOptional(),
  coverage: z
    .object({
      reports: z.array(z.object({ file: z.string(), seconds_behind: count.nullable() })),
      covered: count,
      total: count,
      files: z.array(z.object({ file: z.string(), covered: count, total: count })),
      files_without: z.array(z.string()),
    })
    .exactOptional(),
  reach: z
    .object({ tests: count, sources: count, reached: count, unreached: z.array(z.string()) })
    .exactOptional(),
});
export type Coverage = z.infer<typeof coverage>;

/** One attempt at one task, in milliseconds since 1970. */
export const span = z.object({
  agent: z.string(),
  stage: z.string(),
  index: count,
  startedMs: milliseconds,
  endedMs: milliseconds,
  attempt: z.int().min(1),
  status: z.enum(["succeeded", "failed"]).exactOptional(),
  /** The peer that handed it over. */
  from: z.string().exactOptional(),
});
export type Span = z.infer<typeof span>;

/** How many messages of a kind went from one part of the swarm to another. */
export const messageCount = z.object({
  from: z.string(),
  to: z.string(),
  kind: z.string(),
  count,
});
export type MessageCount = z.infer<typeof messageCount>;

/** The inputs of the skill. What is absent was not run, and the report says so. */
export const mergeInputs = z.object({
  reports: z.array(batchOutput),
  discovery,
  path: z.string().nullish(),
  clones: z.array(clone).nullish(),
  cycles: z.array(cycle).nullish(),
  imports: z.array(importsOfFile).nullish(),
  coverage: coverage.nullish(),
  /** An attempt that no agent had has no `agent`. */
  timeline: z.array(span.extend({ agent: z.string().exactOptional() })).nullish(),
  messages: z.array(messageCount).nullish(),
  fail_on: z.enum(["critical", "high", "medium", "low", ""]).nullish(),
  baseline: z.string().nullish(),
});
export type SkillInputs = z.infer<typeof mergeInputs>;

/** The same, once what follows from all batches together is worked out. */
export type MergeInputs = Omit<SkillInputs, "reports" | "timeline"> & {
  readonly reports: readonly BatchReport[];
  readonly timeline?: readonly Span[] | null | undefined;
};
