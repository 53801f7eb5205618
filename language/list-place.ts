import type { PlanStage } from "../core/plan.ts";
import type { CascadeSettings } from "./cascade-settings.ts";
import type { Path } from "./reporter.ts";
import type { MemoryUse } from "./stage-memory.ts";
import type { StageScope } from "./stage-scope.ts";

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
  /** How often the list runs at most, by the loops around it. */
  readonly turns: number;
  readonly settings: CascadeSettings;
  /** What the stage that is carried over may do with the memory. */
  readonly memory: MemoryUse;
}
