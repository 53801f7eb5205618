import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../../language/skill-catalog.ts";

const skills = await openSkillCatalog([shippedSkillsFolder]);
const STAGES = `inputs:
  - { name: tone, type: string }
stages:
  - { stage: first, prompt: "Say hello, \${tone}." }
  - { stage: second, prompt: "In the tone \${tone}, answer \${first.text}." }
  - { stage: third, prompt: "\${first.text}" }
`;

function compile(head: string, stages = STAGES) {
  return compileCascade({ text: `cascade: c\n${head}${stages}`, file: "c.yaml" }, skills);
}

/** The prompt and the names of the data of each stage. */
function askedBy(head: string) {
  const compiled = compile(head);
  if (!compiled.ok) throw new Error(compiled.diagnostics[0]?.message);
  return compiled.plan.stages.map(({ skills: [call] }) => {
    const { prompt, context } = call?.inputs ?? {};
    const texts = prompt?.kind === "text" ? prompt.parts : [prompt];
    return {
      prompt: texts.map((part) => (typeof part === "string" ? part : "·")).join(""),
      data: context?.kind === "map" ? Object.keys(context.entries) : [],
    };
  });
}

describe("multi_model_context", () => {
  it("takes outputs of stages out of prompts and gives them as data, but not what the person who starts says", () => {
    expect(askedBy("data_flow: [stage_output, multi_model_context]\n")).toEqual([
      { prompt: "Say hello, ·.", data: [] },
      { prompt: "In the tone ·, answer [data first.text].", data: ["first.text"] },
      { prompt: "·", data: [] },
    ]);
  });

  it("leaves prompts as they are written where `data_flow` does not list it", () => {
    expect(askedBy("").map(({ prompt }) => prompt)).toEqual([
      "Say hello, ·.",
      "In the tone ·, answer ·.",
      "·",
    ]);
  });

  it("is the only way for `context` when `data_flow` lists ways", () => {
    const stages = "stages:\n  - { stage: a, prompt: Say hello., inputs: { context: { a: 1 } } }\n";
    expect(compile("", stages)).toMatchObject({ ok: true });
    expect(compile("data_flow: [stage_output]\n", stages)).toMatchObject({
      ok: false,
      diagnostics: [
        { message: "`context` cannot be used: `data_flow` does not list `multi_model_context`" },
      ],
    });
  });
});

describe("codex_sandbox_state", () => {
  const stages = `stages:
  - { stage: fix, type: codex-sandbox }
  - { stage: show, transform: "\${fix.codex_sandbox_state.network}" }
`;
  it("is a way of its own, which `data_flow` may leave out or allow alone", () => {
    expect(compile("", stages)).toMatchObject({ ok: true });
    expect(compile("data_flow: [codex_sandbox_state]\n", stages)).toMatchObject({ ok: true });
    expect(compile("data_flow: [stage_output]\n", stages)).toMatchObject({
      ok: false,
      diagnostics: [{ hint: "add `codex_sandbox_state` to `data_flow`" }],
    });
  });
});
