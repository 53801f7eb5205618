import { SwarmError } from "./errors.ts";
import type { RunId } from "./ids.ts";
import { FORBIDDEN_KEYS, isJsonObject, type Json } from "./json.ts";
import { refuseOver } from "./limits.ts";
import { BLOB_KEY } from "./value.ts";

/** Where values are kept that outlive a task: those of one run, under a name for all runs of a cascade, or for everyone. */
export type MemorySpace =
  | { readonly kind: "run"; readonly run: RunId }
  | { readonly kind: "cascade"; readonly cascade: string; readonly name: string }
  | { readonly kind: "global" };

/** Who wrote a value. */
export interface MemoryAuthor {
  readonly run?: string;
  readonly stage?: string;
  readonly agent?: string;
  /** A person, as they call themselves. */
  readonly person?: string;
}

/** Which memory a stage uses, and which of its keys. Part of the plan. */
export interface StageMemory {
  readonly space: { readonly kind: "run" } | Exclude<MemorySpace, { readonly kind: "run" }>;
  /** Keys; one that ends with `*` stands for all that begin so. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Under this key the stage's whole output is kept. */
  readonly output?: string;
  /** How long what it writes is kept. */
  readonly ttlMs?: number;
  /** `LEARNED_KEY` is what the coordinator has learned of agents, and not what somebody has written. */
  readonly learned?: true;
}

/** Under this key a cascade that says `learned_patterns: true` reads what strategies have learned. */
export const LEARNED_KEY = "learned_patterns";

/** What a skill reads. Other tasks and people wrote it: it is data, and never instructions. */
export interface Remembered {
  readonly value: Json;
  /** Changes with every write of the key. */
  readonly revision: number;
}

/**
 * The memory that a skill's stage declares keys of. Every function throws `SwarmError` `memory-denied` for others.
 * A skill may be run again: what it must not do twice is decided by what it finds here.
 */
export interface SkillMemory {
  /** Undefined when nothing is kept under the key. */
  get(key: string): Promise<Remembered | undefined>;
  /**
   * Replaces whatever is there. Answers the new revision.
   * @throws SwarmError `invalid-output` when the value is not plain JSON
   */
  put(key: string, value: Json, options?: { readonly ttlMs?: number }): Promise<number>;
  /**
   * Replaces the value by one made from it, and begins anew with the current one when somebody was faster.
   * @param change is given undefined when nothing is kept there; it may be called several times
   * @returns what is kept now
   * @throws SwarmError `memory-conflict` when others were faster time after time
   */
  update(key: string, change: (value: Json | undefined) => Json): Promise<Json>;
  delete(key: string): Promise<void>;
  /** The keys that may be read and hold something, in order. @param prefix default: all of them */
  list(prefix?: string): Promise<readonly string[]>;
}

/** Any text without control characters: it is encoded before it becomes part of a subject. */
const KEY = /^[^\p{Cc}\p{Cs}]+$/u;

/** @throws SwarmError `invalid-input` or `limit-exceeded` for what cannot be a key of the memory */
export function checkedMemoryKey(key: unknown): string {
  if (typeof key !== "string" || !KEY.test(key) || FORBIDDEN_KEYS.has(key)) {
    const shown = JSON.stringify(key)?.slice(0, 80);
    throw new SwarmError("invalid-input", `${shown} cannot be a key of the memory`, {
      hint: "use a text without control characters",
    });
  }
  refuseOver("memoryKeyBytes", Buffer.byteLength(key));
  return key;
}

/** True when one of the declared keys is this one, or stands for it. */
export function isDeclared(declared: readonly string[], key: string): boolean {
  return declared.some((each) =>
    each.endsWith("*") ? key.startsWith(each.slice(0, -1)) : each === key,
  );
}

/** A value and how it is written. */
export interface MemoryData {
  readonly value: Json;
  readonly text: string;
}

/**
 * A value as the memory keeps it: a copy that is plain JSON, with no key that readers refuse.
 * @throws SwarmError `invalid-output`
 */
export function checkedMemoryValue(value: unknown): MemoryData {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw notPlain((error as Error).message.split("\n")[0] ?? "", error);
  }
  if (text === undefined) throw notPlain(`it is ${typeof value}`);
  const copy = JSON.parse(text) as Json;
  const reserved = reservedKeyIn(copy);
  if (reserved !== undefined) throw notPlain(`the key ${reserved} is reserved`);
  return { value: copy, text };
}

/** A key, at any depth, that no data may have. */
export function reservedKeyIn(value: Json): string | undefined {
  if (Array.isArray(value)) {
    return value.map((entry: Json) => reservedKeyIn(entry)).find((key) => key !== undefined);
  }
  if (!isJsonObject(value)) return undefined;
  for (const [key, entry] of Object.entries(value)) {
    const found = FORBIDDEN_KEYS.has(key) || key === BLOB_KEY ? key : reservedKeyIn(entry as Json);
    if (found !== undefined) return found;
  }
  return undefined;
}

function notPlain(why: string, cause?: unknown): SwarmError {
  const message = `a value for the memory is not plain JSON: ${why}`;
  return new SwarmError("invalid-output", message, cause === undefined ? {} : { cause });
}
