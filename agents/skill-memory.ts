import type { MemoryFinding, MemoryQuestion } from "../bus/memory-messages.ts";
import { SwarmError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import { checkedMemoryKey, checkedMemoryValue, type SkillMemory } from "../core/memory.ts";

/** Asks the memory for a task. @throws SwarmError what the memory refuses with; the reason of an aborted signal */
export type AskMemory = (question: MemoryQuestion) => Promise<MemoryFinding>;

type Current = Pick<Extract<MemoryFinding, { readonly revision: number }>, "revision"> & {
  readonly value?: Json;
};
type WriteEnd = Current & { readonly status: "written" | "conflict" };

/** What a skill sees of the memory, in the agent's own thread or in one of its worker threads. */
export function openSkillMemory(ask: AskMemory, signal: AbortSignal): SkillMemory {
  async function current(key: string): Promise<Current> {
    const finding = await ask({ op: "read", key });
    if (finding.status !== "found") throw unexpected(finding);
    return finding;
  }

  async function write(question: MemoryQuestion): Promise<WriteEnd> {
    signal.throwIfAborted();
    const finding = await ask(question);
    switch (finding.status) {
      case "written":
        return { status: "written", revision: finding.revision };
      case "conflict":
        return { ...finding, status: "conflict" };
      default:
        throw unexpected(finding);
    }
  }

  return {
    async get(key) {
      const { value, revision } = await current(checkedMemoryKey(key));
      return value === undefined ? undefined : { value, revision };
    },
    async put(key, value, { ttlMs } = {}) {
      const { value: data } = checkedMemoryValue(value);
      const ttl = ttlMs === undefined ? {} : { ttlMs };
      const end = await write({ op: "write", key: checkedMemoryKey(key), value: data, ...ttl });
      return end.revision;
    },
    async update(key, change) {
      let seen = await current(checkedMemoryKey(key));
      for (let tries = 1; tries <= LIMITS.memoryUpdateTries; tries++) {
        const { value } = checkedMemoryValue(change(seen.value));
        const end = await write({ op: "write", key, value, expected: seen.revision });
        if (end.status === "written") return value;
        // It goes on from what it was told: who looked or waited first would lose to all that do not, again and again.
        seen = end;
      }
      throw tooMany(key);
    },
    async delete(key) {
      await write({ op: "delete", key: checkedMemoryKey(key) });
    },
    async list(prefix = "") {
      const finding = await ask({ op: "list", prefix });
      if (finding.status !== "listed") throw unexpected(finding);
      return finding.keys;
    },
  };
}

function tooMany(key: string): SwarmError {
  const message = `others changed the key ${key} before each of ${LIMITS.memoryUpdateTries} tries`;
  return new SwarmError("memory-conflict", message, {
    disposition: "retry",
    hint: "let each task write a key of its own",
  });
}

function unexpected({ status }: MemoryFinding): Error {
  return new Error(`the memory answered ${status}`);
}
