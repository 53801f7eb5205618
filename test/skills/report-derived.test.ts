import { describe, expect, it } from "vitest";
import { withDerivedParts } from "../../skills/merge-quality-reports/derived-parts.ts";
import { mergeInputs } from "../../skills/merge-quality-reports/inputs.ts";
import { complexityReport, discovery, lintReport } from "./report-inputs.ts";

const parse = (given: object) =>
  withDerivedParts(mergeInputs.parse({ discovery: discovery(["a.js", "b.js"]), ...given }));

const importsOf = (file: string, specifier: string, kind: string) => ({
  file,
  language: "JavaScript",
  imports: [[specifier, kind, 3]],
});

describe("what follows from all batches together", () => {
  it("is found across batches: copies, cycles and who imports whom", () => {
    const derived = parse({
      reports: [
        complexityReport("agent-1", [], {
          imports: [importsOf("a.js", "./b.js", "static")],
          fingerprints: [],
        }),
        complexityReport("agent-2", [], {
          imports: [importsOf("b.js", "./a.js", "static")],
          fingerprints: [],
        }),
        lintReport("agent-2", []),
      ],
    });
    expect(derived).toMatchObject({
      clones: [],
      cycles: [{ files: ["a.js", "b.js"] }],
      imports: [
        { file: "a.js", imports: ["b.js"] },
        { file: "b.js", imports: ["a.js"] },
      ],
    });
    expect(derived.reports[0]).not.toHaveProperty("imports");
  });

  it("leaves imports of types out", () => {
    const derived = parse({
      reports: [
        complexityReport("agent-1", [], { imports: [importsOf("a.js", "./b.js", "type")] }),
      ],
    });
    expect([derived.imports, derived.cycles]).toEqual([[{ file: "a.js", imports: [] }], []]);
  });

  it("is not made up where no skill read the files", () => {
    const derived = parse({ reports: [lintReport("agent-1", [])] });
    expect([derived.clones, derived.cycles, derived.imports, derived.messages]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("counts the messages that the attempts of the timeline took", () => {
    const attempt = (index: number, given: object) => ({
      stage: "checks",
      index,
      attempt: 1,
      status: "succeeded",
      startedMs: 1,
      endedMs: 2,
      ...given,
    });
    const { messages, timeline } = parse({
      reports: [],
      timeline: [
        attempt(0, { agent: "agent-1" }),
        attempt(1, { agent: "agent-1" }),
        attempt(2, { agent: "agent-2", from: "agent-1" }),
        attempt(3, { agent: "agent-3", status: "failed" }),
        attempt(4, { status: "failed" }),
      ],
    });
    expect(messages).toEqual([
      { from: "coordinator", to: "agent-1", kind: "task.offer", count: 3 },
      { from: "agent-1", to: "coordinator", kind: "task.result", count: 2 },
      { from: "agent-1", to: "agent-2", kind: "task.hand-over", count: 1 },
      { from: "agent-2", to: "coordinator", kind: "task.result", count: 1 },
      { from: "coordinator", to: "agent-3", kind: "task.offer", count: 1 },
    ]);
    expect(timeline).toHaveLength(4);
  });
});
