import { z } from "zod";
import { isToken } from "../core/ids.ts";
import { FORBIDDEN_KEYS, type Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import { MODEL_FEATURES, type ModelFeature } from "../core/model.ts";

/**
 * The cascade file as its author may write it. Strict: an unknown key is an error that names its place.
 * `docs/cascade-format.md` describes it for people. Messages read on after the name of the key: "must be …".
 */

const json = z.custom<Json>((data) => data !== undefined);
const TOKEN_FORM = "must be 1 to 64 letters, digits, hyphens or underscores";
const token = z.string().refine(isToken, TOKEN_FORM);
const duration = z.string({ error: "must be a text with a unit, such as 10m" });
/** Shown on terminals and pages, so nothing invisible may stand in it. */
const shownText = z
  .string()
  .regex(
    /^[[\p{Any}--[\p{Cc}\p{Cf}\p{Cs}]]\n\t\u200c\u200d]*$/v,
    "must not hold invisible characters",
  );

/** What `${…}` can name. */
const FIELD_NAME = /^[A-Za-z_][\w-]{0,63}$/;

const inputSpec = z.strictObject({
  name: z
    .string()
    .regex(FIELD_NAME, "must begin with a letter, then letters, digits, - and _")
    .refine((name) => !FORBIDDEN_KEYS.has(name), "must not be a reserved name"),
  type: z
    .enum(["string", "number", "integer", "boolean", "array", "object", "any", "path"])
    .default("string"),
  description: shownText.exactOptional(),
  required: z.boolean().exactOptional(),
  default: json.exactOptional(),
});

/** Any text without control characters; `*` at the end stands for all that begin so. */
const memoryKey = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}*]*\*?$/u, "must be a text, with `*` at the end only")
  .refine(
    (key) => key !== "" && Buffer.byteLength(key) <= LIMITS.memoryKeyBytes,
    `must have 1 to ${LIMITS.memoryKeyBytes} bytes`,
  )
  .refine((key) => !FORBIDDEN_KEYS.has(key), "must not be a reserved name");
const memoryKeys = z.array(memoryKey).max(LIMITS.memoryKeysPerStage);
export const stageMemory = z.strictObject({
  read_keys: memoryKeys.exactOptional(),
  write_keys: memoryKeys.exactOptional(),
});

/** POSIX: the name of an environment variable. */
const VARIABLE_NAME = /^[A-Za-z_]\w{0,127}$/;
const variableNames = z
  .array(z.string().regex(VARIABLE_NAME, "must be letters, digits and _"))
  .max(LIMITS.namesPerCascade);

const skillInputs = z.record(z.string(), json);
const outputName = z.string().regex(FIELD_NAME, "must be letters, digits, - and _");
/** Names of outputs that are kept, or new names and the skill's own. */
const pickedOutputs = z.union([
  z.array(outputName).min(1),
  z
    .record(outputName, z.string().min(1))
    .refine((names) => Object.keys(names).length > 0, "must not be empty"),
]);
export const skillWithInputs = z.strictObject({
  skill: z.string().min(1),
  prompt: z.string().exactOptional(),
  inputs: skillInputs.exactOptional(),
  outputs: pickedOutputs.exactOptional(),
});

const swarmConfig = z.strictObject({
  topology: z.enum(["mesh", "hierarchical", "star", "ring"]).default("mesh"),
  max_agents: z.int().min(1).max(1_000).default(4),
  strategy: z.enum(["balanced", "specialized", "adaptive"]).default("balanced"),
  memory_shared: z.boolean().exactOptional(),
});

const strategy = z.enum([
  ...(["retry", "retry_with_backoff", "swarm-recovery", "swarm_recovery", "fail"] as const),
  ...(["fallback", "fallback_to_alternative", "escalate"] as const),
  ...(["model-switch", "model_switching", "codex-auto-fix", "codex_auto_fix"] as const),
]);
const errorHandling = z.strictObject({
  strategy: strategy.default("retry"),
  max_retries: z
    .int()
    .min(0)
    .max(LIMITS.attemptsPerTask - 1)
    .exactOptional(),
  backoff: duration.exactOptional(),
  fallback: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(LIMITS.fallbacks)])
    .exactOptional(),
  escalate: z.union([z.boolean(), z.string().min(1)]).exactOptional(),
  escalate_after: z.int().min(1).max(LIMITS.attemptsPerTask).exactOptional(),
});

export const stageList: z.ZodType<readonly StageSyntax[]> = z.lazy(() =>
  z.array(stage).min(1).max(LIMITS.stagesPerCascade),
);
const condition = z.union([z.string().min(1), z.boolean()]);

/** How models are named: a family, one of the description's names, or a vendor's own id. */
const modelName = z
  .string()
  .regex(/^[\w.:/-]{1,100}$/, "must be the name of a model, such as auto-select or claude");
/** What the task needs of a model: `auto-select` chooses by it. */
const modelFeatures = Object.fromEntries(
  MODEL_FEATURES.map((feature) => [feature, z.boolean().exactOptional()]),
) as Readonly<Record<ModelFeature, z.ZodExactOptional<z.ZodBoolean>>>;
const iterations = z.int().min(1).max(LIMITS.loopIterations);

export const sandboxConfig = z.strictObject({
  mode: z.literal("full-auto").default("full-auto"),
  sandbox: z.literal(true, "must be true: a fix is only ever tried in the sandbox").default(true),
  max_iterations: iterations.exactOptional(),
  network_disabled: z.boolean().exactOptional(),
  regression_check: z.boolean().exactOptional(),
});
export const fixStrategy = z.strictObject({
  auto_fix: z.boolean().exactOptional(),
  max_iterations: iterations.exactOptional(),
  sandbox_isolated: z
    .literal(true, "must be true: a fix is only ever tried in the sandbox")
    .exactOptional(),
  network_disabled: z.boolean().exactOptional(),
  regression_check: z.boolean().exactOptional(),
});
export const errorRecovery = z.strictObject({
  auto_fix: z.boolean().exactOptional(),
  escalate_after: iterations.exactOptional(),
});

export const approval = z.strictObject({
  message: z.string().min(1).default("Go on?"),
  timeout: duration.exactOptional(),
  on_timeout: z.enum(["deny", "approve"]).default("deny"),
});

const amount = z.number().positive("must be above 0");
const wholeAmount = z.int().min(1);
/** What may be spent on models, and how long it may take. */
export const budget = z
  .strictObject({
    usd: amount.exactOptional(),
    tokens: wholeAmount.exactOptional(),
    calls: wholeAmount.exactOptional(),
    time: duration.exactOptional(),
  })
  .refine((limits) => Object.keys(limits).length > 0, "must limit something");
export type BudgetSyntax = z.infer<typeof budget>;

/** Whether results of earlier runs may be taken for the stage's own. */
export const stageCache = z.strictObject({
  key: json.exactOptional(),
  ttl: duration.exactOptional(),
});

export const signalWait = z.strictObject({
  signal: token,
  timeout: duration.exactOptional(),
  on_timeout: z.enum(["fail", "continue"]).default("fail"),
});

/** A program and its arguments. */
const command = z
  .array(z.string(), { error: "must be a list of texts" })
  .min(1)
  .max(LIMITS.commandArguments);

/** RFC 9110: a token. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
export const httpRequest = z.strictObject({
  url: z.string().min(1),
  method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).exactOptional(),
  headers: z
    .record(z.string(), json)
    .refine(
      (headers) => Object.keys(headers).every((name) => HEADER_NAME.test(name)),
      "must hold names of headers",
    )
    .exactOptional(),
  query: z.record(z.string(), json).exactOptional(),
  body: json.exactOptional(),
  expect: z.array(z.int().min(100).max(599)).min(1).exactOptional(),
  timeout: duration.exactOptional(),
  allow_private: z.boolean().exactOptional(),
});

/** Tells somebody how a stage or a run has ended. */
export const notification = z.strictObject({
  on: z.enum(["success", "failure", "always"]).exactOptional(),
  http: httpRequest.exactOptional(),
  run: command.exactOptional(),
  inputs: skillInputs.exactOptional(),
});
const notifications = z.union([
  notification,
  z.array(notification).min(1).max(LIMITS.notifications),
]);

/** What one stage, or one branch of a conditional stage, does. */
const work = {
  description: shownText.exactOptional(),
  type: z
    .enum([
      ...(["sequential", "parallel", "swarm-parallel", "conditional", "transform"] as const),
      ...(["multi-model", "codex-sandbox", "wait", "approve"] as const),
    ])
    .exactOptional(),
  skill: z.string().min(1).exactOptional(),
  skills: z
    .array(z.union([z.string().min(1), skillWithInputs]))
    .min(1)
    .max(LIMITS.skillsPerStage)
    .exactOptional(),
  run: command.exactOptional(),
  http: httpRequest.exactOptional(),
  cascade: z.string().min(1).exactOptional(),
  prompt: z.string().exactOptional(),
  model: modelName.exactOptional(),
  ...modelFeatures,
  test_suite: z.string().min(1).exactOptional(),
  tests: json.exactOptional(),
  codex_config: sandboxConfig.exactOptional(),
  fix_strategy: fixStrategy.exactOptional(),
  error_recovery: errorRecovery.exactOptional(),
  auto_fix: z.boolean().exactOptional(),
  inputs: skillInputs.exactOptional(),
  outputs: pickedOutputs.exactOptional(),
  foreach: json.exactOptional(),
  matrix: z
    .record(z.string().regex(FIELD_NAME, "must be letters, digits, - and _"), json)
    .refine((axes) => Object.keys(axes).length > 0, "must not be empty")
    .exactOptional(),
  max_parallel: z.int().min(1).max(LIMITS.fanOutItems).exactOptional(),
  max_items: z.int().min(1).max(LIMITS.entriesOfStages).exactOptional(),
  transform: json.exactOptional(),
  swarm_config: swarmConfig.exactOptional(),
  memory: z.union([z.literal("persistent"), stageMemory]).exactOptional(),
  error_handling: errorHandling.exactOptional(),
  cache: z.union([z.boolean(), stageCache]).exactOptional(),
  timeout: duration.exactOptional(),
  budget: budget.exactOptional(),
  wait: z.union([duration, signalWait]).exactOptional(),
  approve: z.union([z.literal(true), z.string().min(1), approval]).exactOptional(),
  continue_on_error: z.boolean().exactOptional(),
  gate: condition.exactOptional(),
};

export const threshold = z.strictObject({
  type: z.literal("threshold").default("threshold"),
  metric: z.string().min(1),
  threshold: z.number(),
  comparison: z.enum([">", ">=", "<", "<=", "==", "!="]).default(">="),
});

const flatBranch = z.strictObject({
  ...work,
  at_least: z.number().exactOptional(),
  when: condition.exactOptional(),
  condition: z.union([z.string().min(1), threshold]).exactOptional(),
});
export type BranchSyntax = z.infer<typeof flatBranch> & {
  readonly stages?: readonly StageSyntax[];
};
export const branch = flatBranch.extend({ stages: stageList.exactOptional() });
const skillOrBranch = z.union([z.string().min(1), branch]);
export type SkillOrBranch = string | BranchSyntax;

const flatStage = z.strictObject({
  stage: token.exactOptional(),
  stage_id: token.exactOptional(),
  name: shownText.min(1).exactOptional(),
  ...work,
  needs: z.array(z.string()).exactOptional(),
  dependencies: z.array(z.string()).exactOptional(),
  when: condition.exactOptional(),
  condition: z.union([z.string().min(1), z.boolean(), z.number()]).exactOptional(),
  repeat: z.string().min(1).exactOptional(),
  notify: notifications.exactOptional(),
  max_iterations: z.int().min(1).max(LIMITS.loopIterations).exactOptional(),
  memory_shared: z.boolean().exactOptional(),
});
export type StageSyntax = z.infer<typeof flatStage> & {
  readonly stages?: readonly StageSyntax[];
  readonly branches?: Readonly<Record<string, SkillOrBranch>>;
  readonly then?: SkillOrBranch;
  readonly else?: SkillOrBranch;
  readonly default?: SkillOrBranch;
};
export const stage = flatStage.extend({
  stages: stageList.exactOptional(),
  branches: z.record(token, skillOrBranch).exactOptional(),
  // biome-ignore lint/suspicious/noThenProperty: the language has this word
  then: skillOrBranch.exactOptional(),
  else: skillOrBranch.exactOptional(),
  default: skillOrBranch.exactOptional(),
});
/** What a stage and a branch have in common. */
export type WorkSyntax = Pick<StageSyntax, keyof StageSyntax & keyof BranchSyntax>;

const toggle = z.enum(["enabled", "disabled"]);
/** Parts that a cascade may do without. */
export const config = z.strictObject({
  multi_model: toggle.exactOptional(),
  swarm_coordination: toggle.exactOptional(),
  memory_persistence: toggle.exactOptional(),
  github_integration: toggle.exactOptional(),
  quality_gates: toggle.exactOptional(),
});
export const memory = z.strictObject({
  persistence: toggle.exactOptional(),
  scope: z.enum(["cascade", "global"]).default("cascade"),
  name: token.exactOptional(),
  // What others call it; there is one memory, in NATS KV.
  storage: z.enum(["mcp__ruv-swarm__memory", "nats-kv"]).exactOptional(),
  keys: memoryKeys.exactOptional(),
  ttl: duration.exactOptional(),
});
const channel = z.enum([
  ...(["stage_output", "shared_memory", "multi_model_context", "codex_sandbox_state"] as const),
]);
/** A channel, or `{channel: what it is for}`. */
const describedChannel = z.union([channel, z.partialRecord(channel, shownText)]);

const body = z.strictObject({
  name: token,
  description: shownText.exactOptional(),
  version: z.union([shownText, z.number()]).exactOptional(),
  model: modelName.exactOptional(),
  budget: budget.exactOptional(),
  config: config.exactOptional(),
  memory: memory.exactOptional(),
  learned_patterns: z.boolean().exactOptional(),
  data_flow: z.array(describedChannel).exactOptional(),
  error_handling: z.array(strategy).min(1).exactOptional(),
  inputs: z.array(inputSpec).default([]),
  env: variableNames.exactOptional(),
  secrets: variableNames.exactOptional(),
  stages: stageList,
  finally: stageList.exactOptional(),
  notify: notifications.exactOptional(),
  outputs: z
    .record(z.string().regex(FIELD_NAME, "must be letters, digits, - and _"), json)
    .exactOptional(),
});

/** `cascade:` as a mapping, or as a name with the rest beside it. */
export const cascadeAsMapping = z.strictObject({ cascade: body });
const bodyBesideName = body.omit({ name: true }).extend({ cascade: token });
export const cascadeAsName = bodyBesideName.transform(({ cascade, ...rest }) => ({
  cascade: { name: cascade, ...rest },
}));
export type CascadeSyntax = z.infer<typeof cascadeAsMapping>["cascade"];

/**
 * What may stand in one kind of mapping. `later` belongs to the language but cannot be carried out by this version:
 * it is refused by name, never ignored.
 */
export interface MappingKind {
  readonly known: readonly string[];
  readonly later: ReadonlySet<string>;
}

const kind = (
  schema: { readonly shape: Readonly<Record<string, unknown>> },
  ...later: readonly string[]
): MappingKind => ({ known: Object.keys(schema.shape), later: new Set(later) });

/** Pull requests and issues. */
const GITHUB = [...["github_integration", "create_pr", "report_issues"]];
const GITHUB_DETAILS = [...["auto_merge", "require_review", "dry_run"]];
/** Below a stage or a branch. */
const BELOW_WORK = {
  skills: "skill",
  stages: "stage",
  swarm_config: "swarm",
  error_handling: "errorHandling",
  codex_config: "sandbox",
  fix_strategy: "fixStrategy",
  error_recovery: "errorRecovery",
  approve: "approval",
  wait: "signal",
  http: "http",
  memory: "stageMemory",
  cache: "cache",
  budget: "budget",
} as const;
/** Below a cascade. */
const BELOW_BODY = {
  inputs: "input",
  stages: "stage",
  finally: "stage",
  config: "config",
  memory: "memory",
  budget: "budget",
  notify: "notification",
} as const;
export const MAPPINGS = {
  file: kind(cascadeAsMapping, ...GITHUB, ...GITHUB_DETAILS),
  fileWithName: kind(bodyBesideName, ...GITHUB, ...GITHUB_DETAILS),
  cascade: kind(body, ...GITHUB, ...GITHUB_DETAILS),
  input: kind(inputSpec),
  stage: kind(stage, ...GITHUB),
  branch: kind(branch, ...GITHUB),
  threshold: kind(threshold),
  approval: kind(approval),
  config: kind(config, "create_pr", "report_issues", ...GITHUB_DETAILS),
  signal: kind(signalWait),
  memory: kind(memory),
  stageMemory: kind(stageMemory),
  cache: kind(stageCache),
  budget: kind(budget),
  skill: kind(skillWithInputs, "model"),
  sandbox: kind(sandboxConfig, ...GITHUB, ...GITHUB_DETAILS),
  fixStrategy: kind(fixStrategy),
  errorRecovery: kind(errorRecovery),
  swarm: kind(swarmConfig),
  http: kind(httpRequest),
  notification: kind(notification),
  errorHandling: kind(errorHandling),
} as const;

type KindName = keyof typeof MAPPINGS;

/** From the kind of a mapping and a key in it to the kind of the mappings below that key. */
const BELOW: Readonly<Partial<Record<KindName, Readonly<Record<string, KindName>>>>> = {
  file: { cascade: "cascade" },
  fileWithName: { ...BELOW_BODY },
  cascade: { ...BELOW_BODY },
  notification: { http: "http" },
  stage: {
    ...BELOW_WORK,
    notify: "notification",
    ...{ branches: "branch", else: "branch", default: "branch" },
    // biome-ignore lint/suspicious/noThenProperty: the language has this word
    ...{ then: "branch" },
  },
  branch: {
    ...BELOW_WORK,
    condition: "threshold",
  },
};

/** The kind of the mapping at a path, as `cascade` or as the file holds it. */
export function mappingAt(path: readonly PropertyKey[], asName: boolean): MappingKind {
  let name: KindName = asName ? "fileWithName" : "file";
  let isNameOfBranch = false;
  for (const step of path) {
    // Positions in a list, and the names under `branches`, lead to a mapping of the same kind.
    if (typeof step !== "string" || isNameOfBranch) {
      isNameOfBranch = false;
      continue;
    }
    name = BELOW[name]?.[step] ?? name;
    isNameOfBranch = step === "branches";
  }
  return MAPPINGS[name];
}
