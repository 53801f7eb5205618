/** A stage that waits for a person's answer. Times are epoch milliseconds. */
export interface WaitingApproval {
  readonly run: string;
  readonly cascade: string;
  readonly stage: string;
  readonly message: string;
  readonly sinceMs: number;
  /** When no answer becomes one. */
  readonly untilMs?: number;
}
