import type { JsonObject } from "../../../core/json.ts";

/** An event of a run as pages get it: without inputs and outputs, which are asked for one by one. */
export interface RunPageEvent {
  /** From 1, without a gap. */
  readonly n: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly type: string;
  readonly data: JsonObject;
}

/** Who answered for a task that asked a model. */
export interface ModelUse {
  readonly served: string;
  readonly reasons: readonly string[];
  readonly costUsd: number;
}

/** A failure as events carry it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** `file:line:column` or a JSON pointer; "" when it is not known. */
  readonly place: string;
}
