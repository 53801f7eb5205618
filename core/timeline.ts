import type { AgentId, StageId } from "./ids.ts";

/**
 * One attempt at a task that has ended: who did what, and when, by the coordinator's clock. `type`, not `interface`,
 * so that it is assignable to plain JSON.
 */
export type TimelineEntry = {
  readonly stage: StageId;
  readonly index: number;
  readonly skill: string;
  readonly attempt: number;
  readonly status: "succeeded" | "failed";
  /** Absent when no agent had it. */
  readonly agent?: AgentId;
  /** The peer that handed it to the agent. */
  readonly from?: AgentId;
  readonly startedMs: number;
  readonly endedMs: number;
};
