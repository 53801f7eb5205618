import { describe, expect, it } from "vitest";
import type { PlanStage } from "../../core/plan.ts";
import { compileCascade } from "../../language/compile.ts";
import { testCatalog } from "../support/catalog.ts";

function firstStage(keys: string, settings = ""): PlanStage | readonly string[] {
  const text = `cascade: c\n${settings}stages:\n  - { stage: a, skill: list, inputs: { path: x }, ${keys} }\n`;
  const compiled = compileCascade({ text, file: "c.yaml" }, testCatalog);
  if (!compiled.ok) return compiled.diagnostics.map(({ code, message }) => `${code} ${message}`);
  const [stage] = compiled.plan.stages;
  if (stage === undefined) throw new Error("no stage");
  return stage;
}

describe("what a stage says of models", () => {
  it("is kept in the plan, features in the order of the table and only those that are true", () => {
    expect(
      firstStage(
        "type: multi-model, model: gemini, needs_current_info: true, requires_large_context: true, needs_visual_output: false",
      ),
    ).toMatchObject({
      type: "multi-model",
      model: "gemini",
      features: ["requires_large_context", "needs_current_info"],
    });
    expect(firstStage("timeout: 1m")).not.toHaveProperty("features");
  });

  it.each(["model-switch", "model_switching"])("lets others answer by %s", (strategy) => {
    const handling = `error_handling: { strategy: ${strategy} }`;
    expect(firstStage(handling)).toMatchObject({ mayLeaveModelRoute: true });
    const everywhere = `error_handling: [${strategy}]\n`;
    expect(firstStage("timeout: 1m", everywhere)).toMatchObject({ mayLeaveModelRoute: true });
    expect(firstStage("error_handling: { strategy: retry }", everywhere)).not.toHaveProperty(
      "mayLeaveModelRoute",
    );
  });

  it("is refused where models are switched off", () => {
    expect(firstStage("needs_current_info: true", "config: { multi_model: disabled }\n")).toEqual([
      "invalid-cascade `needs_current_info` needs multi_model, which is disabled under `config`",
    ]);
  });

  it("is a yes or a no", () => {
    expect(firstStage("needs_current_info: often")).toEqual([
      expect.stringMatching(/^invalid-cascade .*needs_current_info/),
    ]);
  });
});
