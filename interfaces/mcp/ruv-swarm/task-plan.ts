import { SwarmError } from "../../../core/errors.ts";
import type { Json, JsonObject } from "../../../core/json.ts";
import type { InputSpec } from "../../../core/plan.ts";
import { inputFromText } from "../../../language/inputs.ts";
import type { SwarmSettings } from "./settings.ts";

/** An input of something that a task may name. */
export type TaskInput = Pick<InputSpec, "name" | "type"> & Partial<InputSpec>;

/** What is there that a task may name. */
export interface TaskWorld {
  readonly cascades: ReadonlyMap<string, readonly InputSpec[]>;
  readonly skills: ReadonlyMap<string, readonly InputSpec[]>;
  /** Whether any model can be had. */
  readonly hasModel: boolean;
}

/** What a task is carried out by. */
export type TaskPlan =
  | { readonly by: "cascade"; readonly cascade: string; readonly inputs: JsonObject }
  | {
      readonly by: "write-file" | "skill" | "prompt";
      /** A cascade; everything that the task says is an input of it: text never becomes part of the definition. */
      readonly definition: JsonObject;
      readonly inputs: JsonObject;
    };

export type TaskStrategy = "parallel" | "sequential" | "adaptive";

/** What one stage does. */
export interface TaskStep {
  readonly id: string;
  readonly skill: string;
  readonly declared: readonly TaskInput[];
  readonly inputs: JsonObject;
  /** Ids of other steps; undefined: what the order of the steps says. */
  readonly needs?: readonly string[];
}

/**
 * How a task in words is carried out, by fixed rules: `write TEXT to FILE`; skills that it names; a cascade that it names;
 * else a model is asked. Several writes or skills, one a line or with semicolons between, are stages of one cascade. Pure.
 * @throws SwarmError `no-model` when nothing of this fits, `invalid-input` when a value does not
 */
export function planTask(
  task: string,
  how: { readonly strategy: TaskStrategy; readonly swarm: SwarmSettings },
  world: TaskWorld,
): TaskPlan {
  const lines = task.split(/\s*[\n;]\s*/).filter((line) => line.trim() !== "");
  const steps = lines.map((line, at) => stepOf(line.trim(), `step${at + 1}`, world));
  if (steps.length > 0 && steps.every((step) => step !== undefined)) {
    const isWriting = steps.every(({ skill }) => skill === WRITE_SKILL);
    return { by: isWriting ? "write-file" : "skill", ...cascadeOf("task", steps, how) };
  }
  const named = nameIn(task, world.cascades);
  if (named !== undefined) {
    const [cascade, declared] = named;
    return { by: "cascade", cascade, inputs: inputsIn(task, declared) };
  }
  if (!world.hasModel) throw noModel();
  return { by: "prompt", ...cascadeOf("task", [promptStep(task.trim(), "step1")], how) };
}

/** A step in words; undefined when it is neither a write nor names a skill. @throws SwarmError `invalid-input` */
export function stepOf(line: string, id: string, { skills }: TaskWorld): TaskStep | undefined {
  const write = writeOf(line);
  if (write !== undefined) return { id, skill: WRITE_SKILL, declared: WRITE_INPUTS, inputs: write };
  const named = nameIn(line, skills);
  if (named === undefined) return undefined;
  const [skill, declared] = named;
  return { id, skill, declared, inputs: inputsIn(line, declared) };
}

export function promptStep(prompt: string, id: string): TaskStep {
  return {
    id,
    skill: "prompt",
    declared: [{ name: "prompt", type: "string" }],
    inputs: { prompt },
  };
}

export function noModel(): SwarmError {
  return new SwarmError("no-model", "only a model could do this task, and none can be had", {
    hint: 'without one: "write TEXT to FILE", or a task that names a cascade or a skill, with key=value inputs; else set a key such as ANTHROPIC_API_KEY and start the server anew',
  });
}

const WRITE_SKILL = "write-file";
const WRITE_INPUTS: readonly TaskInput[] = [
  { name: "path", type: "string" },
  { name: "text", type: "string" },
  { name: "replace", type: "boolean" },
];
const WRITE =
  /^(?:please\s+)?(write|overwrite|save|put)\s+(.+?)\s+(?:in)?to\s+(?:the\s+)?(?:file\s+)?(\S+)$/is;
const OVERWRITE = /^(?:please\s+)?overwrite\s+(?:the\s+)?(?:file\s+)?(\S+)\s+with\s+(.+)$/is;

function writeOf(line: string): JsonObject | undefined {
  const [, replaced, by] = OVERWRITE.exec(line) ?? [];
  if (replaced !== undefined && by !== undefined)
    return { path: unquoted(replaced), text: unquoted(by), replace: true };
  const [, , text, file] = WRITE.exec(line) ?? [];
  if (text === undefined || file === undefined) return undefined;
  return { path: unquoted(file), text: unquoted(text) };
}

/** Without the quotes around all of it. */
function unquoted(text: string): string {
  return /^(["'`])(.*)\1$/s.exec(text)?.[2] ?? text;
}

/** The first word of a text that is a name. */
function nameIn<Found>(
  text: string,
  names: ReadonlyMap<string, Found>,
): readonly [string, Found] | undefined {
  for (const word of text.split(/[\s,.:!?"'`]+/)) {
    const found = names.get(word);
    if (found !== undefined) return [word, found];
  }
  return undefined;
}

const PAIR = /([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|(\S+))/g;

/** `key=value` of inputs that are declared; values with spaces stand in quotes. @throws SwarmError `unknown-input` */
function inputsIn(text: string, declared: readonly InputSpec[]): JsonObject {
  const inputs: Record<string, Json> = {};
  for (const [, key = "", double, single, plain = ""] of text.matchAll(PAIR)) {
    const spec = declared.find(({ name }) => name === key);
    if (spec === undefined) {
      throw new SwarmError("unknown-input", `there is no input ${JSON.stringify(key)}`, {
        hint: `known: ${declared.map(({ name }) => name).join(", ") || "none"}`,
      });
    }
    inputs[key] = inputFromText(spec, double ?? single ?? plain);
  }
  return inputs;
}

/** A cascade with one stage a step; the steps' inputs are its inputs, under names that begin with the step's id. */
export function cascadeOf(
  name: string,
  steps: readonly TaskStep[],
  { strategy, swarm }: { readonly strategy: TaskStrategy; readonly swarm: SwarmSettings },
): { readonly definition: JsonObject; readonly inputs: JsonObject } {
  const inputs: Record<string, Json> = {};
  const declared: Json[] = [];
  const { topology, maxAgents } = swarm;
  const stages = steps.map(({ id, skill, declared: specs, inputs: given, needs }, at) => {
    const bound: Record<string, Json> = {};
    for (const { name: input, type } of specs) {
      const value = given[input];
      if (value === undefined) continue;
      const own = `${id}_${input}`;
      inputs[own] = value;
      declared.push({ name: own, type });
      bound[input] = `\${inputs.${own}}`;
    }
    const inOrder = strategy === "sequential" && at > 0 ? [steps[at - 1]?.id ?? ""] : [];
    return {
      stage: id,
      type: "swarm-parallel",
      skills: [skill],
      needs: [...(needs ?? inOrder)],
      inputs: bound,
      swarm_config: { topology, strategy: swarm.strategy, max_agents: maxAgents },
    };
  });
  const outputs = Object.fromEntries(steps.map(({ id }) => [id, `\${${id}}`]));
  return { definition: { cascade: name, inputs: declared, stages, outputs }, inputs };
}
