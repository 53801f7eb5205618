import type { KV } from "nats";
import { z } from "zod";
import { failureOf } from "../bus/failures.ts";
import {
  type AskedCall,
  type Budget,
  type BudgetDecision,
  decideCall,
  NOTHING_SPENT,
  plus,
  type Spending,
} from "../core/budget.ts";
import { SwarmError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { LogAccess } from "./shard-log.ts";

/** KV `cascade_budget`: what all runs have spent on models in a day, whoever owns their shards. */
export interface DayBudgets {
  /**
   * Reserves a call, unless that was done.
   * @param day of UTC, `2026-11-25`
   * @throws what NATS says when it cannot be known whether it was reserved
   */
  reserve(day: string, limit: Budget, call: DayCall): Promise<BudgetDecision>;
  /** What the vendor counted of a call; null keeps the worst case. One that is not reserved is left alone. */
  settle(
    day: string,
    id: string,
    counted: { readonly tokens: number | null; readonly usd: number | null },
  ): Promise<void>;
}

export interface DayCall extends AskedCall {
  readonly id: string;
  readonly model: string;
  readonly where: string;
}

const usd = z.number().min(0);
const spending = z.object({ calls: z.int().min(0), tokens: z.int().min(0), usd });
const record = z.object({
  v: z.literal(1),
  /** Of calls that are over. */
  spent: spending,
  /** By id, the oldest first. */
  open: z.record(z.string(), z.object({ tokens: z.int().min(0), usd: usd.nullable() })),
});
type DayRecord = z.infer<typeof record>;

const EMPTY: DayRecord = { v: 1, spent: { ...NOTHING_SPENT }, open: {} };
/** Another coordinator changed the record meanwhile; each round one of them succeeds. */
const MOST_TRIES = 200;

export async function openDayBudgets(
  access: Pick<LogAccess, "jetstream" | "subjects">,
): Promise<DayBudgets> {
  const kv: KV = await access.jetstream.views.kv(access.subjects.buckets.budget, {
    history: 1,
    ttl: LIMITS.dayBudgetTtlMs,
  });

  /** Reads, changes and writes until nobody else wrote in between. @param change answers undefined to leave it */
  async function change<Answer>(
    day: string,
    step: (kept: DayRecord) => { readonly next?: DayRecord; readonly answer: Answer },
  ): Promise<Answer> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const entry = await kv.get(day);
      const { next, answer } = step(entry === null ? EMPTY : readRecord(day, entry.json()));
      if (next === undefined) return answer;
      try {
        const text = JSON.stringify(next);
        if (entry === null) await kv.create(day, text);
        else await kv.update(day, text, entry.revision);
        return answer;
      } catch (error) {
        if (failureOf(error) !== "wrong-sequence") throw error;
      }
    }
    throw new SwarmError("limit-exceeded", `the budget of ${day} is changed too often`, {
      disposition: "retry",
    });
  }

  return {
    reserve: (day, limit, call) =>
      change<BudgetDecision>(day, (kept) => {
        if (Object.hasOwn(kept.open, call.id)) return { answer: { status: "granted" } };
        // What is open here may belong to agents that are dead: nobody waits for it to come back.
        const spent = chargedOf(kept);
        const standing = { of: `the day ${day}`, limit, spent, reserved: NOTHING_SPENT };
        const answer = decideCall([standing], call);
        if (answer.status !== "granted") return { answer };
        const { tokens, usd: cost } = call;
        const open = { ...kept.open, [call.id]: { tokens, usd: cost } };
        return { next: withoutOldest({ ...kept, open }), answer };
      }),
    settle: (day, id, counted) =>
      change<void>(day, (kept) => {
        const { [id]: reserved, ...open } = kept.open;
        if (reserved === undefined) return { answer: undefined };
        const spent = plus(kept.spent, {
          calls: 1,
          tokens: counted.tokens ?? reserved.tokens,
          usd: counted.usd ?? reserved.usd ?? 0,
        });
        return { next: { ...kept, spent, open }, answer: undefined };
      }),
  };
}

function chargedOf({ spent, open }: DayRecord): Spending {
  let charged: Spending = spent;
  for (const { tokens, usd: cost } of Object.values(open)) {
    charged = plus(charged, { calls: 1, tokens, usd: cost ?? 0 });
  }
  return charged;
}

/** What was never settled counts as spent at its worst in the end, so that the record stays small. */
function withoutOldest(kept: DayRecord): DayRecord {
  const [first, ...others] = Object.entries(kept.open);
  if (first === undefined || others.length < LIMITS.openDayCalls) return kept;
  const { tokens, usd: cost } = first[1];
  const spent = plus(kept.spent, { calls: 1, tokens, usd: cost ?? 0 });
  return { ...kept, spent, open: Object.fromEntries(others) };
}

function readRecord(day: string, data: unknown): DayRecord {
  const parsed = record.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new SwarmError("record-corrupt", `what was spent on ${day} cannot be read`, {
    hint: "nothing is counted as 0: delete the key of that day in the bucket of budgets to begin anew",
  });
}
