import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { InputSpec } from "../../core/plan.ts";
import type { SkillCatalog } from "../../core/skill.ts";
import { compileCascade } from "../../language/compile.ts";

const text: InputSpec = { name: "prompt", type: "string", required: true };
/** Every skill that is asked for, with a prompt, and `complexity` among its outputs. */
const anySkill: SkillCatalog = {
  find: (name) => ({
    name,
    description: name,
    version: "1.0.0",
    lane: "light",
    inputs: [text],
    outputs: [{ name: "complexity", type: "string", required: true }],
    entry: "run.ts",
    folder: `/skills/${name}`,
  }),
  refusalOf: () => undefined,
  names: () => [],
};

function compiled(source: string) {
  return compileCascade({ text: source, file: "c.yaml" }, anySkill);
}

/** Each stage as `id (type): skill "prompt"`, with the branch it is behind. */
function shapeOf(source: string): readonly string[] {
  const result = compiled(source);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics, null, 2));
  const { stages } = result.plan;
  return stages.map(({ id, type, skills, guard }) => {
    const calls = skills.map(({ skill, inputs }) => {
      const { prompt } = inputs;
      const given = prompt?.kind === "literal" ? ` ${JSON.stringify(prompt.value)}` : "";
      return `${skill}${given}`;
    });
    const behind = guard !== undefined && "branch" in guard ? ` if ${guard.branch}` : "";
    return `${id} (${type}): ${calls.join(", ")}${behind}`;
  });
}

const fixture = (name: string): Promise<string> =>
  readFile(new URL(`../fixtures/description/${name}.yaml`, import.meta.url), "utf8");

describe("the short form", () => {
  it("is a numbered list of skills and what they are to do", async () => {
    expect(shapeOf(await fixture("13-complete-dev-workflow"))).toEqual([
      'gemini-search (sequential): gemini-search "Research latest framework best practices"',
      'codex-auto (sequential): codex-auto "Rapid prototype with best practices"',
      'codex-sandbox (codex-sandbox): codex-sandbox "Test everything, auto-fix failures"',
      'gemini-media (sequential): gemini-media "Generate architecture diagrams"',
      'style-audit (sequential): style-audit "Polish code to production standards"',
      'github-pr (sequential): github-pr "Create PR with comprehensive report"',
    ]);
  });

  it("has choices, with lists as branches, and names a stage by its initials", async () => {
    expect(shapeOf(await fixture("15-intelligent-bug-fix"))).toEqual([
      'root-cause-analyzer (sequential): root-cause-analyzer "Deep RCA analysis"',
      "multi-model-decision--decision (conditional): ",
      'multi-model-decision--simple (sequential): codex-auto "quick fix" if simple',
      'gemini-megacontext (sequential): gemini-megacontext "understand broader context" if complex',
      'codex-reasoning (sequential): codex-reasoning "alternative approaches" if complex',
      'claude (sequential): claude "implement best approach" if complex',
      'codex-sandbox (codex-sandbox): codex-sandbox "Test fix thoroughly"',
      'regression-suite (sequential): regression-suite "Ensure no breakage"',
      'github-issue-update (sequential): github-issue-update "Document fix with RCA report"',
    ]);
  });

  it("that is no YAML says where, and what to do", async () => {
    const source = await fixture("14-modernize-legacy-code");
    const result = compiled(source);
    expect(result).toMatchObject({
      ok: false,
      diagnostics: [
        {
          code: "invalid-yaml",
          location: { line: 6, column: 47 },
          hint: "put what follows the quotes inside of them; `cascade-swarm fmt --fix` does it for a note in brackets",
        },
      ],
    });
    const mended = source.replace('implementations" (parallel)', 'implementations (parallel)"');
    expect(shapeOf(mended)[2]).toBe(
      'swarm-parallel (swarm-parallel): codex-auto "Complete implementations (parallel)", gemini-media "Document architecture"',
    );
  });

  it("may be a list, with stages of the long form between, and the same skill twice", () => {
    const source =
      "cascade: c\nstages:\n  - look: at it\n  - stage: long\n    skill: other\n    inputs: { prompt: x }\n  - look: again\n  - look\n".replace(
        "  - look\n",
        "",
      );
    expect(shapeOf(source)).toEqual([
      'look (sequential): look "at it"',
      'long (sequential): other "x"',
      'look-2 (sequential): look "again"',
    ]);
  });

  it("with a misspelt key of stages is no short form", () => {
    const result = compiled("cascade: c\nstages:\n  - skil: look\n");
    expect(result).toMatchObject({
      ok: false,
      diagnostics: [{ location: { line: 3, column: 5 }, hint: 'did you mean "skill"?' }],
    });
  });

  it("keeps places: an error inside stands where it is written", () => {
    const result = compiled('cascade: c\nstages:\n  1. look: "${nothing.here}"\n');
    expect(result).toMatchObject({
      ok: false,
      diagnostics: [{ code: "unknown-reference", location: { line: 3, column: 15 } }],
    });
  });
});

describe("a codex-sandbox stage", () => {
  it("gives its skill the most restrictive of its settings", async () => {
    const source = `cascade: c
stages:
  - stage: fix
    type: codex-sandbox
    test_suite: comprehensive
    prompt: go
    codex_config: { max_iterations: 7, network_disabled: false }
    fix_strategy: { max_iterations: 4, auto_fix: false, network_disabled: true }
    error_recovery: { auto_fix: true, escalate_after: 3 }
`;
    const names = ["prompt", "test_suite", "auto_fix", "max_iterations", "escalate_after"];
    const inputs = [...names, "network_disabled", "regression_check"].map(
      (name): InputSpec => ({ name, type: "any", required: true }),
    );
    const catalog: SkillCatalog = {
      ...anySkill,
      find: (name) => {
        const manifest = anySkill.find(name);
        return manifest === undefined ? undefined : { ...manifest, lane: "sandbox", inputs };
      },
    };
    const result = compileCascade({ text: source, file: "c.yaml" }, catalog);
    if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
    const [call] = result.plan.stages[0]?.skills ?? [];
    const values = Object.entries(call?.inputs ?? {}).map(([name, template]) => [
      name,
      template.kind === "literal" ? template.value : template.kind,
    ]);
    expect(call).toMatchObject({ skill: "codex-sandbox", lane: "sandbox" });
    expect(Object.fromEntries(values)).toEqual({
      prompt: "go",
      test_suite: "comprehensive",
      auto_fix: false,
      max_iterations: 4,
      escalate_after: 3,
      network_disabled: true,
      regression_check: true,
    });
  });

  it.each([
    ["", true],
    ["fix_strategy: { network_disabled: false }", false],
    ["codex_config: { network_disabled: false }", false],
    ["codex_config: { network_disabled: false }, fix_strategy: { network_disabled: true }", true],
    ["codex_config: { network_disabled: true }, fix_strategy: { network_disabled: false }", true],
  ])("with { %s } has the network disabled: %s", (settings, isDisabled) => {
    const disabled: InputSpec = { name: "network_disabled", type: "boolean", required: true };
    const catalog: SkillCatalog = {
      ...anySkill,
      find: (name) => {
        const manifest = anySkill.find(name);
        return manifest === undefined ? undefined : { ...manifest, inputs: [disabled] };
      },
    };
    const more = settings === "" ? "" : `, ${settings}`;
    const source = `cascade: c\nstages:\n  - { stage: a, type: codex-sandbox${more} }\n`;
    expect(compileCascade({ text: source, file: "c.yaml" }, catalog)).toMatchObject({
      plan: {
        stages: [{ skills: [{ inputs: { network_disabled: { value: isDisabled } } }] }],
      },
    });
  });

  it.each([
    [
      "type: codex-sandbox, codex_config: { sandbox: false }",
      "must be true: a fix is only ever tried in the sandbox",
    ],
    ["skill: x, test_suite: all", "`test_suite` belongs to a `codex-sandbox` stage"],
  ])("{ stage: a, %s } is refused", (stage, message) => {
    const result = compiled(`cascade: c\nstages:\n  - { stage: a, prompt: p, ${stage} }\n`);
    expect(JSON.stringify(result)).toContain(message);
  });
});
