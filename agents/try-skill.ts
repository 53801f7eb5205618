import { mkdtemp, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { systemClock } from "../core/clock.ts";
import { SwarmError, toErrorRecord } from "../core/errors.ts";
import { parseAgentId } from "../core/ids.ts";
import type { JsonObject } from "../core/json.ts";
import { openLogger } from "../core/logging.ts";
import { registerEnvironment, Scrubber } from "../core/scrub.ts";
import { ALLOWANCE_VARIABLE, allowanceFromText } from "../core/skill-allowance.ts";
import { TRIAL_DESCRIPTOR, type TrialEnd, type TrialOrder } from "../core/skill-trial.ts";
import { openSwarmCatalog } from "../language/swarm-catalog.ts";
import { openModelsOf } from "../models/environment.ts";
import { withTimeout } from "./execution.ts";
import { openPrograms } from "./programs.ts";
import { openSandboxes, sandboxBackend } from "./sandbox/sandbox.ts";
import { runSkill, type SkillRunOptions } from "./skill-run.ts";
import { openWorkerPool } from "./worker-pool.ts";

/**
 * A process that runs a skill as an agent does, in the same threads and programs and with the same checks, but for one order
 * from its parent and without a server. It ends with its parent.
 */
async function main(order: TrialOrder): Promise<void> {
  const { env } = process;
  const scrubber = new Scrubber();
  registerEnvironment(scrubber, env);
  const scrub = (text: string): string => scrubber.scrub(text);
  const write = (line: string): void => void process.stderr.write(scrubber.scrub(line));
  const workers = openWorkerPool();
  const programs = openPrograms();
  const runFolder = await mkdtemp(join(tmpdir(), "cascade-try-"));
  const directory = env["INIT_CWD"] ?? process.cwd();
  const logger = openLogger({ service: AGENT, scrubber, write });
  const sandboxes = openSandboxes({ backend: sandboxBackend(env), env, logger });
  const options: SkillRunOptions = {
    skills: await openSwarmCatalog({
      directory,
      allowance: allowanceFromText(env[ALLOWANCE_VARIABLE]),
      env,
    }),
    workers,
    programs,
    sandboxes,
    fixers: [],
    models: await openModelsOf(env, { clock: systemClock, random: Math.random, scrub }),
    logger,
    writeLogLine: write,
    scrub,
  };
  try {
    for (const [index, inputs] of order.trials.entries()) {
      const end = await tryOnce(options, { ...order, index, inputs, directory, runFolder });
      await tell(scrubber.scrub(JSON.stringify(end)));
    }
  } finally {
    programs.close();
    await sandboxes.close();
    await workers.close();
    await rm(runFolder, { recursive: true, force: true });
  }
}

async function refuseMemory(): Promise<never> {
  throw new SwarmError("not-supported", "a trial of a skill has no memory", {
    hint: "run it as a stage of a cascade that declares the keys",
  });
}

const AGENT = parseAgentId("agent-1");
const answers = new Socket({ fd: TRIAL_DESCRIPTOR, readable: false, writable: true });

function tell(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    answers.write(`${line}\n`, (error) => (error == null ? resolve() : reject(error)));
  });
}

interface Trial {
  readonly skill: string;
  readonly index: number;
  readonly inputs: JsonObject;
  readonly directory: string;
  readonly runFolder: string;
  readonly timeoutMs: number;
}

async function tryOnce(options: SkillRunOptions, trial: Trial): Promise<TrialEnd> {
  const { skill, index, inputs, directory, runFolder, timeoutMs } = trial;
  const run = { runId: "try", cascade: "try", stageId: skill, index };
  const bindings = { runId: "try", stageId: skill, taskId: `try/${skill}/${index}` };
  const order = {
    skill,
    inputs,
    context: { run, attempt: 1, agentId: AGENT, directory, runFolder, cacheFolder: undefined },
    bindings: { ...bindings, agentId: AGENT, attempt: 1 },
    askMemory: refuseMemory,
  };
  const controller = new AbortController();
  const startedMs = performance.now();
  const durationMs = (): number => Math.round(performance.now() - startedMs);
  try {
    const { value } = await withTimeout(systemClock, { skill, timeoutMs }, controller, () =>
      runSkill(options, order, controller.signal),
    );
    return { status: "succeeded", output: value, durationMs: durationMs() };
  } catch (error) {
    return { status: "failed", error: toErrorRecord(error), durationMs: durationMs() };
  }
}

const input = createInterface({ input: process.stdin });
input.once("line", (line) => {
  input.once("close", () => process.exit(1)); // whoever asked is gone
  main(JSON.parse(line) as TrialOrder).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${(error as Error).message}\n`);
      process.exit(1);
    },
  );
});
