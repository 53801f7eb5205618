import type { JsonObject } from "../../core/json.ts";
import type { FileMetrics, Finding } from "../../skills/finding.ts";

export const OXLINT = { name: "oxlint", version: "1.80.0" };
export const COMPLEXITY = { name: "complexity-analysis", version: "1.0.0" };
export const SECURITY = { name: "security-scan", version: "1.0.0" };

export function found(given: Partial<Finding> = {}): Finding {
  return {
    file: "a.js",
    line: 1,
    rule: "eslint/no-eval",
    severity: "high",
    message: "eval is harmful",
    tool: OXLINT.name,
    tool_version: OXLINT.version,
    agent: "agent-1",
    ...given,
  };
}

export function metrics(file: string, given: Partial<FileMetrics> = {}): FileMetrics {
  return {
    file,
    lines: 10,
    functions: 1,
    cyclomatic: 3,
    cyclomatic_max: 3,
    cognitive: 2,
    cognitive_max: 2,
    commits_90d: 1,
    commits_365d: 4,
    ...given,
  };
}

export function discovery(files: readonly string[], given: JsonObject = {}): JsonObject {
  return {
    root: "/home/person/app",
    batches: files.map((file) => ({ files: [file], bytes: 1 })),
    languages: { JavaScript: files.length },
    not_analysed: [],
    total_files: files.length,
    ...given,
  };
}

/** What a linting skill answers; `given.tool` makes it another one's. */
export function lintReport(
  agent: string,
  findings: readonly Finding[],
  given: JsonObject = {},
): JsonObject {
  return { tool: OXLINT, agent, files_analysed: 1, findings, not_analysed: [], ...given };
}

export function complexityReport(
  agent: string,
  list: readonly FileMetrics[],
  given: JsonObject = {},
): JsonObject {
  return {
    tool: COMPLEXITY,
    parser: { name: "@babel/parser", version: "8.1.2" },
    agent,
    files_analysed: list.length,
    findings: [],
    metrics: list,
    churn: { status: "known" },
    not_analysed: [],
    ...given,
  };
}
