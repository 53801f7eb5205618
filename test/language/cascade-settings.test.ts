import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { testCatalog } from "../support/catalog.ts";

const stages = `stages:
  - { stage: a, skill: list, inputs: { path: x } }
  - { stage: b, skill: check }
`;

function compile(settings: string, written = stages) {
  const text = `cascade: c\n${settings}${written}`;
  const compiled = compileCascade({ text, file: "c.yaml" }, testCatalog);
  if (compiled.ok) return compiled.plan;
  return compiled.diagnostics.map(({ code, message, location, hint }) => {
    const advice = hint === undefined ? "" : ` (${hint})`;
    return `${location.line}:${location.column} ${code} ${message}${advice}`;
  });
}

describe("settings of a cascade", () => {
  it("are the model and the error handling of stages that say nothing of it", () => {
    const own = stages.replace("skill: check", "skill: check, model: claude, error_handling: {}");
    expect(compile("model: gemini\nerror_handling: [fail]\n", own)).toMatchObject({
      stages: [
        { model: "gemini", retry: { maxAttempts: 1 } },
        { model: "claude", retry: { maxAttempts: 4 } },
      ],
    });
    expect(compile("error_handling: [retry_with_backoff, swarm_recovery]\n")).toMatchObject({
      stages: [{ retry: { maxAttempts: 4 } }, { retry: { maxAttempts: 4 } }],
    });
  });

  it.each([
    [
      "config: { swarm_coordination: disabled }\n",
      stages.replace("stage: b", "stage: b, type: swarm-parallel"),
      "5:17 invalid-cascade `type` needs swarm_coordination, which is disabled under `config`",
    ],
    [
      "config: { multi_model: disabled }\n",
      stages.replace("skill: check", "skill: check, model: claude"),
      "5:31 invalid-cascade `model` needs multi_model, which is disabled under `config`",
    ],
    [
      "config: { quality_gates: disabled }\n",
      stages.replace("skill: check", 'skill: check, gate: "true"'),
      "5:31 invalid-cascade `gate` needs quality_gates, which is disabled under `config`",
    ],
    [
      "data_flow: [shared_memory: between stages]\n",
      stages,
      '5:24 missing-input the input "files" of the skill "check" is not given and it is the output of a stage, which `data_flow` does not list (add `stage_output` to `data_flow`)',
    ],
    [
      "config: { multimodel: disabled }\n",
      stages,
      '2:11 invalid-cascade the key "multimodel" is not known here (did you mean "multi_model"?)',
    ],
  ])("%s is kept to, or refused at its place", (settings, written, expected) => {
    expect(compile(settings, written)).toEqual([expected]);
  });

  it("let data take the ways that are listed", () => {
    expect(compile("data_flow: [stage_output: previous stage results]\n")).toHaveProperty("stages");
  });
});
