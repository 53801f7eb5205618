import { z } from "zod";

/** From the one to fix first to the one to look at some day. */
export const SEVERITIES = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Something wrong at one place of the code. `line` and `column` count from 1; a finding about a whole file stands at line 1. */
export const finding = z.object({
  /** Relative to the analysed directory, with `/` between folders. */
  file: z.string(),
  line: z.int().min(1),
  column: z.int().min(1).exactOptional(),
  rule: z.string(),
  severity: z.enum(SEVERITIES),
  message: z.string(),
  help: z.string().exactOptional(),
  /** The weakness it is an instance of, such as `CWE-78` (https://cwe.mitre.org). */
  cwe: z.string().exactOptional(),
  /** What to do about it, in a sentence or two. */
  fix: z.string().exactOptional(),
  confidence: z.enum(["high", "medium", "low"]).exactOptional(),
  tool: z.string(),
  tool_version: z.string(),
  /** The agent whose skill found it. */
  agent: z.string(),
});
export type Finding = z.infer<typeof finding>;

/** A file, or a folder when the name ends in `/`, that was left out. Without `tool`, nobody looked at it. */
export const notAnalysed = z.object({
  file: z.string(),
  reason: z.string(),
  line: z.int().min(1).exactOptional(),
  tool: z.string().exactOptional(),
});
export type NotAnalysed = z.infer<typeof notAnalysed>;

export const tool = z.object({ name: z.string(), version: z.string() });
export type Tool = z.infer<typeof tool>;

/** What is known of one analysed file. Churn is null when it is unknown, never 0 for that. */
export const fileMetrics = z.object({
  file: z.string(),
  lines: z.int().min(0),
  functions: z.int().min(0),
  /** Sum over the file's functions. */
  cyclomatic: z.int().min(0),
  cyclomatic_max: z.int().min(0),
  /** Sum over the file's functions and its top level. */
  cognitive: z.int().min(0),
  cognitive_max: z.int().min(0),
  commits_90d: z.int().min(0).nullable(),
  commits_365d: z.int().min(0).nullable(),
});
export type FileMetrics = z.infer<typeof fileMetrics>;
