import type { ErrorRecord } from "./errors.ts";
import type { SandboxEnd, SandboxEnforcement, SandboxOrder } from "./sandbox.ts";

/** What the command line tells the process that has the sandbox: one line of JSON on its standard input. */
export type SandboxCommandOrder =
  | { readonly kind: "doctor" }
  | { readonly kind: "exec"; readonly order: SandboxOrder };

/** What that process answers: one line of JSON on its file descriptor 3. Its other output is that of the program. */
export type SandboxCommandEnd =
  | { readonly status: "refused"; readonly error: ErrorRecord }
  | {
      readonly status: "enforced";
      readonly enforcement: SandboxEnforcement;
      /** Of the program that isolates; absent without isolation. */
      readonly binary?: string;
      /** What one proof took, and with it one program. */
      readonly probeMs: number;
    }
  | { readonly status: "ended"; readonly end: SandboxCommandOutcome };

/** A program's end without what it said. */
export type SandboxCommandOutcome = Pick<SandboxEnd, "cut" | "durationMs"> &
  (
    | { readonly status: "exited"; readonly code: number }
    | Pick<Extract<SandboxEnd, { readonly status: "killed" }>, "status" | "why" | "signal">
  );

export const SANDBOX_COMMAND_DESCRIPTOR = 3;
