import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";

/** The same schema, whose objects have no other properties than those it names: vendors insist on that. */
export function closedSchema(schema: JsonObject): JsonObject {
  return closed(schema) as JsonObject;
}

function closed(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map((each) => closed(each as Json));
  if (!isJsonObject(schema)) return schema;
  const entries = Object.entries(schema).map(([key, value]): readonly [string, Json] => {
    if (HOLDS_VALUES.has(key)) return [key, value];
    if (HOLDS_SCHEMAS_BY_NAME.has(key) && isJsonObject(value)) {
      const named = Object.entries(value).map(([name, each]) => [name, closed(each)] as const);
      return [key, Object.fromEntries(named)];
    }
    return [key, closed(value)];
  });
  const isOpen = isJsonObject(schema["properties"]) && schema["additionalProperties"] === undefined;
  return { ...Object.fromEntries(entries), ...(isOpen ? { additionalProperties: false } : {}) };
}

const HOLDS_VALUES: ReadonlySet<string> = new Set(["enum", "const", "default", "examples"]);
const HOLDS_SCHEMAS_BY_NAME: ReadonlySet<string> = new Set(["properties", "$defs", "definitions"]);

/** Whether every object in it requires all of its properties, as OpenAI's strict form does. */
export function isStrict(schema: Json): boolean {
  if (Array.isArray(schema)) return schema.every((each) => isStrict(each as Json));
  if (!isJsonObject(schema)) return true;
  const { properties, required } = schema;
  if (schema["type"] === "array" && schema["items"] === undefined) return false;
  if (schema["type"] === "object" && properties === undefined) return false;
  if (isJsonObject(properties)) {
    const names = Array.isArray(required) ? required : [];
    if (!Object.keys(properties).every((name) => names.includes(name))) return false;
    if (schema["additionalProperties"] !== false) return false;
  }
  return Object.values(schema).every((each) => isStrict(each));
}
