import { z } from "zod";
import { agentId, errorRecord, v } from "./messages.ts";

/** Request to `permissions.admit`: lets an agent in under its own key, of which only the public half travels. */
export const admission = z.object({
  v,
  agent: agentId,
  publicKey: z.string().regex(/^U[A-Z2-7]{55}$/),
});
export type AdmissionRequest = z.infer<typeof admission>;

/** Answered when it is in force. */
export const admissionAnswer = z.union([
  z.object({ v, status: z.literal("admitted") }),
  z.object({ v, status: z.literal("refused"), error: errorRecord }),
]);
export type AdmissionAnswer = z.infer<typeof admissionAnswer>;

/** Request to `permissions.teams.<coordinator>`: all teams that it has now. Answered like an admission. */
export const teamsMessage = z.object({
  v,
  teams: z.array(
    z.object({
      topology: z.enum(["mesh", "hierarchical", "star", "ring"]),
      members: z.array(agentId),
    }),
  ),
});
export type TeamsMessage = z.infer<typeof teamsMessage>;
