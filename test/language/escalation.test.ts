import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { problems, skills } from "./stage-problems.ts";

const HTTP = 'http: { url: "https://example.test/" }';

function stagesOf(handling: string, more = "") {
  const text = `cascade: c\n${more}stages:\n  - { stage: a, ${HTTP}${handling} }\n  - { stage: b, transform: "\${a.status}" }\n`;
  const result = compileCascade({ text, file: "c.yaml" }, skills);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  const { stages } = result.plan;
  const idOf = (position: number) => stages[position]?.id;
  return stages.map(({ id, needs, guard, continueOnError, retry }) => ({
    id,
    needs: needs.map(idOf),
    guard: guard && { ...guard, stage: idOf(guard.stage) },
    isTolerated: continueOnError === true,
    attempts: retry.maxAttempts,
  }));
}

describe("error handling in turn", () => {
  it("tries again, falls back to one skill after the other, and then asks a person", () => {
    const handling =
      ", error_handling: { escalate_after: 2, fallback: [http-request, http-request], escalate: true }";
    expect(stagesOf(handling)).toEqual([
      { id: "a", needs: [], guard: undefined, isTolerated: true, attempts: 2 },
      {
        id: "a--fallback",
        needs: ["a"],
        guard: { stage: "a", failed: true },
        isTolerated: true,
        attempts: 4,
      },
      {
        id: "a--fallback-2",
        needs: ["a--fallback"],
        guard: { stage: "a--fallback", failed: true },
        isTolerated: true,
        attempts: 4,
      },
      {
        id: "a--escalated",
        needs: ["a--fallback-2"],
        guard: { stage: "a--fallback-2", failed: true },
        isTolerated: false,
        attempts: 1,
      },
      {
        id: "a--answer",
        needs: ["a--escalated", "a--fallback-2"],
        guard: { stage: "a--fallback-2", failed: true },
        isTolerated: false,
        attempts: 1,
      },
      {
        id: "a--again",
        needs: ["a--answer"],
        guard: { stage: "a--answer", branch: "again" },
        isTolerated: false,
        attempts: 2,
      },
      {
        id: "b",
        needs: ["a", "a--fallback", "a--fallback-2", "a--escalated", "a--answer", "a--again"],
        guard: undefined,
        isTolerated: false,
        attempts: 1,
      },
    ]);
  });

  it("asks for all stages of a cascade that says so", () => {
    const ids = (handling: string) =>
      stagesOf(handling, "error_handling: [retry, escalate]\n").map(({ id }) => id);
    expect(ids("")).toEqual(["a", "a--escalated", "a--answer", "a--again", "b"]);
    expect(ids(", error_handling: { max_retries: 1 }")).toEqual(["a", "b"]);
    expect(ids(", error_handling: { escalate: false }")).toEqual(["a", "b"]);
  });

  it.each([
    ["{ escalate_after: 2, max_retries: 3 }", "`max_retries`"],
    ["{ escalate_after: 2, strategy: fail }", "`strategy: fail`"],
  ])("says once how often: %s", (handling, other) => {
    expect(problems(`  - { stage: a, ${HTTP}, error_handling: ${handling} }\n`)).toMatchObject([
      {
        code: "invalid-cascade",
        message: `\`escalate_after\` says how often a task is tried, and so does ${other}`,
      },
    ]);
  });
});
