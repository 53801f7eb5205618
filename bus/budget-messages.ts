import { z } from "zod";
import { agentId, count, errorRecord, taskName, v } from "./messages.ts";

const usd = z.number().min(0).nullable();
/** Of one call of a vendor: `<asker>.<n>`, the same however often it is sent. */
const id = z.string().regex(/^[\w-]{1,64}\.\d{1,15}$/);
const day = z.iso.date();

const question = z.discriminatedUnion("op", [
  /** May this call be made? `tokens` and `usd` are its worst case; `usd` is null when the price is not known. */
  z.object({
    op: z.literal("reserve"),
    id,
    model: z.string().min(1).max(200),
    tokens: count,
    usd,
  }),
  /** What the vendor counted; null: not known, and the worst case stays. `day` as it was granted. */
  z.object({
    op: z.literal("settle"),
    id,
    tokens: count.nullable(),
    usd,
    day: day.exactOptional(),
  }),
]);
export type BudgetQuestion = z.infer<typeof question>;

/** Request to `budget.<shard>.<agent>`. */
export const budgetRequest = z.object({ v, agent: agentId, task: taskName, question });
export type BudgetRequest = z.infer<typeof budgetRequest>;

const answer = z.discriminatedUnion("status", [
  /** `day`: the call counts for that day's budget, too. */
  z.object({ status: z.literal("granted"), day: day.exactOptional() }),
  /** Calls that are under way may need less than was reserved for them: ask again. */
  z.object({ status: z.literal("full") }),
  z.object({ status: z.literal("settled") }),
  z.object({ status: z.literal("refused"), error: errorRecord }),
]);
export type BudgetAnswer = z.infer<typeof answer>;

/** Answered by the shard's owner: what was granted or settled, after the append. */
export const budgetReply = z.object({ v, epoch: count, answer });
