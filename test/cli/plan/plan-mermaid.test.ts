import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planMermaid } from "../../../interfaces/cli/plan/plan-mermaid.ts";
import { summaryOf } from "./plan-request.ts";

const CASCADE = `
cascade: c
inputs: [{ name: path, type: path, default: . }]
stages:
  - { stage: a, skill: list }
  - { stage: b, skill: check, foreach: "\${a.files}", inputs: { files: ["\${item}"] } }
  - { stage: more, condition: size(b.results) > 3, repeat: b, max_iterations: 3 }
  - stage: s
    condition: \${size(a.files) > 3}
    then: check
    else: { stages: [{ stage: one, transform: 1 }, { stage: two, transform: 2 }] }
  - { stage: end, type: parallel, skills: [list, check], foreach: [1, 2] }
`;

describe("a plan as a Mermaid flowchart", () => {
  it("has a node for each stage, the branches' names, and an arrow back for each loop", () => {
    expect(planMermaid(summaryOf(CASCADE))).toBe(`flowchart TD
  n0["a<br/>list"]
  n1["b<br/>check<br/>1 task for each entry"]
  n2["more<br/>loop"]
  n3["s--decision<br/>choice"]
  n4["s--then<br/>check"]
  n5["one<br/>transform"]
  n6["two<br/>transform"]
  n7["end<br/>list<br/>check<br/>4 tasks"]
  n0 --> n1
  n1 --> n2
  n2 --> n3
  n3 -->|"then"| n4
  n3 -->|"else"| n5
  n5 --> n6
  n4 --> n7
  n6 --> n7
  n2 -->|"again, up to 3 times"| n1`);
  });

  it("lets no name out of its label", () => {
    const summary = summaryOf(CASCADE);
    const NODE = /^ {2}n\d+\["(?:[\p{L}\p{N} _.,…-]|#\d+;|<br\/>)*"\]$/u;
    const EDGE = /^ {2}n\d+ -->(?:\|"(?:[\p{L}\p{N} _.,…-]|#\d+;)*"\|)? n\d+$/u;
    const hostile = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(
        'x"] --> n0',
        "a\nclick n0 href",
        "`**b**`",
        "%%{init}%%",
        "<b>",
        "#quot;",
        "style a:#b;",
        "end",
      ),
    );
    fc.assert(
      fc.property(hostile, hostile, (name, branch) => {
        const stages = summary.stages.map((stage) => ({
          ...stage,
          id: `${name}${stage.id}`,
          needs: stage.needs.map((id) => `${name}${id}`),
          ...(stage.guard && { guard: { stage: `${name}${stage.guard.stage}`, branch } }),
        }));
        const [head, ...lines] = planMermaid({ ...summary, stages }).split("\n");
        expect(head).toBe("flowchart TD");
        expect(lines.filter((line) => !NODE.test(line) && !EDGE.test(line))).toEqual([]);
      }),
    );
  });
});
