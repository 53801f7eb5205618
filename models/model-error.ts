import { SwarmError } from "../core/errors.ts";
import type { ModelFailureClass } from "../core/model.ts";

/** Another attempt of the task, later, may find another world. */
const MAY_PASS: ReadonlySet<ModelFailureClass> = new Set([
  "rate-limit",
  "overloaded",
  "connection",
  "server",
  "invalid-output",
] as const);

/** A call to a model that failed, told by class. */
export class ModelError extends SwarmError {
  readonly failure: ModelFailureClass;
  /** What the vendor asks to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    failure: ModelFailureClass,
    message: string,
    options: { readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super("model-failed", `${failure}: ${message}`, {
      disposition: MAY_PASS.has(failure) ? "retry" : "fail",
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    });
    this.failure = failure;
    this.retryAfterMs = options.retryAfterMs;
  }
}
