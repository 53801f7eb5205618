import type { Json } from "./json.ts";

/** Parts of a task that are not done twice: what one came to is recorded, and given to the next attempt of the task. */
export interface Steps {
  /**
   * Does the work, records what it came to, and answers it; when it is recorded already, answers the record and does nothing.
   * @param name of the step, one for each thing that is done
   */
  once<T extends Json>(name: string, work: () => Promise<T>): Promise<T>;
}
