import { join } from "node:path";
import type { Logger } from "pino";
import { SwarmError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { kindOf, type SkillCatalog, type SkillManifest } from "../core/skill.ts";
import { COMMAND_SKILL } from "../core/skill-allowance.ts";
import type { ModelService } from "../models/service.ts";
import { type ArgvSurroundings, runArgvSkill } from "./argv-skill.ts";
import { commandsOf } from "./commands.ts";
import { type CheckedOutput, checkedInputs, checkedOutput } from "./inputs.ts";
import { modelsFor } from "./models-for.ts";
import type { Programs } from "./programs.ts";
import { runPromptSkill } from "./prompt-skill.ts";
import { type ContextData, openSkillContext } from "./skill-context.ts";
import { loadSkill } from "./skill-loader.ts";
import type { LogBindings } from "./worker-messages.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface SkillRunOptions {
  readonly skills: SkillCatalog;
  readonly workers: WorkerPool;
  readonly programs: Programs;
  readonly models: ModelService;
  readonly logger: Logger;
  /** Log lines of worker threads, NDJSON, not scrubbed yet. */
  readonly writeLogLine: (line: string) => void;
  /** Takes secrets out of what a program said. */
  readonly scrub: (text: string) => string;
}

export interface SkillOrder {
  readonly skill: string;
  readonly inputs: Json;
  readonly context: ContextData;
  /** What each log line about it carries. */
  readonly bindings: LogBindings;
}

/** Runs a skill once, whatever its kind, between the check of its inputs and that of its output. */
export async function runSkill(
  options: SkillRunOptions,
  order: SkillOrder,
  signal: AbortSignal,
): Promise<CheckedOutput> {
  const manifest = usableSkill(options.skills, order.skill);
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
  if (manifest.lane === "sandbox") {
    throw new SwarmError("not-supported", `${name} needs a sandbox, and this agent has none`);
  }
  return manifest;
}

interface CheckedOrder extends SkillOrder {
  readonly manifest: SkillManifest;
  readonly inputs: JsonObject;
}

async function output(
  options: SkillRunOptions,
  { manifest, inputs, context, bindings }: CheckedOrder,
  signal: AbortSignal,
): Promise<unknown> {
  const { workers, programs, writeLogLine, scrub } = options;
  const logger = options.logger.child(bindings);
  const surroundings: ArgvSurroundings = { programs, logger, scrub, signal };
  const models = modelsFor(options.models.forTask(signal, logger), context.wish);
  if (kindOf(manifest) === "prompt") return runPromptSkill(manifest, inputs, models);
  if (manifest.entry === undefined) {
    const run = { manifest, inputs, runFolder: context.runFolder };
    return runArgvSkill(run, surroundings);
  }
  const module = join(manifest.folder, manifest.entry);
  const declarations = { inputs: manifest.inputs, outputs: manifest.outputs };
  // It only waits: the program that it starts is what is heavy.
  const commands = manifest.name === COMMAND_SKILL ? commandsOf(context, surroundings) : undefined;
  if (manifest.lane === "heavy" && commands === undefined) {
    const log = { level: options.logger.level, bindings };
    const job = { module, declarations, inputs, context, log, onLogLine: writeLogLine };
    return workers.run(job, signal);
  }
  const skill = await loadSkill(module, declarations);
  return skill(inputs, openSkillContext(context, logger, signal, { models, commands }));
}
