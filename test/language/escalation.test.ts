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

const FIX_CHAIN = ["a", "a--fix", "a--fixed"];

describe("fixes as an error strategy", () => {
  /** The ids, the guards and the conditions of the chain. */
  const chainOf = (handling: string, more = "") => {
    const text = `cascade: c\n${more}stages:\n  - { stage: a, skill: lint-code, files: [] ${handling} }\n`;
    const written = text.replace("files: [] ", 'inputs: { path: "src", files: [] }');
    const result = compileCascade({ text: written, file: "c.yaml" }, skills);
    if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
    return result.plan.stages;
  };

  it("looks for a fix when a stage has failed, and does it once more only with one", () => {
    const stages = chainOf(", error_handling: { strategy: codex-auto-fix }");
    expect(stages.map(({ id }) => id)).toEqual(FIX_CHAIN);
    const [failed, fix, fixed] = stages;
    expect([failed, fix, fixed].map((stage) => stage?.continueOnError)).toEqual([
      ...[true, undefined, undefined],
    ]);
    expect(fix).toMatchObject({
      guard: { stage: 0, failed: true },
      timeoutMs: 3_600_000,
      skills: [{ skill: "codex-sandbox", lane: "sandbox" }],
    });
    expect(fixed).toMatchObject({
      needs: [1, 0],
      guard: { stage: 0, failed: true },
      when: { references: [{ scope: { kind: "status", indexes: [1] } }] },
      skills: failed?.skills,
    });
  });

  it("works on the path of the stage, with its settings and nothing that happens to have a name", () => {
    const settings =
      "codex_config: { max_iterations: 2 }, fix_strategy: { regression_check: true }, error_recovery: { escalate_after: 3 }";
    const [, fix] = chainOf(
      `, ${settings}, test_suite: unit, error_handling: { strategy: codex_auto_fix }`,
      "inputs: [{ name: tests, default: other }, { name: path, type: path, default: . }]\n",
    );
    const literals = Object.entries(fix?.skills[0]?.inputs ?? {}).map(([name, template]) => [
      name,
      template.kind === "literal" ? template.value : template,
    ]);
    expect(Object.fromEntries(literals)).toEqual({
      ...{ path: "src", test_suite: "unit", tests: null, test_command: null },
      ...{ prompt: null, task: null, auto_fix: true, max_iterations: 2, escalate_after: 3 },
      ...{ regression_check: true, network_disabled: true, apply: "apply" },
      ...{ allow_failures: true, require_fix: true },
    });
  });

  it("goes on to fallbacks and to a person when the stage is not mended", () => {
    const stages = chainOf(
      ", error_handling: { strategy: codex-auto-fix, fallback: [lint-code, lint-code], escalate: true }",
    );
    const later = stages.slice(1).map(({ id, needs, guard, when, continueOnError }) => ({
      id,
      needs,
      guard,
      asks:
        when?.kind === "expression" &&
        when.references.map(({ scope }) => "indexes" in scope && scope.indexes),
      isTolerated: continueOnError === true,
    }));
    const failed = { stage: 0, failed: true };
    expect(later).toEqual([
      { id: "a--fix", needs: [0], guard: failed, asks: false, isTolerated: true },
      { id: "a--fixed", needs: [1, 0], guard: failed, asks: [[1]], isTolerated: true },
      { id: "a--fallback", needs: [2, 0], guard: failed, asks: [[0, 2]], isTolerated: true },
      {
        ...{ id: "a--fallback-2", needs: [3], guard: { stage: 3, failed: true } },
        ...{ asks: false, isTolerated: true },
      },
      {
        ...{ id: "a--escalated", needs: [4], guard: { stage: 4, failed: true } },
        ...{ asks: false, isTolerated: false },
      },
      {
        ...{ id: "a--answer", needs: [5, 4], guard: { stage: 4, failed: true } },
        ...{ asks: false, isTolerated: false },
      },
      {
        ...{ id: "a--again", needs: [6], guard: { stage: 6, branch: "again" } },
        ...{ asks: false, isTolerated: false },
      },
    ]);
  });

  it("holds for all stages that say nothing themselves when the cascade lists it", () => {
    const ids = (handling: string) =>
      chainOf(handling, "error_handling: [retry, codex_auto_fix]\n").map(({ id }) => id);
    expect(ids("")).toEqual(FIX_CHAIN);
    expect(ids(", error_handling: { max_retries: 1 }")).toEqual(["a"]);
  });

  it.each([
    [
      `{ stage: a, type: codex-sandbox, error_handling: { strategy: codex-auto-fix } }`,
      "a stage of type codex-sandbox looks for fixes itself",
    ],
    [
      `{ stage: a, skill: discover-files, foreach: [x, y], inputs: { path: "\${item}" }, error_handling: { strategy: codex-auto-fix } }`,
      "fixes are made for one path, and here each item has its own",
    ],
    [
      `{ stage: a, ${HTTP}, fix_strategy: { max_iterations: 2 } }`,
      "`fix_strategy` belongs to a `codex-sandbox` stage, or one with `strategy: codex-auto-fix`",
    ],
    [
      "{ stage: a, type: codex-sandbox, fix_strategy: { sandbox_isolated: false } }",
      "stages[0].fix_strategy.sandbox_isolated must be true: a fix is only ever tried in the sandbox, but is false",
    ],
  ])("is refused where it cannot be meant: %s", (stage, message) => {
    expect(problems(`  - ${stage}\n`)).toMatchObject([{ code: "invalid-cascade", message }]);
  });
});

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
