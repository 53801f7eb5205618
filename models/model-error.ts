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

  constructor(
    failure: ModelFailureClass,
    message: string,
    /** `retryAfterMs`: what the vendor asks to wait. */
    options: { readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    const { retryAfterMs } = options;
    super("model-failed", `${failure}: ${message}`, {
      disposition: MAY_PASS.has(failure) ? "retry" : "fail",
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    });
    this.failure = failure;
  }
}
