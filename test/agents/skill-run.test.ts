import { describe, expect, it } from "vitest";
import { runSkill } from "../../agents/skill-run.ts";
import { SwarmError } from "../../core/errors.ts";
import type { AgentId } from "../../core/ids.ts";
import { openLogger } from "../../core/logging.ts";
import { Scrubber } from "../../core/scrub.ts";
import type { SkillManifest } from "../../core/skill.ts";

const agentId = "agent-1" as AgentId;
const manifest: SkillManifest = {
  name: "own",
  description: "",
  version: "1",
  lane: "light",
  inputs: [],
  outputs: [],
  entry: "run.ts",
  folder: "/not/there",
};

/** Runs a skill of which nothing can be loaded or started. */
function run(found: SkillManifest | undefined, refusal?: SwarmError): Promise<unknown> {
  const never = (): never => {
    throw new Error("it was run");
  };
  return runSkill(
    {
      skills: { find: () => found, refusalOf: () => refusal, names: () => [] },
      workers: { run: never, close: never },
      fixers: [],
      programs: { run: never, close: never },
      sandboxes: { forTask: never, close: never },
      models: { forTask: () => ({ generate: never, choose: never }) },
      logger: openLogger({ service: "test", scrubber: new Scrubber(), write: () => {} }),
      writeLogLine: () => {},
      scrub: (text) => text,
    },
    {
      skill: "own",
      inputs: {},
      context: {
        run: { runId: "r1", cascade: "c", stageId: "s", index: 0 },
        attempt: 1,
        agentId,
        directory: "/job",
        runFolder: "/runs/r1",
        cacheFolder: undefined,
      },
      askMemory: never,
      bindings: { runId: "r1", stageId: "s", taskId: "r1/s/0", agentId, attempt: 1 },
    },
    new AbortController().signal,
  );
}

describe("an agent that is asked for a skill", () => {
  it.each([
    ["it does not have", undefined, "unknown-skill"],
    [
      "that is to instruct a model and says nothing",
      { ...manifest, entry: undefined, prompt: "" },
      "invalid-skill",
    ],
    [
      "that is a program of the lane sandbox",
      { ...manifest, lane: "sandbox", entry: undefined, argv: ["make"] },
      "not-supported",
    ],
  ])("does not run one %s", async (_, found, code) => {
    await expect(run(found as SkillManifest | undefined)).rejects.toMatchObject({ code });
  });

  it("does not run one that is refused, whatever asked for it", async () => {
    const refusal = new SwarmError("not-allowed", "it is code of the project");

    await expect(run(manifest, refusal)).rejects.toBe(refusal);
  });
});
