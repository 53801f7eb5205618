import { isDeclared, LEARNED_KEY, type StageMemory } from "../core/memory.ts";
import type { PlanStage } from "../core/plan.ts";
import { parseDuration } from "./duration.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { BranchSyntax, CascadeSyntax, StageSyntax } from "./schema.ts";
import { memoryKeysOf } from "./stage-templates.ts";

/** The memory of a cascade. */
export interface CascadeMemory {
  readonly space: StageMemory["space"];
  /** Those that the cascade lists. */
  readonly keys: readonly string[];
  /** Those that `${memory.…}` may name anywhere in it: listed, or used by one of its stages. */
  readonly nameable: readonly string[];
  readonly ttlMs?: number;
  /** It says `learned_patterns: true`. */
  readonly learned?: true;
  /** Why no stage may use it. */
  readonly refusal?: string;
}

/** What a written stage may do with the memory. */
export interface MemoryUse {
  readonly memory: CascadeMemory;
  /** What its tasks may do, and what is kept of its output; undefined when the stage says nothing of it. */
  readonly declared: StageMemory | undefined;
}

/** @param outer that of the cascade around it, which it shares when it does not say anything of its own */
export function cascadeMemory(cascade: CascadeSyntax, outer?: CascadeMemory): CascadeMemory {
  const { memory: written, data_flow: channels } = cascade;
  const keys = written?.keys ?? outer?.keys ?? [];
  const ttlMs = written?.ttl === undefined ? outer?.ttlMs : parseDuration(written.ttl);
  const isListed = channels?.some((channel) =>
    typeof channel === "string" ? channel === "shared_memory" : "shared_memory" in channel,
  );
  const used = [...cascade.stages, ...(cascade.finally ?? [])].flatMap(keysOfStage);
  const isLearned = cascade.learned_patterns ?? outer?.learned ?? false;
  const learned = isLearned ? [LEARNED_KEY] : [];
  const refusal = isListed === false ? "`data_flow` does not list `shared_memory`" : outer?.refusal;
  return {
    space: written === undefined ? (outer?.space ?? { kind: "run" }) : spaceOf(cascade, written),
    keys,
    nameable: [...new Set([...keys, ...(outer?.nameable ?? []), ...used, ...learned])],
    ...(isLearned ? { learned: true } : {}),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(refusal === undefined ? {} : { refusal }),
  };
}

function spaceOf(
  { name: cascade }: CascadeSyntax,
  { scope, name }: NonNullable<CascadeSyntax["memory"]>,
): StageMemory["space"] {
  if (scope === "global") return { kind: "global" };
  return name === undefined ? { kind: "run" } : { kind: "cascade", cascade, name };
}

/** The keys that stages inside a stage use, and it itself. */
function keysOfStage(stage: StageSyntax): readonly string[] {
  const { branches = {}, then, else: otherwise, default: fallback } = stage;
  const inner = [...Object.values(branches), then, otherwise, fallback].filter(
    (branch) => typeof branch === "object",
  );
  const id = stage.stage_id ?? stage.stage ?? stage.name ?? "";
  return [
    ...ownKeys(stage, id),
    ...inner.flatMap((branch) => ownKeys(branch, id)),
    ...[stage, ...inner].flatMap(({ stages = [] }) => stages.flatMap(keysOfStage)),
  ];
}

function ownKeys({ memory }: Pick<StageSyntax | BranchSyntax, "memory">, id: string): string[] {
  if (memory === undefined) return [];
  if (memory === "persistent") return id === "" ? [] : [id];
  return [...(memory.read_keys ?? []), ...(memory.write_keys ?? [])];
}

const LEARNED = { learned: true } as const;

type Written = Pick<StageSyntax, "memory" | "memory_shared" | "swarm_config">;

/**
 * What a stage's `memory`, and `memory_shared` of its swarm, come to.
 * @param id as it is written
 */
export function memoryUse(
  written: Written,
  id: string,
  { memory, path }: { readonly memory: CascadeMemory; readonly path: Path },
  reporter: Reporter,
): MemoryUse {
  const shared = written.swarm_config?.memory_shared;
  const isSaid = written.memory !== undefined || shared === true || written.memory_shared === true;
  if (isSaid && memory.refusal !== undefined) {
    const key = written.memory === undefined ? "memory_shared" : "memory";
    const message = `\`${key}\` cannot be used: ${memory.refusal}`;
    reporter.report("invalid-cascade", message, path, "add `shared_memory` to `data_flow`");
  }
  const declared = declaredBy(written, id, { memory, path }, reporter);
  refuseWrittenOver(declared, memory, path, reporter);
  if (shared === false && written.memory !== undefined) {
    const message = "the agents of the stage share its `memory`: `memory_shared` cannot be false";
    const hint = "leave out one of them";
    reporter.report("invalid-cascade", message, [...path, "swarm_config"], hint);
  }
  return { memory, declared };
}

/** With `learned_patterns: true` the key is read by `${memory.learned_patterns}`, and written by nobody. */
function refuseWrittenOver(
  declared: StageMemory | undefined,
  { learned }: CascadeMemory,
  path: Path,
  reporter: Reporter,
): void {
  if (learned !== true || declared === undefined) return;
  const { read, write, output } = declared;
  if (![...read, ...write, output].includes(LEARNED_KEY)) return;
  const message = `${LEARNED_KEY} is what the swarm has learned, and no key of the memory, here`;
  const hint = `use \${memory.${LEARNED_KEY}}, or leave out \`learned_patterns: true\``;
  reporter.report("invalid-cascade", message, path, hint);
}

function declaredBy(
  { memory: written, swarm_config: swarm }: Written,
  id: string,
  { memory, path }: { readonly memory: CascadeMemory; readonly path: Path },
  reporter: Reporter,
): StageMemory | undefined {
  const isShared = swarm?.memory_shared === true;
  if (written === undefined && !isShared) return undefined;
  const base = {
    space: memory.space,
    ...(memory.ttlMs === undefined ? {} : { ttlMs: memory.ttlMs }),
  };
  const own = typeof written === "object" ? written : {};
  const takesAll = written === "persistent" || isShared;
  const shared = takesAll ? memory.keys : [];
  const read = [...new Set([...shared, ...(own.read_keys ?? [])])];
  const write = [...new Set([...shared, ...(own.write_keys ?? [])])];
  if (read.length + write.length > 0) return { ...base, read, write };
  if (written === "persistent") return { ...base, read: [id], write: [], output: id };
  const message = "the stage uses the memory, but no key of it";
  const hint = "list keys under `memory.keys` of the cascade, or `read_keys` and `write_keys` here";
  reporter.report("invalid-cascade", message, path, hint);
  return { ...base, read, write };
}

/** The same for what belongs to a stage but is not its work: it may name keys, and keeps nothing. */
export function onlyNaming({ memory }: MemoryUse): MemoryUse {
  return { memory, declared: undefined };
}

/** True when `${memory.key}` may stand in the stage. */
export function isNameable({ memory, declared }: MemoryUse, key: string): boolean {
  return isDeclared([...memory.nameable, ...(declared?.read ?? [])], key);
}

/** A stage of the plan with the memory that it uses, if it uses any. */
export function withMemory(stage: PlanStage, { memory, declared }: MemoryUse): PlanStage {
  const named = memoryKeysOf(stage);
  const learned = memory.learned === true && named.includes(LEARNED_KEY) ? LEARNED : {};
  if (declared !== undefined) return { ...stage, memory: { ...declared, ...learned } };
  if (named.length === 0) return stage;
  return { ...stage, memory: { space: memory.space, read: [], write: [], ...learned } };
}
