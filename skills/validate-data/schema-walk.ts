import { SwarmError } from "../../core/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";

/** A schema inside the given one, and where it stands. */
export interface SchemaNode {
  readonly schema: JsonObject;
  readonly pointer: string;
}

const DEEPEST = 64;
const MOST_NODES = 10_000;
/** Keywords whose value maps names to schemas. */
const MAPS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
  "dependencies",
]);
/** Keywords whose value is data, whatever it looks like. */
const DATA: ReadonlySet<string> = new Set(["enum", "const", "default", "examples"]);

/** Every schema in `schema`, itself first. @throws SwarmError `limit-exceeded` when it is too deep or too large */
export function schemasIn(schema: JsonObject, pointer: string): SchemaNode[] {
  refuseLarge(schema);
  const found: SchemaNode[] = [];
  const visit = (value: Json | undefined, at: string): void => {
    if (Array.isArray(value)) {
      for (const [index, each] of value.entries()) visit(each as Json, `${at}/${index}`);
    } else if (isJsonObject(value)) {
      found.push({ schema: value, pointer: at });
      for (const [key, entry] of Object.entries(value)) visitKeyword(key, entry, at);
    }
  };
  const visitKeyword = (key: string, entry: Json, at: string): void => {
    if (DATA.has(key)) return;
    if (!MAPS.has(key) || !isJsonObject(entry)) visit(entry, child(at, key));
    else {
      for (const [name, each] of Object.entries(entry)) {
        visit(each, child(child(at, key), name));
      }
    }
  };
  visit(schema, pointer);
  return found;
}

/** A JSON pointer to what `name` leads to below another. */
export function child(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Looked at level by level, so that no nesting overflows the stack. */
function refuseLarge(schema: JsonObject): void {
  let level: readonly Json[] = [schema];
  let nodes = 1;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) throw tooLarge("schemaDepth", `deeper than ${DEEPEST}`);
    level = level.flatMap((value): Json[] =>
      typeof value === "object" && value !== null ? Object.values(value) : [],
    );
    nodes += level.length;
    if (nodes > MOST_NODES) throw tooLarge("schemaNodes", `more than ${MOST_NODES} values`);
  }
}

function tooLarge(limit: string, what: string): SwarmError {
  return new SwarmError("limit-exceeded", `${limit}: the schema is ${what}`, {
    location: { pointer: "/schema" },
  });
}
