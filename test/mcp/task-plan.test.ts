import { describe, expect, it } from "vitest";
import type { SwarmSettings } from "../../interfaces/mcp/ruv-swarm/settings.ts";
import { planTask, type TaskWorld } from "../../interfaces/mcp/ruv-swarm/task-plan.ts";

const SWARM: SwarmSettings = { topology: "star", strategy: "adaptive", maxAgents: 3 };
const CONFIG = { topology: "star", strategy: "adaptive", max_agents: 3 };
const WORLD: TaskWorld = {
  cascades: new Map([["nightly", [{ name: "path", type: "path", required: true }]]]),
  skills: new Map([["count-words", [{ name: "least", type: "integer", required: true }]]]),
  hasModel: false,
};

function plan(task: string, strategy: "parallel" | "sequential" = "parallel", world = WORLD) {
  return planTask(task, { strategy, swarm: SWARM }, world);
}

describe("what a task in words is carried out by", () => {
  it.each([
    ["write HELLO to out.txt", { path: "out.txt", text: "HELLO" }],
    [
      "Please write 'two words' into the file docs/a b.txt".replace("a b", "ab"),
      { path: "docs/ab.txt", text: "two words" },
    ],
    ['Save "a: b\n# c" to x.yaml'.replace("\n", " "), { path: "x.yaml", text: "a: b # c" }],
    ["overwrite out.txt with BYE", { path: "out.txt", text: "BYE", replace: true }],
    ["write ${inputs.x} to out.txt", { path: "out.txt", text: "${inputs.x}" }],
  ])("%j writes a file, with its text as an input", (task, inputs) => {
    const named = Object.entries(inputs).map(([name, value]) => [`step1_${name}`, value]);
    const planned = plan(task);
    expect([planned.by, planned.inputs]).toEqual(["write-file", Object.fromEntries(named)]);
    expect(JSON.stringify("definition" in planned && planned.definition)).not.toContain(
      inputs.text,
    );
  });

  it("several steps are stages that wait for each other only when they are sequential", () => {
    const task = "write a to a.txt; use count-words with least=2";
    const stages = (first: string[]) => [
      {
        stage: "step1",
        type: "swarm-parallel",
        skills: ["write-file"],
        needs: [],
        inputs: { path: "${inputs.step1_path}", text: "${inputs.step1_text}" },
        swarm_config: CONFIG,
      },
      {
        stage: "step2",
        type: "swarm-parallel",
        skills: ["count-words"],
        needs: first,
        inputs: { least: "${inputs.step2_least}" },
        swarm_config: CONFIG,
      },
    ];
    const inputs = [
      { name: "step1_path", type: "string" },
      { name: "step1_text", type: "string" },
      { name: "step2_least", type: "integer" },
    ];
    const outputs = { step1: "${step1}", step2: "${step2}" };
    const definition = (first: string[]) => ({
      cascade: "task",
      inputs,
      stages: stages(first),
      outputs,
    });
    const values = { step1_path: "a.txt", step1_text: "a", step2_least: 2 };
    expect(plan(task)).toEqual({ by: "skill", definition: definition([]), inputs: values });
    expect(plan(task, "sequential")).toEqual({
      by: "skill",
      definition: definition(["step1"]),
      inputs: values,
    });
  });

  it("a cascade that is named is run, with the inputs that are given", () => {
    expect(plan('run nightly with path="my src"')).toEqual({
      by: "cascade",
      cascade: "nightly",
      inputs: { path: "my src" },
    });
  });

  it("anything else is a model's, and without one it is refused with what would work", () => {
    expect(plan("sing a song", "parallel", { ...WORLD, hasModel: true })).toMatchObject({
      by: "prompt",
      inputs: { step1_prompt: "sing a song" },
    });
    expect(() => plan("sing a song")).toThrow(
      expect.objectContaining({
        code: "no-model",
        hint: expect.stringContaining("write TEXT to FILE"),
      }),
    );
  });

  it("an input that is not there is refused, not dropped", () => {
    expect(() => plan("run nightly with pth=src")).toThrow(
      expect.objectContaining({ code: "unknown-input", hint: "known: path" }),
    );
  });
});
