import type { PlanStage } from "../core/plan.ts";
import type { CascadeSettings } from "./cascade-settings.ts";
import type { Path } from "./reporter.ts";
import type { MemoryUse } from "./stage-memory.ts";
import type { StageScope } from "./stage-scope.ts";

/** One entry of the list that a stage with several stages goes through. */
export interface EachPlace {
  /** Position of the stage whose output is the list. */
  readonly stage: number;
  /** In the list, from 0. */
  readonly position: number;
  readonly isMatrix: boolean;
}

/** Where a list of stages stands. */
export interface ListPlace {
  readonly path: Path;
  /** What stages need that need no other of the list. */
  readonly entry: readonly number[];
  readonly guard: PlanStage["guard"];
  readonly scope: StageScope;
  /** Ends the ids of a loop's later turns: `--2`. */
  readonly suffix: string;
  readonly iteration: number | undefined;
  /** The entry that `${item}` is here; undefined where there is none around. */
  readonly each?: EachPlace | undefined;
  /** How often the list runs at most, by the loops around it. */
  readonly turns: number;
  readonly settings: CascadeSettings;
  /** What the stage that is carried over may do with the memory. */
  readonly memory: MemoryUse;
}
