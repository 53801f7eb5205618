import type { ErrorRecord } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { ContextData } from "./skill-context.ts";

/** What the agent says to one of its worker threads. */
export type ToWorker =
  | {
      readonly kind: "run";
      readonly module: string;
      readonly inputs: JsonObject;
      readonly context: ContextData;
      readonly logLevel: string;
    }
  | { readonly kind: "abort" };

/** What a worker thread says to its agent. */
export type FromWorker =
  | { readonly kind: "succeeded"; readonly output: unknown }
  | { readonly kind: "failed"; readonly error: ErrorRecord }
  | { readonly kind: "log"; readonly line: string };
