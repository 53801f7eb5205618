import { systemClock } from "../../core/clock.ts";
import { openModelsOf } from "../../models/environment.ts";
import type { ModelService } from "../../models/service.ts";

/** The models of an environment without any key. */
export function noModels(): Promise<ModelService> {
  return openModelsOf({}, { clock: systemClock, random: () => 0, scrub: (text) => text });
}
