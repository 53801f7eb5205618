import { join } from "node:path";
import type { PeerAsk } from "../bus/peer-messages.ts";
import { SwarmError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { kindOf } from "../core/skill.ts";
import { type ExecutionOptions, withTimeout } from "./execution.ts";
import { runSkill } from "./skill-run.ts";

const TIMEOUT_MS = 60_000;

/**
 * Carries out a skill for a task that another member runs, in a worker thread of its own. Only such as reach neither models nor the
 * sandbox: the run's budget knows nothing of it, and its memory does not hear of it.
 */
export function carryOut(
  options: ExecutionOptions,
  asked: PeerAsk,
  controller: AbortController,
): Promise<JsonObject> {
  const { run, stage, index, attempt, cascade, directory, skill, digest, inputs } = asked;
  const { agentId, skills, clock } = options;
  const manifest = skills.find(skill);
  if (manifest !== undefined && (manifest.lane !== "heavy" || kindOf(manifest) !== "code")) {
    throw new SwarmError("not-supported", `${skill} cannot be carried out for another member`, {
      hint: "only skills of the lane `heavy` that are modules can",
    });
  }
  const order = {
    skill,
    digest,
    inputs,
    context: {
      run: { runId: run, cascade, stageId: stage, index },
      ...{ attempt, agentId, directory, cacheFolder: undefined },
      runFolder: join(directory, ".cascade", "runs", run),
    },
    bindings: { runId: run, stageId: stage, taskId: `${run}/${stage}/${index}`, agentId, attempt },
    askMemory: refuseMemory,
  };
  return withTimeout(clock, { skill, timeoutMs: TIMEOUT_MS }, controller, async () => {
    const { value } = await runSkill(options, order, controller.signal);
    return value;
  });
}

async function refuseMemory(): Promise<never> {
  throw new SwarmError("not-supported", "a skill that is carried out for a peer has no memory");
}
