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
      [["files", { kind: "stage", indexes: [0] }, ["files"]]],
      [["findings", { kind: "stage", indexes: [1] }, ["findings"]]],
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
        reference: { scope: { kind: "stage", indexes: [0] }, path: ["files"] },
      },
      swarm: { topology: "mesh", maxAgents: 4, strategy: "balanced" },
      skills: [{ skill: "check" }, { skill: "report" }],
    });
  });

  it("keeps the version as it is written, and an escaped reference as text", () => {
    const plan = planOf(
      `${head.replace("inputs:", "version: 1.10\ninputs:")}  - { stage: a, skill: report, inputs: { findings: ["$\${x}"] } }\n`,
    );
    expect(plan.version).toBe("1.10");
    expect(plan.stages[0]?.skills[0]?.inputs).toEqual({
      findings: { kind: "literal", value: ["${x}"] },
    });
  });

  it("takes an anchor as often as it is used", () => {
    const stages = Array.from(
      { length: 300 },
      (_, index) => `  - { stage: s${index}, skill: list, error_handling: *often }\n`,
    );
    const first = "  - { stage: first, skill: list, error_handling: &often { max_retries: 9 } }\n";
    const plan = planOf(`${head}${first}${stages.join("")}`);
    expect(plan.stages.every(({ retry }) => retry.maxAttempts === 10)).toBe(true);
  });

  it("warns of an input that nothing uses", () => {
    const compiled = compile(
      "cascade: c\ninputs:\n  - { name: path, type: path, default: . }\n  - name: pth\n    default: x\nstages:\n  - { stage: a, skill: list }\n",
    );
    expect(compiled).toMatchObject({
      ok: true,
      warnings: [
        {
          severity: "warning",
          code: "unused-input",
          message: 'the input "pth" is not used by any stage',
          location: { file: "c.yaml", line: 4, column: 5 },
        },
      ],
    });
  });

  it("binds the output of the nearest stage, however far the others are", () => {
    const plan = planOf(
      `${head}  - { stage: far, skill: list }\n  - { stage: near, skill: list }\n  - { stage: between, skill: report, inputs: { findings: 1 } }\n  - { stage: use, skill: check }\n`,
    );
    expect(plan.stages[3]?.skills[0]?.inputs["files"]).toEqual({
      kind: "reference",
      reference: {
        scope: { kind: "stage", indexes: [1] },
        path: ["files"],
        source: "${near.files}",
      },
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
      "uses a key that is to come",
      `${head}  - { stage: a, skill: list, create_pr: on_success }`,
      /^5:30 not-supported "create_pr" is part of the language/,
    ],
    [
      "shares a memory without keys",
      `${head}  - { stage: a, skill: list, type: swarm-parallel, swarm_config: { memory_shared: true } }`,
      /^5:5 invalid-cascade the stage uses the memory, but no key of it/,
    ],
    [
      "has its stages beside a mapping",
      "cascade: { name: c }\nstages: []\n",
      /^1:10 invalid-cascade the key "stages" is missing$/,
    ],
    [
      "names a topology that there is not",
      `${head}  - { stage: a, skill: list, type: swarm-parallel, swarm_config: { topology: tree } }`,
      /^5:78 invalid-cascade /,
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
      "gives all skills of a stage an input that none has",
      `${head}  - { stage: a, type: parallel, skills: [list, check], inputs: { files: [], lvel: 1 } }`,
      /^5:77 unknown-input the skills of this stage have no input "lvel" \(did you mean "level"\?\)$/,
    ],
    [
      "gives one of the skills an input that it has not",
      `${head}  - { stage: a, skills: [{ skill: list, inputs: { files: [] } }] }`,
      /^5:51 unknown-input the skill "list" has no input "files"/,
    ],
    [
      "leaves open which of two outputs is meant",
      `${head}  - { stage: a, skill: list }\n  - { stage: b, skill: list, needs: [] }\n  - { stage: z, skill: check, needs: [a, b] }`,
      /^7:24 missing-input the input "files" .* could be \$\{a\.files\} or \$\{b\.files\}/,
    ],
    [
      "gives a reference of the wrong type",
      `${head}  - { stage: a, skill: list }\n  - { stage: b, skill: check, inputs: { files: "\${a.root}" } }`,
      /^6:48 invalid-input "files" must be of type array, but "\$\{a\.root\}" is string$/,
    ],
    [
      "binds an input of the wrong type by its name",
      "cascade: c\ninputs:\n  - { name: files }\nstages:\n  - { stage: b, skill: check }",
      /^5:24 invalid-input .* \$\{inputs\.files\} is string, not array/,
    ],
    [
      "goes through what is no list",
      `${head}  - { stage: a, skill: list, foreach: "\${inputs.path}" }`,
      /^5:39 invalid-cascade `foreach` must be a list, but is of type path$/,
    ],
    [
      "looks into a text",
      `${head}  - { stage: a, skill: report, inputs: { findings: "\${inputs.path.size}" } }`,
      /^5:55 unknown-reference .* a value of type path has no "size"$/,
    ],
    [
      "gives a stage a name with a meaning of its own",
      `${head}  - { stage: item, skill: list }`,
      /^5:14 invalid-cascade "item" cannot name a stage/,
    ],
    [
      "has a stage and an input of one name and does not say which",
      `${head}  - { stage: path, skill: list }\n  - { stage: b, skill: report, inputs: { findings: "\${path}" } }`,
      /^6:55 unknown-reference .*both a stage and an input are called "path"/,
    ],
    [
      "writes needs twice",
      `${head}  - { stage: a, skill: list, needs: [], dependencies: [] }`,
      /^5:5 invalid-cascade a stage has `needs` or `dependencies`, not both$/,
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
      /^5:5 invalid-cascade stages need each other: one → one \(take one of them out of the other's `needs`\)$/,
    ],
    [
      "goes round in circles",
      `${head}  - { stage: a, skill: list, needs: [b] }\n  - { stage: b, skill: list, needs: [a] }`,
      /stages need each other: a → b → a \(/,
    ],
    [
      "has two stages of one name",
      `${head}  - { stage: a, skill: list }\n  - { stage: a, skill: list }`,
      /^6:5 invalid-cascade two stages are called "a" \(rename one of them\)$/,
    ],
    [
      "refers to nothing",
      `${head}  - { stage: a, skill: check, inputs: { files: "\${b.c}" } }`,
      /^5:51 unknown-reference \$\{b\.c\}: there is nothing of that name/,
    ],
    [
      "refers to a stage it does not need",
      `${head}  - { stage: a, skill: list }\n  - { stage: b, skill: check, needs: [], inputs: { files: "\${a.files}" } }`,
      /^6:62 unknown-reference .*\(add it to `needs`\)$/,
    ],
    [
      "refers to an output that is not declared",
      `${head}  - { stage: a, skill: list }\n  - { stage: b, skill: check, inputs: { files: "\${a.fils}" } }`,
      /^6:51 unknown-reference .* \(did you mean "files"\?\)$/,
    ],
    [
      "does not close a reference",
      `${head}  - { stage: a, skill: check, inputs: { files: "\${inputs.path" } }`,
      /^5:49 unknown-reference .*it is not closed/,
    ],
    [
      "tries to reach a prototype",
      `${head}  - { stage: a, skill: check, inputs: { files: "\${constructor.constructor('x')()}" } }`,
      /^5:79 invalid-expression /,
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

  it("lists a hundred errors of thousands, and says how many there are", () => {
    const stages = Array.from({ length: 2_000 }, (_, n) => `  - { stage: s${n}, skill: lst }\n`);
    const errors = errorsOf(`${head}${stages.join("")}`);
    expect(errors).toHaveLength(101);
    expect(errors.at(-1)).toMatch(/^104:\d+ limit-exceeded 1900 more errors are not listed$/);
  });

  it("says of every mutation of a good file what is wrong with it, and where", () => {
    const good = `${head}  - { stage: a, skill: list }\n  - stage: b\n    type: swarm-parallel\n    foreach: \${a.files}\n    skills: [check]\n    inputs: { files: "\${item.names}" }\n`;
    const mutation = fc.record({
      at: fc.nat(good.length),
      cut: fc.nat(8),
      add: fc.oneof(
        fc.string({ unit: "binary", maxLength: 6 }),
        fc.constantFrom("[", "{", "&a ", "*a", "- ", ": ", "\n", "\t", "${", "}", "<<: *a", "!x "),
      ),
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        let text = good;
        for (const { at, cut, add } of mutations) {
          text = `${text.slice(0, at)}${add}${text.slice(at + cut)}`;
        }
        const compiled = compile(text);
        if (compiled.ok) return;
        for (const { location } of compiled.diagnostics) {
          expect(location).toEqual({
            file: "c.yaml",
            line: expect.any(Number),
            column: expect.any(Number),
          });
        }
      }),
      { numRuns: 500 },
    );
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
