import type { Template } from "./plan.ts";

/** What a stage's result follows from, as digests: results of equal content are found by `key`, whoever made them. */
export interface CacheAddress {
  /** sha256 of the four below, in hex. */
  readonly key: string;
  /** Which skills run on how many tasks, what is kept of their outputs, and what the stage says of models. */
  readonly work: string;
  /** The version of each skill, by its name. */
  readonly skills: Readonly<Record<string, string>>;
  readonly inputs: string;
  /** What lies under the paths that inputs name. */
  readonly files: string;
  /** Those paths, absolute. */
  readonly paths: readonly string[];
}

/** That a stage's results may be taken from an earlier run. */
export interface StageCache {
  /** How long a result is taken after it was made. */
  readonly ttlMs: number;
  /** What the result depends on beside the inputs. */
  readonly key?: Template;
  /** For each skill of the stage, its inputs that name files, and what they are when they are not given. */
  readonly paths: readonly Readonly<Record<string, string | null>>[];
}
