import type { RunStatus } from "./run-fold.ts";

/** A run in a list. Times are epoch milliseconds. */
export interface ListedRun {
  readonly run: string;
  readonly cascade: string;
  readonly status: RunStatus;
  readonly startedMs: number;
  readonly endedMs?: number;
  readonly failure?: { readonly code: string; readonly message: string };
  readonly reason?: string;
}
