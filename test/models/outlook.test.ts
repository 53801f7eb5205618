import { describe, expect, it } from "vitest";
import { systemClock } from "../../core/clock.ts";
import type { SkillCatalog, SkillManifest } from "../../core/skill.ts";
import { compileCascade } from "../../language/compile.ts";
import { modelAccess } from "../../models/environment.ts";
import { openModelOutlook } from "../../models/outlook.ts";

const prompt: SkillManifest = {
  name: "prompt",
  description: "Asks.",
  version: "1.0.0",
  lane: "light",
  inputs: [{ name: "prompt", type: "string", required: true }],
  outputs: [],
  prompt: "Answer.",
  folder: "/skills/prompt",
};

/** What a cascade comes to where the environment is this. */
async function compiled(stage: string, env: Readonly<Record<string, string>>) {
  const catalog: SkillCatalog = {
    find: (name) => (name === "prompt" ? prompt : undefined),
    refusalOf: () => undefined,
    names: () => ["prompt"],
    models: await openModelOutlook(env, systemClock),
  };
  const text = `cascade: c\nstages:\n  - { stage: a, ${stage} }\n`;
  const result = compileCascade({ text, file: "c.yaml" }, catalog);
  return result.ok ? "fine" : result.diagnostics;
}

describe("a cascade that needs a model", () => {
  it("is refused at its place where none can be had, with the ways out", async () => {
    expect(await compiled("prompt: Hi.", {})).toMatchObject([
      {
        code: "no-model",
        location: { line: 3 },
        message: expect.stringContaining("claude-opus-5-5: no key of anthropic"),
        hint: expect.stringMatching(
          /ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY.*CASCADE_MODEL_BASE_URL.*CASCADE_MODEL_SCRIPT/,
        ),
      },
    ]);
  });

  it.each([
    ["a key", { OPENAI_API_KEY: "k" }],
    ["the other name of Google's key", { GOOGLE_API_KEY: "k" }],
    ["an endpoint", { CASCADE_MODEL_BASE_URL: "http://127.0.0.1:1", CASCADE_MODEL: "qwen3:4b" }],
    ["a script", { CASCADE_MODEL_SCRIPT: "answers.json" }],
    ["word of whose keys the agents have", { CASCADE_MODEL_PROVIDERS: "google" }],
  ])("goes on with %s", async (_, env) => {
    expect(await compiled("prompt: Hi.", env)).toBe("fine");
  });

  it("is refused when the model that it names cannot be had, whatever else there is", async () => {
    const env = { OPENAI_API_KEY: "k" };
    expect(await compiled("prompt: Hi., model: claude", env)).toMatchObject([{ code: "no-model" }]);
    const handling = "error_handling: { strategy: model-switch }";
    expect(await compiled(`prompt: Hi., model: claude, ${handling}`, env)).toBe("fine");
  });
});

describe("access to models", () => {
  it("is what a process without keys is told, before what it sees itself", () => {
    const env = { CASCADE_MODEL_PROVIDERS: "", ANTHROPIC_API_KEY: "k" };
    expect(modelAccess(env).providers).toEqual([]);
  });

  it("to an endpoint needs both its address and a model", () => {
    expect(() => modelAccess({ CASCADE_MODEL: "qwen3:4b" })).toThrow(/belong together/);
  });
});
