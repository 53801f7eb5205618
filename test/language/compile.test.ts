import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { planDigest } from "../../language/plan-digest.ts";
import { testCatalog } from "../support/catalog.ts";

const compile = (text: string) => compileCascade({ text, file: "c.yaml" }, testCatalog);

function planOf(text: string) {
  const compiled = compile(text);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics, null, 2));
  return compiled.plan;
}

/** Each as `line:column code message`. */
function errorsOf(text: string): readonly string[] {
  const compiled = compile(text);
  if (compiled.ok) return [];
  return compiled.diagnostics.map(({ code, message, location, hint }) => {
    const place = location.line === undefined ? "" : `${location.line}:${location.column} `;
    return `${place}${code} ${message}${hint === undefined ? "" : ` (${hint})`}`;
  });
}

const head = "cascade: c\ninputs:\n  - { name: path, type: path, default: . }\nstages:\n";

describe("a cascade", () => {
  it("may be a mapping or a name with the rest beside it", () => {
    const asName = planOf(`${head}  - { stage: a, skill: list }\n`);
    const asMapping = planOf(
      "cascade:\n  name: c\n  inputs:\n    - { name: path, type: path, default: . }\n  stages:\n    - { stage_id: a, skill: list }\n",
    );
    expect(asMapping).toEqual(asName);
    expect(planDigest(asMapping)).toBe(planDigest(asName));
  });

  it("runs its stages as written, unless `needs` says otherwise", () => {
    const plan = planOf(
      `${head}  - { stage: z, skill: report, needs: [a, b], inputs: { findings: 1 } }\n  - { stage: a, skill: list, needs: [] }\n  - { stage: b, skill: list }\n`,
    );
    expect(plan.stages.map(({ id, needs }) => [id, needs])).toEqual([
      ["a", []],
      ["b", [0]],
      ["z", [0, 1]],
    ]);
  });

  it("binds inputs that are not written: cascade input, output of a needed stage, default", () => {
    const plan = planOf(
      `${head}  - { stage: a, skill: list }\n  - { stage: b, skill: check }\n  - { stage: c, skill: report }\n`,
    );
    const bound = plan.stages.map((stage) =>
      Object.entries(stage.skills[0]?.inputs ?? {}).map(([name, template]) =>
        template.kind === "reference"
          ? [name, template.reference.scope, template.reference.path]
          : [name],
      ),
    );
    expect(bound).toEqual([
      [["path", { kind: "input", name: "path" }, []]],
      [["files", { kind: "stage", index: 0 }, ["files"]]],
      [["findings", { kind: "stage", index: 1 }, ["findings"]]],
    ]);
  });

  it("fans out over a list, one task for each item and skill", () => {
    const plan = planOf(
      `${head}  - { stage: a, skill: list }\n  - stage: b\n    type: swarm-parallel\n    foreach: \${a.files}\n    skills: [check, report]\n    inputs: { files: "\${item.names}", findings: [] }\n`,
    );
    expect(plan.stages[1]).toMatchObject({
      type: "swarm-parallel",
      single: false,
      foreach: {
        kind: "reference",
        reference: { scope: { kind: "stage", index: 0 }, path: ["files"] },
      },
      swarm: { topology: "mesh", maxAgents: 4, strategy: "balanced" },
      skills: [{ skill: "check" }, { skill: "report" }],
    });
  });

  it("turns error handling and timeouts into numbers", () => {
    const plan = planOf(
      `${head}  - stage: a\n    skill: list\n    timeout: 90s\n    error_handling: { strategy: retry, max_retries: 1, backoff: 250ms }\n  - { stage: b, skill: list, error_handling: { strategy: fail } }\n  - { stage: c, skill: list }\n`,
    );
    expect(
      plan.stages.map(({ timeoutMs, retry }) => [timeoutMs, retry.maxAttempts, retry.backoffMs]),
    ).toEqual([
      [90_000, 2, 250],
      [600_000, 1, 500],
      [600_000, 4, 500],
    ]);
  });

  it.each([
    ["is not YAML", "cascade: [a\n", /^2:1 invalid-yaml /],
    ["has a key twice", "cascade: a\ncascade: b\n", /^2:1 invalid-yaml Map keys must be unique/],
    [
      "is nested too deeply",
      "[".repeat(20_000),
      /^limit-exceeded yamlDepth: at least 20000 given, 64 allowed$/,
    ],
    ["is a chain of dashes", "- ".repeat(20_000), /^limit-exceeded yamlDepth/],
    [
      "is too large",
      `cascade: ${"x".repeat(1_100_000)}`,
      /^limit-exceeded cascadeFileBytes: 1100009 given/,
    ],
    ["has an unknown tag", "cascade: !!js/function 'x'", /^1:10 invalid-yaml Unresolved tag/],
    [
      "reaches for a prototype",
      "cascade: a\n__proto__: {}\nstages: []",
      /^2:1 invalid-yaml the key "__proto__"/,
    ],
    ["is empty", "", /^1:1 invalid-cascade the file: /],
    ["is a list", "- 1", /^1:1 invalid-cascade the file: /],
    ["has no stages", "cascade: a\nstages: []", /^2:9 invalid-cascade stages: /],
    [
      "mistypes a key",
      `${head}  - { stage: a, skil: list }`,
      /^5:17 invalid-cascade the key "skil" is not known here \(did you mean "skill"\?\)$/,
    ],
    [
      "mistypes a stage type",
      `${head}  - { stage: a, skill: list, type: swarm-paralel }`,
      /^5:36 invalid-cascade .*did you mean "swarm-parallel"\?/,
    ],
    [
      "uses a stage type that is to come",
      `${head}  - { stage: a, skill: list, type: conditional }`,
      /^5:36 not-supported the stage type "conditional"/,
    ],
    [
      "uses a key that is to come",
      `${head}  - { stage: a, skill: list, model: claude }`,
      /^5:30 not-supported "model" is part of the language/,
    ],
    [
      "uses a topology that is to come",
      `${head}  - { stage: a, skill: list, type: swarm-parallel, swarm_config: { topology: star } }`,
      /^5:78 not-supported the topology "star"/,
    ],
    [
      "names an unknown skill",
      `${head}  - { stage: a, skill: lists }`,
      /^5:24 unknown-skill no skill is called "lists" \(did you mean "list"\?\)$/,
    ],
    [
      "gives a skill an unknown input",
      `${head}  - { stage: a, skill: list, inputs: { pth: x } }`,
      /^5:40 unknown-input .*did you mean "path"\?/,
    ],
    [
      "leaves out a required input",
      "cascade: c\nstages:\n  - { stage: a, skill: list }",
      /^3:24 missing-input the skill "list" needs the input "path"/,
    ],
    [
      "gives an input of the wrong type",
      `${head}  - { stage: a, skill: check, inputs: { files: 3 } }`,
      /^5:48 invalid-input "files" must be of type array$/,
    ],
    [
      "needs an unknown stage",
      `${head}  - { stage: one, skill: list, needs: [two] }`,
      /^5:40 invalid-cascade no stage is called "two"/,
    ],
    [
      "needs itself",
      `${head}  - { stage: one, skill: list, needs: [one] }`,
      /^5:5 invalid-cascade stages need each other: one → one$/,
    ],
    [
      "goes round in circles",
      `${head}  - { stage: a, skill: list, needs: [b] }\n  - { stage: b, skill: list, needs: [a] }`,
      /stages need each other: a → b → a$/,
    ],
    [
      "has two stages of one name",
      `${head}  - { stage: a, skill: list }\n  - { stage: a, skill: list }`,
      /^6:5 invalid-cascade two stages are called "a"$/,
    ],
    [
      "refers to nothing",
      `${head}  - { stage: a, skill: check, inputs: { files: "\${b.c}" } }`,
      /^5:48 unknown-reference \$\{b\.c\}: there is nothing of that name/,
    ],
    [
      "refers to a stage it does not need",
      `${head}  - { stage: a, skill: list }\n  - { stage: b, skill: check, needs: [], inputs: { files: "\${a.files}" } }`,
      /^6:59 unknown-reference .*\(add it to `needs`\)$/,
    ],
    [
      "refers to an output that is not declared",
      `${head}  - { stage: a, skill: list }\n  - { stage: b, skill: check, inputs: { files: "\${a.fils}" } }`,
      /^6:48 unknown-reference .* \(did you mean "files"\?\)$/,
    ],
    [
      "does not close a reference",
      `${head}  - { stage: a, skill: check, inputs: { files: "\${inputs.path" } }`,
      /^5:48 unknown-reference .*it is not closed/,
    ],
    [
      "tries to reach a prototype",
      `${head}  - { stage: a, skill: check, inputs: { files: "\${constructor.constructor('x')()}" } }`,
      /^5:48 unknown-reference /,
    ],
    [
      "gives a time without a unit",
      `${head}  - { stage: a, skill: list, timeout: 10 }`,
      /^5:39 invalid-cascade .*must be a text with a unit/,
    ],
    [
      "gives a time beyond the limit",
      `${head}  - { stage: a, skill: list, timeout: 99999h }`,
      /^5:39 limit-exceeded taskTimeoutMs/,
    ],
    [
      "retries more than allowed",
      `${head}  - { stage: a, skill: list, error_handling: { max_retries: 1000 } }`,
      /^5:61 invalid-cascade /,
    ],
  ])("that %s is refused with its place", (_, text, expected) => {
    expect(errorsOf(text)[0]).toMatch(expected);
  });

  it("reports everything that is wrong, not only the first", () => {
    const errors = errorsOf(
      `${head}  - { stage: a, skill: lists }\n  - { stage: a, skill: check, needs: [x] }\n`,
    );
    expect(errors).toHaveLength(4);
  });

  it("never takes the process down, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const compiled = compile(text);
        expect(typeof compiled.ok).toBe("boolean");
      }),
      { numRuns: 300 },
    );
  });
});
