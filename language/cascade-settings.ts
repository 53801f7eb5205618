import { MODEL_FEATURES } from "../core/model.ts";
import { isAutoFix } from "./auto-fix.ts";
import type { CascadeSyntax, StageSyntax, WorkSyntax } from "./schema.ts";
import { type CascadeMemory, cascadeMemory } from "./stage-memory.ts";

/** Parts that a cascade may switch off. */
export type Part = keyof NonNullable<CascadeSyntax["config"]>;

/** What a cascade says for all its stages. */
export interface CascadeSettings {
  /** The model of stages that name none. */
  readonly model: string | undefined;
  /** False when stages without `error_handling` are not to be tried again. */
  readonly triesAgain: boolean;
  /** True when a person is asked after a failure of a stage without `error_handling`. */
  readonly escalates: boolean;
  /** Stages may be answered by other models than they name. */
  readonly switchesModels: boolean;
  /** Fixes are looked for after a failure of a stage without `error_handling`. */
  readonly mendsByFix: boolean;
  readonly disabled: ReadonlySet<Part>;
  readonly memory: CascadeMemory;
  /**
   * How outputs of stages get to a model. `apart`: `data_flow` lists `multi_model_context`, and what stands in a prompt of them
   * is given as data. `refused`: it lists other ways.
   */
  readonly context: "apart" | "open" | "refused";
}

/** Strategies by which a task is tried again. */
const TRIES_AGAIN = /^(?!fail$|fallback|escalate$)/;

/** @param outer those of the cascade around it, for what it does not say itself */
export function settingsOf(cascade: CascadeSyntax, outer?: CascadeSettings): CascadeSettings {
  const { error_handling: chain, config = {} } = cascade;
  const triesAgain =
    chain === undefined
      ? (outer?.triesAgain ?? true)
      : chain.some((strategy) => TRIES_AGAIN.test(strategy));
  const off = Object.entries(config).flatMap(([part, state]) =>
    state === "disabled" ? [part as Part] : [],
  );
  // Said in two places, the one that forbids more holds.
  if (cascade.memory?.persistence === "disabled") off.push("memory_persistence");
  return {
    model: cascade.model ?? outer?.model,
    triesAgain,
    escalates: chain === undefined ? (outer?.escalates ?? false) : chain.includes("escalate"),
    switchesModels: chain?.some(isModelSwitch) ?? outer?.switchesModels ?? false,
    mendsByFix: chain?.some(isAutoFix) ?? outer?.mendsByFix ?? false,
    disabled: new Set([...(outer?.disabled ?? []), ...off]),
    memory: cascadeMemory(cascade, outer?.memory),
    context: contextOf(cascade) ?? outer?.context ?? "open",
  };
}

/** Both spellings of the strategy. */
export function isModelSwitch(strategy: string): boolean {
  return strategy === "model-switch" || strategy === "model_switching";
}

/** The key of a stage that needs a part which is switched off, and the part. */
export function disabledPart(
  stage: WorkSyntax & Pick<StageSyntax, "type" | "memory_shared">,
  { disabled }: CascadeSettings,
): { readonly key: keyof StageSyntax; readonly part: Part } | undefined {
  const needed: readonly (readonly [keyof StageSyntax, Part, boolean])[] = [
    ["type", "swarm_coordination", stage.type === "swarm-parallel"],
    ["type", "multi_model", stage.type === "multi-model"],
    ["model", "multi_model", stage.model !== undefined],
    ["memory", "memory_persistence", stage.memory !== undefined],
    ["memory_shared", "memory_persistence", stage.memory_shared === true],
    ["swarm_config", "memory_persistence", stage.swarm_config?.memory_shared === true],
    ...MODEL_FEATURES.map((feature) => [feature, "multi_model", stage[feature] === true] as const),
    ["gate", "quality_gates", stage.gate !== undefined],
  ];
  const found = needed.find(([, part, isNeeded]) => isNeeded && disabled.has(part));
  return found === undefined ? undefined : { key: found[0], part: found[1] };
}

/** False when `data_flow` lists the ways that data may take, and outputs of stages are not among them. */
export function allowsStageOutputs(cascade: CascadeSyntax): boolean {
  return listsChannel(cascade, "stage_output") ?? true;
}

/** False when it lists them without the state of the sandbox. */
export function allowsSandboxState(cascade: CascadeSyntax): boolean {
  return listsChannel(cascade, "codex_sandbox_state") ?? true;
}

function contextOf(cascade: CascadeSyntax): CascadeSettings["context"] | undefined {
  const isListed = listsChannel(cascade, "multi_model_context");
  return isListed === undefined ? undefined : isListed ? "apart" : "refused";
}

/** Undefined when the cascade lists no ways. */
function listsChannel({ data_flow: channels }: CascadeSyntax, name: Channel): boolean | undefined {
  return channels?.some((channel) =>
    typeof channel === "string" ? channel === name : name in channel,
  );
}

type Channel = Extract<NonNullable<CascadeSyntax["data_flow"]>[number], string>;
