import type { Clock } from "../core/clock.ts";
import type { ModelProvider, ModelVendor } from "../core/model.ts";
import type { ModelRegistry } from "./registry.ts";

/** What models are asked with. */
export interface ModelServiceOptions {
  readonly vendors: ReadonlyMap<ModelProvider, ModelVendor>;
  readonly registry: ModelRegistry;
  /** Id of the model at the user's own endpoint. */
  readonly local?: string | undefined;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Most that one call may cost, in USD. */
  readonly maxCallUsd?: number | undefined;
  /** For one request, with all its calls and waits. */
  readonly deadlineMs: number;
  readonly maxSwitches: number;
  /** Takes secrets out of what vendors said. */
  readonly scrub: (text: string) => string;
}
