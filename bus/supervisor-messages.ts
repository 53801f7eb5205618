import { z } from "zod";
import { LIMITS } from "../core/limits.ts";
import { agentId, count, errorRecord, v } from "./messages.ts";

/** Request to `supervisor.<supervisor>.scale`: run so many agents from now on. */
export const scaleRequest = z.object({
  v,
  agents: count.max(LIMITS.agentsPerSupervisor),
  /** How long an agent that is ended may finish what it runs. What lasts longer is offered to another agent. */
  drainMs: count,
});

/** Answered when every agent that was started takes tasks, and every one that was ended is gone. */
export const scaleAnswer = z.union([
  z.object({
    v,
    /** Those that run now. */
    agents: z.array(agentId),
    started: z.array(agentId),
    ended: z.array(agentId),
    /** Of the ended ones, those that had to be killed because they did not leave in time. */
    killed: z.array(agentId),
  }),
  z.object({ error: errorRecord }),
]);
export type ScaleAnswer = z.infer<typeof scaleAnswer>;
export type Scaled = Exclude<ScaleAnswer, { readonly error: unknown }>;
