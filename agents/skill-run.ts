import { join } from "node:path";
import type { Logger } from "pino";
import { systemClock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import type { Fixer } from "../core/fixer.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { CallBudget } from "../core/model.ts";
import { kindOf, type SkillCatalog, type SkillManifest } from "../core/skill.ts";
import { COMMAND_SKILLS } from "../core/skill-allowance.ts";
import type { Steps } from "../core/steps.ts";
import type { ModelService } from "../models/service.ts";
import { type ArgvSurroundings, runArgvSkill } from "./argv-skill.ts";
import { commandsOf } from "./commands.ts";
import { openRepairs } from "./fix-loop/repairs.ts";
import { type CheckedOutput, checkedInputs, checkedOutput } from "./inputs.ts";
import { modelsFor } from "./models-for.ts";
import type { Programs } from "./programs.ts";
import { runPromptSkill } from "./prompt-skill.ts";
import type { Sandboxes } from "./sandbox/sandbox.ts";
import { type ContextData, openSkillContext, unrecordedSteps } from "./skill-context.ts";
import { loadSkill } from "./skill-loader.ts";
import type { AskMemory } from "./skill-memory.ts";
import { type AskPeers, noPeers } from "./skill-peers.ts";
import { refuseOtherVersion } from "./skill-version.ts";
import type { LogBindings } from "./worker-messages.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface SkillRunOptions {
  readonly skills: SkillCatalog;
  readonly workers: WorkerPool;
  readonly programs: Programs;
  readonly sandboxes: Sandboxes;
  /** Who proposes fixes of failing tests, the cheapest first. */
  readonly fixers: readonly Fixer[];
  readonly models: ModelService;
  readonly logger: Logger;
  /** Log lines of worker threads, NDJSON, not scrubbed yet. */
  readonly writeLogLine: (line: string) => void;
  /** Takes secrets out of what a program said. */
  readonly scrub: (text: string) => string;
}

export interface SkillOrder {
  readonly skill: string;
  /** The version that it must be; any, when it is absent. */
  readonly digest?: string | undefined;
  readonly inputs: Json;
  readonly context: ContextData;
  /** Only skills that are code ask it: a program gets its inputs, and gives its output. */
  readonly askMemory: AskMemory;
  /** Absent: it is in no team. */
  readonly askPeers?: AskPeers;
  /** Allows each call of a model; absent: under no budget. */
  readonly budget?: CallBudget;
  /** What each log line about it carries. */
  readonly bindings: LogBindings;
  /** Absent when nothing keeps them. */
  readonly steps?: Steps;
}

/** Runs a skill once, whatever its kind, between the check of its inputs and that of its output. */
export async function runSkill(
  options: SkillRunOptions,
  order: SkillOrder,
  signal: AbortSignal,
): Promise<CheckedOutput> {
  const manifest = usableSkill(options.skills, order.skill);
  await refuseOtherVersion(manifest, order.digest, systemClock);
  const inputs = checkedInputs(manifest, order.inputs);
  return checkedOutput(manifest, await output(options, { ...order, manifest, inputs }, signal));
}

function usableSkill(skills: SkillCatalog, name: string): SkillManifest {
  const refusal = skills.refusalOf(name);
  if (refusal !== undefined) throw refusal;
  const manifest = skills.find(name);
  if (manifest === undefined) {
    throw new SwarmError("unknown-skill", `this agent has no skill called ${name}`);
  }
  if (manifest.lane === "sandbox" && kindOf(manifest) !== "code") {
    throw new SwarmError(
      "not-supported",
      `${name} is a program of the lane sandbox, which only modules can use`,
      { hint: "make it a module that runs the program in its context's sandbox" },
    );
  }
  return manifest;
}

/** What skills of the lane `sandbox` get beside what all have. @throws SwarmError `sandbox-unavailable` */
async function sandboxReach(
  { sandboxes, fixers }: SkillRunOptions,
  { context, steps = unrecordedSteps }: SkillOrder,
  logger: Logger,
  signal: AbortSignal,
) {
  const sandbox = await sandboxes.forTask(signal);
  const { runId, stageId, index } = context.run;
  const name = [runId, stageId, String(index)].join("-");
  const task = { name, runFolder: context.runFolder, steps, logger };
  return { sandbox, repairs: openRepairs({ sandbox, fixers, clock: systemClock }, task) };
}

interface CheckedOrder extends SkillOrder {
  readonly manifest: SkillManifest;
  readonly inputs: JsonObject;
}

async function output(
  options: SkillRunOptions,
  order: CheckedOrder,
  signal: AbortSignal,
): Promise<unknown> {
  const {
    manifest,
    inputs,
    context,
    bindings,
    steps,
    askMemory,
    askPeers = noPeers,
    budget,
  } = order;
  const { workers, programs, writeLogLine, scrub } = options;
  const logger = options.logger.child(bindings);
  const surroundings: ArgvSurroundings = { programs, logger, scrub, signal };
  const models = modelsFor(options.models.forTask(signal, logger, budget), context.wish);
  if (kindOf(manifest) === "prompt") return runPromptSkill(manifest, inputs, models);
  if (manifest.entry === undefined) {
    const run = { manifest, inputs, runFolder: context.runFolder };
    return runArgvSkill(run, surroundings);
  }
  const module = join(manifest.folder, manifest.entry);
  const declarations = { inputs: manifest.inputs, outputs: manifest.outputs };
  // It only waits: the program that it starts is what is heavy.
  const isCommand = COMMAND_SKILLS.has(manifest.name);
  const commands = isCommand ? commandsOf(context, surroundings) : undefined;
  if (manifest.lane === "heavy" && commands === undefined) {
    const log = { level: options.logger.level, bindings };
    const asks = { askMemory, askPeers };
    const job = { module, declarations, inputs, context, log, onLogLine: writeLogLine, ...asks };
    return workers.run(job, signal);
  }
  const skill = await loadSkill(module, declarations);
  const reach = {
    askMemory,
    askPeers,
    models,
    ...(commands === undefined ? {} : { commands }),
    ...(manifest.lane === "sandbox" ? await sandboxReach(options, order, logger, signal) : {}),
    ...(steps === undefined ? {} : { steps }),
  };
  return skill(inputs, openSkillContext(context, logger, signal, reach));
}
