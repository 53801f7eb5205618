import { Ajv, type Options, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { isExponential, isJudged } from "../regular-expression.ts";
import { child, type SchemaNode, schemasIn } from "./schema-walk.ts";
import { withinTime } from "./time-limit.ts";

const POINTER = "/schema";
const COMPILE = { name: "compileMs", ms: 5_000 } as const;

const OPTIONS: Options = {
  strict: true,
  strictTypes: false, // a schema may leave out what follows from its other keywords
  strictTuples: false,
  strictRequired: false,
  allErrors: true,
  ownProperties: true, // `required: [toString]` asks for the row's own
  multipleOfPrecision: 8, // or 19.99 would be no multiple of 0.01
  logger: false,
};

/** Makes the check of one row. @throws SwarmError for a schema that cannot be trusted to mean what it says */
export function compileSchema(schema: JsonObject): ValidateFunction {
  const ajv = openAjv(schema["$schema"]);
  const nodes = schemasIn(schema, POINTER);
  return withinTime(COMPILE, () => {
    for (const node of nodes) checkKeywords(node, ajv);
    if (ajv.validateSchema(schema) !== true) {
      const [error] = ajv.errors ?? [];
      throw wrong(`${POINTER}${error?.instancePath ?? ""}`, error?.message ?? "is no schema");
    }
    for (const node of nodes) checkTexts(node, ajv);
    return compiled(ajv, schema, nodes);
  });
}

function openAjv(version: Json | undefined): Ajv {
  const name = version === undefined ? DRAFT_2020_12 : String(version).replace(/#$/, "");
  if (name !== DRAFT_2020_12 && name !== DRAFT_07) {
    throw new SwarmError("not-supported", `no JSON Schema of version ${JSON.stringify(version)}`, {
      hint: `use ${DRAFT_2020_12} or ${DRAFT_07}#`,
      location: { pointer: `${POINTER}/$schema` },
    });
  }
  const ajv = name === DRAFT_07 ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS);
  addFormats.default(ajv);
  return ajv;
}

const DRAFT_2020_12 = "https://json-schema.org/draft/2020-12/schema";
const DRAFT_07 = "http://json-schema.org/draft-07/schema";

function checkKeywords({ schema, pointer }: SchemaNode, ajv: Ajv): void {
  for (const keyword of Object.keys(schema)) {
    if (Object.hasOwn(ajv.RULES.keywords, keyword)) continue;
    throw wrong(child(pointer, keyword), `there is no keyword ${JSON.stringify(keyword)}`);
  }
}

/** Keywords whose texts mean more than their type says. */
function checkTexts({ schema, pointer }: SchemaNode, ajv: Ajv): void {
  const { pattern, patternProperties, format, $id } = schema;
  if (typeof pattern === "string") checkPattern(pattern, child(pointer, "pattern"));
  if (typeof patternProperties === "object" && patternProperties !== null) {
    for (const each of Object.keys(patternProperties)) {
      checkPattern(each, child(child(pointer, "patternProperties"), each));
    }
  }
  if (typeof format === "string" && !Object.hasOwn(ajv.formats, format)) {
    throw wrong(child(pointer, "format"), `there is no format ${JSON.stringify(format)}`);
  }
  if ($id !== undefined && pointer !== POINTER) {
    throw wrong(child(pointer, "$id"), "an $id may stand at the root only");
  }
  for (const keyword of ["$ref", "$dynamicRef"]) {
    const reference = schema[keyword];
    if (typeof reference === "string" && !reference.startsWith("#")) {
      throw wrong(child(pointer, keyword), "only places in this schema can be referred to: #…");
    }
  }
}

function checkPattern(pattern: string, pointer: string): void {
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    throw wrong(pointer, `the pattern is no regular expression: ${(error as Error).message}`);
  }
  if (isJudged(pattern, "u") && isExponential(pattern, "u")) {
    throw wrong(pointer, "the pattern takes exponential time on some texts");
  }
}

/** What is still wrong now is found by Ajv alone, which throws plain errors. */
function compiled(ajv: Ajv, schema: JsonObject, nodes: readonly SchemaNode[]): ValidateFunction {
  try {
    return ajv.compile(schema);
  } catch (error) {
    if (error instanceof RangeError)
      throw wrong(POINTER, "the schema refers to itself without end");
    if (!(error instanceof Error)) throw error;
    if (error instanceof Ajv.MissingRefError) {
      const place = nodes.find(({ schema: { $ref } }) => error.missingRef.endsWith(String($ref)));
      throw wrong(child(place?.pointer ?? POINTER, "$ref"), "there is nothing at this place");
    }
    throw wrong(POINTER, error.message);
  }
}

function wrong(pointer: string, message: string): SwarmError {
  return new SwarmError("invalid-input", `${pointer}: ${message}`, { location: { pointer } });
}
