import { z } from "zod";
import { isToken } from "../core/ids.ts";
import type { Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";

/**
 * The cascade file as its author may write it. Strict: an unknown key is an error that names its place.
 * `docs/language.md` describes it for people.
 */

const json = z.custom<Json>((data) => data !== undefined);
const name = z.string().refine(isToken, "must be 1 to 64 letters, digits, hyphens or underscores");

const inputSpec = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][\w-]{0,63}$/, "must begin with a letter"),
  type: z
    .enum(["string", "number", "integer", "boolean", "array", "object", "any", "path"])
    .default("string"),
  description: z.string().exactOptional(),
  required: z.boolean().exactOptional(),
  default: json.exactOptional(),
});

const skillCall = z.union([
  z.string().min(1),
  z.strictObject({
    skill: z.string().min(1),
    inputs: z.record(z.string(), json).exactOptional(),
  }),
]);

const swarmConfig = z.strictObject({
  topology: z.enum(["mesh", "hierarchical", "star", "ring"]).default("mesh"),
  max_agents: z.int().min(1).max(1_000).default(4),
  strategy: z.enum(["balanced", "specialized", "adaptive"]).default("balanced"),
});

const errorHandling = z.strictObject({
  strategy: z
    .enum(["retry", "retry_with_backoff", "swarm-recovery", "swarm_recovery", "fail"])
    .default("retry"),
  max_retries: z
    .int()
    .min(0)
    .max(LIMITS.attemptsPerTask - 1)
    .exactOptional(),
  backoff: z.string().exactOptional(),
});

const stage = z.strictObject({
  stage: name.exactOptional(),
  stage_id: name.exactOptional(),
  name: z.string().min(1).exactOptional(),
  description: z.string().exactOptional(),
  type: z.enum(["sequential", "parallel", "swarm-parallel"]).default("sequential"),
  skill: z.string().min(1).exactOptional(),
  skills: z.array(skillCall).min(1).max(LIMITS.skillsPerStage).exactOptional(),
  inputs: z.record(z.string(), json).exactOptional(),
  foreach: json.exactOptional(),
  needs: z.array(z.string()).exactOptional(),
  dependencies: z.array(z.string()).exactOptional(),
  swarm_config: swarmConfig.exactOptional(),
  error_handling: errorHandling.exactOptional(),
  timeout: z.string({ error: "must be a text with a unit, such as 10m" }).exactOptional(),
});
export type StageSyntax = z.infer<typeof stage>;

const stages = z.array(stage).min(1).max(LIMITS.stagesPerCascade);

const body = z.strictObject({
  name,
  description: z.string().exactOptional(),
  version: z.union([z.string(), z.number().transform(String)]).exactOptional(),
  inputs: z.array(inputSpec).default([]),
  stages,
});

/** `cascade:` as a mapping, or as a name with the rest beside it. */
export const cascadeAsMapping = z.strictObject({ cascade: body });
export const cascadeAsName = body
  .omit({ name: true })
  .extend({ cascade: name })
  .transform(({ cascade, ...rest }) => ({ cascade: { name: cascade, ...rest } }));
export type CascadeSyntax = z.infer<typeof cascadeAsMapping>["cascade"];

/** Keys that belong to the language but that this version cannot carry out: refused by name, never ignored. */
export const NOT_CARRIED_OUT: ReadonlySet<string> = new Set([
  "branches",
  "codex_config",
  "condition",
  "config",
  "else",
  "error_recovery",
  "fallback",
  "fix_strategy",
  "github_integration",
  "matrix",
  "max_iterations",
  "memory",
  "memory_shared",
  "model",
  "outputs",
  "repeat",
  "test_suite",
  "tests",
  "then",
]);
export const TYPES_NOT_CARRIED_OUT: ReadonlySet<string> = new Set([
  "conditional",
  "multi-model",
  "codex-sandbox",
]);
