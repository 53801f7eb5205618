import type { Json } from "./json.ts";
import type { Value } from "./value.ts";

/** Recorded parts of a task that must not be done or paid twice. */
export interface Steps {
  /**
   * Answers what the step of this name gave when this attempt or an earlier one recorded it; else does the work and records what
   * it gives. Resolves once that is stored. A crash between the work and its record does the work again.
   * @param name unique within the task: 1 to 128 letters, digits and `._:/-`
   * @throws whatever `work` throws; SwarmError `limit-exceeded` for a task with too many steps
   */
  once<T extends Json>(name: string, work: () => Promise<T>): Promise<T>;
}

/** A step as the log has it. */
export interface RecordedStep {
  readonly name: string;
  readonly attempt: number;
  readonly value: Value;
}

export const STEP_NAME = /^[A-Za-z0-9._:/-]{1,128}$/;
