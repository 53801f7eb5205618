import type { ErrorRecord } from "./errors.ts";
import type { JsonObject } from "./json.ts";

/** What whoever tries a skill tells the process that runs it: one line of JSON on its standard input. */
export interface TrialOrder {
  readonly skill: string;
  readonly trials: readonly JsonObject[];
  readonly timeoutMs: number;
}

/** What that process answers for each trial, in their order: one line of JSON on its file descriptor 3. */
export type TrialEnd = { readonly durationMs: number } & (
  | { readonly status: "succeeded"; readonly output: JsonObject }
  | { readonly status: "failed"; readonly error: ErrorRecord }
);

/** The descriptor: the standard output of that process belongs to the skills, which may write anything to it. */
export const TRIAL_DESCRIPTOR = 3;
