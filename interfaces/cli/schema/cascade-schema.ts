import { z } from "zod";
import {
  approval,
  branch,
  budget,
  cascadeAsMapping,
  cascadeAsName,
  config,
  errorRecovery,
  fixStrategy,
  httpRequest,
  MAPPINGS,
  memory,
  notification,
  sandboxConfig,
  signalWait,
  skillWithInputs,
  stage,
  stageCache,
  stageList,
  stageMemory,
  threshold,
} from "../../../language/schema.ts";
import { KEY_DESCRIPTIONS } from "./key-descriptions.ts";

type JsonSchema = z.core.JSONSchema.JSONSchema;

const cascade = cascadeAsMapping.shape.cascade;

/** The parts that have a name of their own in the schema. */
const DEFINITIONS = {
  file: cascadeAsMapping,
  fileWithName: cascadeAsName.in,
  cascade,
  input: cascade.shape.inputs.unwrap().element,
  stage,
  branch,
  threshold,
  approval,
  signal: signalWait,
  budget,
  config,
  memory,
  stageMemory,
  cache: stageCache,
  sandbox: sandboxConfig,
  fixStrategy,
  errorRecovery,
  skill: skillWithInputs,
  http: httpRequest,
  notification,
  swarm: stage.shape.swarm_config.unwrap(),
  errorHandling: stage.shape.error_handling.unwrap(),
} as const satisfies Record<keyof typeof KEY_DESCRIPTIONS, z.ZodType>;

/**
 * The JSON Schema (draft 2020-12) of cascade files, for editors: made of the schemas that the checker uses. What it
 * refuses, the checker refuses; the checker knows the skills and references, too.
 */
export function cascadeSchema(): JsonSchema {
  const names = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(DEFINITIONS)) names.add(schema, { id });
  names.add(stageList, { id: "stages" });
  const { $schema, $defs = {} } = z.toJSONSchema(z.union([cascadeAsMapping, cascadeAsName]), {
    io: "input",
    metadata: names,
    unrepresentable: "any", // plain JSON data: anything
    override: ({ zodSchema, jsonSchema }) => completePattern(zodSchema, jsonSchema),
  });
  for (const [id, descriptions] of Object.entries(KEY_DESCRIPTIONS)) {
    describeKeys($defs[id], descriptions);
  }
  allowShortForm($defs["stages"]);
  return {
    ...($schema === undefined ? {} : { $schema }),
    title: "Cascade",
    description: "Which skills run, on what, in which order.",
    // A choice by what is written, so that an editor's errors are those of the form that its author means.
    if: { type: "object", properties: { cascade: { type: "string" } }, required: ["cascade"] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { $ref: "#/$defs/fileWithName" },
    else: { $ref: "#/$defs/file" },
    $defs: withoutIds($defs),
  };
}

/** The short form of stages, which the checker rewrites before it looks: a list or numbered keys of `skill: text`. */
function allowShortForm(stages: JsonSchema | undefined): void {
  if (stages === undefined) return;
  const { type: _, items, minItems, maxItems } = stages;
  const keys = [...MAPPINGS.stage.known];
  const isShort: JsonSchema = {
    type: "object",
    minProperties: 1,
    maxProperties: 1,
    propertyNames: { not: { enum: keys } },
  };
  const long = typeof items === "object" ? (items as JsonSchema) : {};
  const item: JsonSchema = {
    if: { type: "object" },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { if: isShort, else: long },
    else: { type: "string", minLength: 1 },
  };
  for (const key of ["type", "items", "minItems", "maxItems"] as const) delete stages[key];
  Object.assign(stages, {
    if: { type: "object" },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { minProperties: 1, propertyNames: { pattern: "^\\d+" } },
    else: { type: "array", minItems, maxItems, items: item },
  });
}

/** What `isToken` accepts. */
const TOKEN_PATTERN = "^[A-Za-z0-9_-]{1,64}$";
/** What `parseDuration` reads. */
const DURATION_PATTERN = "^\\s*\\d{1,15}(\\.\\d{1,3})?\\s*(ms|s|m|h)\\s*$";
/** Text without invisible characters, in the syntax of expressions that JSON Schema has. */
const SHOWN_PATTERN = "^(?:[^\\p{Cc}\\p{Cf}\\p{Cs}]|[\\n\\t\\u200c\\u200d])*$";

const token: unknown = cascade.shape.name;
const duration: unknown = stage.shape.timeout.unwrap();

/** Functions of the checker as patterns, and patterns that only JavaScript reads in the form that all read. */
function completePattern(schema: unknown, target: JsonSchema): void {
  if (schema === token) target.pattern = TOKEN_PATTERN;
  if (schema === duration) target.pattern = DURATION_PATTERN;
  if (target.pattern?.includes("--[") === true) target.pattern = SHOWN_PATTERN;
}

function describeKeys(
  definition: JsonSchema | undefined,
  descriptions: Readonly<Record<string, string>>,
): void {
  for (const [key, description] of Object.entries(descriptions)) {
    const property = definition?.properties?.[key];
    if (typeof property === "object") property.description = description;
  }
}

/** An `id` inside a definition would change what the references in it mean. */
function withoutIds(definitions: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, { id: _, $id: __, ...rest }]) => [name, rest]),
  );
}
