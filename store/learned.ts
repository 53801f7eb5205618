import type { KV } from "nats";
import { z } from "zod";
import { type AgentId, isToken, parseAgentId } from "../core/ids.ts";
import type { Measurement } from "../core/strategy.ts";
import type { LogAccess } from "./shard-log.ts";

/** What was measured of an agent with one skill. */
export interface Learned {
  readonly skill: string;
  readonly agent: AgentId;
  readonly measurement: Measurement;
}

/** KV `cascade_learned`: what strategies know of agents, by `<skill>.<agent>`. It may be lost or old: then it is learned anew. */
export interface LearnedStore {
  list(): Promise<readonly Learned[]>;
  put(learned: Learned): Promise<void>;
}

/** Agents that were not heard of for so long are forgotten. */
const KEPT_MS = 7 * 86_400_000;

const measurement = z.object({
  succeeded: z.number().min(0),
  failed: z.number().min(0),
  meanLogMs: z.number(),
  varianceLogMs: z.number().min(0),
});

export async function openLearned(
  access: Pick<LogAccess, "jetstream" | "subjects">,
): Promise<LearnedStore> {
  const name = access.subjects.buckets.learned;
  const kv: KV = await access.jetstream.views.kv(name, { history: 1, ttl: KEPT_MS });
  return {
    async list() {
      const learned: Learned[] = [];
      const keys: string[] = [];
      for await (const key of await kv.keys()) keys.push(key);
      for (const key of keys) {
        const entry = await kv.get(key);
        const [skill = "", agent] = key.split(".");
        const parsed = measurement.safeParse(safeJson(entry?.string() ?? ""));
        if (parsed.success && isToken(agent))
          learned.push({ skill, agent: parseAgentId(agent), measurement: parsed.data });
      }
      return learned;
    },
    async put({ skill, agent, measurement: measured }) {
      await kv.put(`${skill}.${agent}`, JSON.stringify(measured));
    },
  };
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // what cannot be read is learned anew
  }
}
