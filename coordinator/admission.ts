import { isAbsolute } from "node:path";
import type { Job } from "../bus/messages.ts";
import { SwarmError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { Plan } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import type { Value } from "../core/value.ts";
import type { Blobs } from "../store/blobs.ts";

/** What a job becomes when it is admitted. */
export interface Admitted {
  readonly plan: Plan;
  readonly digest: string;
  readonly inputs: Value;
  readonly directory: string;
}
