import { describe, expect, it } from "vitest";
import { run } from "../../skills/merge-quality-reports/run.ts";
import { complexityReport, discovery, found, lintReport, metrics } from "./report-inputs.ts";
import { skillContext } from "./skill-context.ts";

/** 4,000 files with four findings each. */
async function artifactsOf(nameOf: (index: number) => string, message: string) {
  const files = Array.from({ length: 4_000 }, (_, index) => nameOf(index));
  const context = skillContext();
  const inputs = {
    discovery: discovery(files, {
      not_analysed: files.map((file, index) => ({ file, reason: `${message} ${index}` })),
    }),
    reports: [
      ...["agent-1", "agent-2", "agent-3", "agent-4"].map((agent, index) =>
        lintReport(
          agent,
          files.map((file) => found({ file, line: index + 1, message, help: message, agent })),
        ),
      ),
      complexityReport(
        "agent-1",
        files.map((file, index) =>
          metrics(file, { commits_365d: index % 90, cognitive: index % 70 }),
        ),
      ),
    ],
    cycles: [{ files }],
    clones: files.map((file) => ({
      tokens: 50,
      lines: 9,
      places: files.slice(0, 20).map(() => ({ file, startLine: 1, endLine: 9 })),
    })),
    coverage: {
      status: "reach",
      reach: { tests: 0, sources: files.length, reached: 0, unreached: files },
    },
    timeline: Array.from({ length: 9_000 }, (_, index) => ({
      agent: `${message}${index % 300}`,
      stage: `${message}${index % 50}`,
      index,
      startedMs: index,
      endedMs: index + 5,
      attempt: 1,
    })),
    messages: files.map((file, index) => ({
      from: file,
      to: message,
      kind: `${message}${index}`,
      count: index,
    })),
  };
  await run(inputs, context);
  return context.artifacts;
}

describe("the report of 4,000 files", () => {
  it.each([
    ["plain", (index: number) => `src/part-${index % 40}/module-${index}.js`, "eval is harmful"],
    [
      "hostile",
      (index: number) => `${"<&\u202e".repeat(80)}${index}/${"\"'".repeat(100)}.js`,
      "`\u0000<".repeat(150),
    ],
  ] as const)(
    "keeps its files in bounds, %s",
    async (_, nameOf, message) => {
      const artifacts = await artifactsOf(nameOf, message);
      expect(Buffer.byteLength(artifacts.get("report.html") ?? "")).toBeLessThan(2_000_000);
      expect(artifacts.get("report.md")?.length).toBeLessThan(60_000);
      expect(JSON.parse(artifacts.get("report.sarif") ?? "null").runs[0].results).toHaveLength(
        5_000,
      );
      expect(JSON.parse(artifacts.get("report.json") ?? "null").findings).toHaveLength(16_000);
      expect(artifacts.get("report.html")).toMatch(/[\d,]+ more of less risk in report\.json/);
      expect(artifacts.get("report.md")).toMatch(/\d+ more in `report\.json`/);
    },
    60_000,
  );
});
