import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Source } from "../../../../language/parse.ts";
import type { Fixed } from "./fix-cascade.ts";

const SCHEMA_FILE = "cascade.schema.json";
const shippedSchema = fileURLToPath(new URL(`../../../../schema/${SCHEMA_FILE}`, import.meta.url));

/** The first line that names the schema to editors. */
export function modeline(schema: string): string {
  return `# yaml-language-server: $schema=${schema}`;
}

/** Adds that line at the top, unless the file names a schema already. */
export function withModeline({ text, file }: Source, schema: string): Fixed {
  if (/^[ \t]*#\s*yaml-language-server\s*:.*\$schema=/m.test(text))
    return { text, corrections: [] };
  const correction = {
    location: { file, line: 1, column: 1 },
    message: "the first line names the schema to editors",
  };
  return { text: `${modeline(schema)}\n${text}`, corrections: [correction] };
}

/**
 * The schema as a file in `folder` names it: the nearest `cascade.schema.json` beside it, in a folder above, or in
 * `schema` of one; else the one that ships. A path with a space is a URL, for the line ends at a space.
 */
export function schemaFor(folder: string): string {
  const path = relative(folder, nearestSchema(folder));
  if (/\s/.test(path)) return pathToFileURL(join(folder, path)).href;
  return path.startsWith("..") ? path : `./${path}`;
}

function nearestSchema(folder: string): string {
  for (const place of [join(folder, SCHEMA_FILE), join(folder, "schema", SCHEMA_FILE)]) {
    if (existsSync(place)) return place;
  }
  const above = dirname(folder);
  return above === folder ? shippedSchema : nearestSchema(above);
}
