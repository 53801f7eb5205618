import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { testCatalog } from "../support/catalog.ts";

const head =
  "cascade: c\ninputs:\n  - { name: path, type: path, default: . }\n  - { name: limit, type: number, default: 3 }\nstages:\n  - { stage: a, skill: list }\n";
const compile = (stages: string) =>
  compileCascade({ text: head + stages, file: "c.yaml" }, testCatalog);

function planOf(stages: string) {
  const compiled = compile(stages);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics, null, 2));
  return compiled.plan;
}

/** What needs what, and behind which branch. */
function shapeOf(stages: string): readonly string[] {
  const { stages: all } = planOf(stages);
  return all.map(({ id, needs, guard }) => {
    const needed = needs.map((index) => all[index]?.id).join(" ");
    const what = guard !== undefined && "branch" in guard ? guard.branch : "failed";
    return `${id} <- ${needed}${guard === undefined ? "" : ` if ${all[guard.stage]?.id} is ${what}`}`;
  });
}

function errorsOf(stages: string): readonly string[] {
  const compiled = compile(stages);
  if (compiled.ok) return [];
  return compiled.diagnostics.map(({ code, message, location, hint }) => {
    const advice = hint === undefined ? "" : ` (${hint})`;
    return `${location.line}:${location.column} ${code} ${message}${advice}`;
  });
}

describe("a plan", () => {
  it("has a decision and its branches for a conditional stage, and those after it wait for all", () => {
    expect(
      shapeOf(`  - stage: decide
    condition: \${size(a.files) > limit}
    then: check
    else:
      stages:
        - { stage: one, skill: check }
        - { stage: two, skill: report }
  - { stage: last, skill: report, inputs: { findings: 1 } }
`),
    ).toEqual([
      "a <- ",
      "decide--decision <- a",
      "decide--then <- decide--decision if decide--decision is then",
      "one <- decide--decision if decide--decision is else",
      "two <- one decide--decision if decide--decision is else",
      "last <- decide--decision decide--then two",
    ]);
  });

  it("has every turn of a loop, each behind the decision before it", () => {
    expect(
      shapeOf(`  - { stage: b, skill: check }
  - { stage: side, skill: report, needs: [b] }
  - { stage: again, condition: "\${size(b.findings) > limit}", repeat: b, max_iterations: 3, needs: [b] }
`),
    ).toEqual([
      "a <- ",
      "b <- a",
      "again <- b",
      "b--2 <- again a if again is repeat",
      "again--2 <- b--2 again if again is repeat",
      "b--3 <- again--2 a if again--2 is repeat",
      "again--3 <- b--3 again--2 if again--2 is repeat",
      "side <- again again--2 again--3",
    ]);
  });

  it("has loops inside loops, each turn of the outer with all turns of the inner", () => {
    expect(
      shapeOf(`  - { stage: b, skill: check }
  - { stage: inner, condition: "\${limit > 2}", repeat: b, max_iterations: 2 }
  - { stage: outer, condition: "\${limit > 3}", repeat: b, max_iterations: 2 }
  - { stage: last, transform: "\${b.findings}" }
`),
    ).toEqual([
      "a <- ",
      "b <- a",
      "inner <- b",
      "b--2 <- inner a if inner is repeat",
      "inner--2 <- b--2 inner if inner is repeat",
      "outer <- inner inner--2",
      "b--outer-2 <- outer a if outer is repeat",
      "inner--outer-2 <- b--outer-2 outer if outer is repeat",
      "b--outer-2--2 <- inner--outer-2 a if inner--outer-2 is repeat",
      "inner--outer-2--2 <- b--outer-2--2 inner--outer-2 if inner--outer-2 is repeat",
      "outer--outer-2 <- inner--outer-2 inner--outer-2--2 outer if outer is repeat",
      "last <- outer outer--outer-2",
    ]);
  });

  it("names the output of whichever turn or branch was last", () => {
    const { stages } = planOf(`  - { stage: b, skill: check }
  - { stage: again, condition: "\${size(findings) > limit}", repeat: b, max_iterations: 2 }
  - { stage: last, transform: "\${b.findings}" }
`);
    const value = stages.find(({ id }) => id === "last")?.value;
    const [first, second] = ["b", "b--2"].map((id) => stages.findIndex((each) => each.id === id));
    expect(value).toMatchObject({
      reference: { scope: { kind: "stage", indexes: [first, second] }, path: ["findings"] },
    });
  });

  it("binds inputs that are not written through branches, loops and inner lists", () => {
    const { stages } = planOf(`  - stage: group
    stages:
      - { stage: b, skill: check }
      - { stage: again, condition: "\${size(findings) > limit}", repeat: b, max_iterations: 2 }
  - { stage: last, skill: report, inputs: { findings: "\${a.files}" } }
  - { stage: end, skill: report, inputs: { findings: "\${text}" } }
`);
    expect(stages.at(-1)?.skills[0]?.inputs["findings"]).toMatchObject({
      reference: { path: ["text"] },
    });
  });
});

describe("a cascade", () => {
  it.each([
    [
      "misspells an output in an expression",
      "  - { stage: b, when: size(a.fils) > 0, skill: check }",
      '7:28 unknown-reference a.fils: "a" has no output "fils" (did you mean "files"?)',
    ],
    [
      "compares what cannot be compared",
      '  - { stage: b, when: "${a.root} > 3", skill: check }',
      "7:26 invalid-expression there is no string > number",
    ],
    [
      "has a `when` that is no truth",
      '  - { stage: b, when: "${a.root}", skill: check }',
      "7:23 invalid-expression `when` must be true or false, but is of type string",
    ],
    [
      "has a branch that is never taken",
      '  - { stage: b, condition: "${size(a.files)}", branches: { good: check, high: check } }',
      '7:66 invalid-cascade the branch "good" is never taken: the condition is of type number (add `at_least: <number>`, or begin its name with high, medium or low)',
    ],
    [
      "leaves one of true and false without a branch",
      '  - { stage: b, condition: "${limit > 2}", branches: { then: check } }',
      "7:5 invalid-cascade there is no branch for one of true and false (add it, or `default`)",
    ],
    [
      "decides on nothing",
      "  - { stage: b, branches: { x: check } }",
      "7:5 invalid-cascade a conditional stage needs a condition (add `condition: ${…}`, or `when` to every branch)",
    ],
    [
      "decides without branches",
      '  - { stage: b, condition: "${limit > 2}" }',
      "7:5 invalid-cascade a conditional stage needs `branches`, or `then` and `else`",
    ],
    [
      "repeats what is not before it",
      '  - { stage: b, condition: "${limit > 2}", repeat: c }\n  - { stage: c, skill: check }',
      '7:52 invalid-cascade the stage "c" is not before this one (repeat a stage that this one needs)',
    ],
    [
      "repeats what is not there",
      '  - { stage: b, condition: "${limit > 2}", repeat: d }',
      '7:52 invalid-cascade no stage is called "d" (did you mean "a"?)',
    ],
    [
      "repeats without a condition",
      "  - { stage: b, repeat: a }",
      "7:5 invalid-cascade `repeat` needs a condition (add `condition: ${…}`: it is repeated while that is true)",
    ],
    [
      "asks for the turn outside of a loop",
      '  - { stage: b, transform: "${iteration}" }',
      "7:31 unknown-reference ${iteration}: there is nothing of that name (known: inputs.path, inputs.limit, a)",
    ],
    [
      "has loops inside loops that come to too many turns",
      `  - { stage: b, skill: check }\n${["i", "j", "k"].map((id) => `  - { stage: ${id}, condition: "\${limit > 2}", repeat: b, max_iterations: 5 }`).join("\n")}`,
      "8:5 limit-exceeded loopIterations: 125 in all, with the loops around it, 100 allowed (lower `max_iterations` of one of them)",
    ],
    [
      "has a loop in a list in a loop that comes to too many turns",
      `  - stage: b\n    stages:\n      - { stage: c, skill: check }\n      - { stage: d, condition: "\${limit > 2}", repeat: c, max_iterations: 20 }\n  - { stage: e, condition: "\${limit > 2}", repeat: b, max_iterations: 6 }`,
      "10:9 limit-exceeded loopIterations: 120 in all, with the loops around it, 100 allowed",
    ],
    [
      "falls back to nothing",
      "  - { stage: b, skill: check, error_handling: { strategy: fallback } }",
      "7:47 invalid-cascade the strategy fallback needs a skill to fall back to (add `fallback: <skill>` beside it)",
    ],
    [
      "has a gate that is no truth",
      '  - { stage: b, skill: check, gate: "${size(findings)}" }',
      "7:37 invalid-expression `gate` must be true or false, but is of type number",
    ],
    [
      "waits without a unit",
      "  - { stage: b, wait: 10 }",
      "7:23 invalid-cascade stages[1].wait must be a text with a unit, such as 10m, or {signal, timeout, on_timeout}, but is 10",
    ],
    [
      "waits for too long",
      "  - { stage: b, wait: 1000h }",
      "7:23 limit-exceeded pauseMs: 3600000000 given, 1 to 2592000000 allowed",
    ],
    [
      "waits for a person and does work",
      "  - { stage: b, approve: true, skill: check }",
      "7:32 invalid-cascade a stage that waits has no `skill` (write a stage of its own for it)",
    ],
    [
      "asks a person of nothing",
      '  - { stage: b, approve: "Go on with ${c}?" }',
      "7:40 unknown-reference ${c}: there is nothing of that name",
    ],
    [
      "gives skills to a transform",
      "  - { stage: b, transform: 1, skill: check }",
      "7:31 invalid-cascade a stage with `transform` has no `skill` (write a stage of its own for it)",
    ],
    [
      "gives a transform the type of work",
      "  - { stage: b, transform: 1, type: parallel }",
      "7:37 invalid-cascade a stage with `transform` cannot be of type parallel (it can be transform)",
    ],
    [
      "names a stage inside another list",
      '  - { stage: b, stages: [{ stage: c, transform: 1 }] }\n  - { stage: d, transform: "${c}" }',
      '8:31 unknown-reference ${c}: the stage "c" is inside "b" (name the stage around it: ${b})',
    ],
    [
      "uses an id twice, in different lists",
      "  - { stage: b, stages: [{ stage: a, transform: 1 }] }",
      '7:26 invalid-cascade two stages are called "a"',
    ],
    [
      "unrolls loops beyond the limit of stages",
      `${Array.from({ length: 120 }, (_, index) => `  - { stage: s${index}, transform: 1 }`).join("\n")}\n  - { stage: x, condition: "\${limit > 2}", repeat: a, max_iterations: 100 }`,
      "limit-exceeded stagesPerCascade: more than 10000",
    ],
  ])("that %s is refused with its place", (_, stages, expected) => {
    expect(errorsOf(`${stages}\n`)[0]).toContain(expected);
  });
});
