import { z } from "zod";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { parseInputs } from "../skill-inputs.ts";
import { type DataFile, openDataFile } from "./data-file.ts";
import { readDelimited } from "./delimited.ts";
import { delimiterOf, FORMATS, type Format, formatOf } from "./format.ts";
import { readJsonLines, readJsonList } from "./json-rows.ts";
import { refuseTooMany, type Skipped } from "./skipped.ts";
import { type Table, tableOfObjects, tableOfRecords } from "./tables.ts";

const extractInputs = z.object({
  path: z
    .string()
    .min(1, "must be a path")
    .refine((path) => !path.includes("\0"), "must be a path"),
  format: z.enum([...FORMATS, "auto"]).nullish(),
  delimiter: z
    .stringFormat("delimiter", /^[^"\r\n\u0080-\uffff]$/, "must be one ASCII character")
    .nullish(),
  pointer: z
    .stringFormat("pointer", /^(?:\/(?:[^~/]|~[01])*)*$/, "must be a JSON pointer")
    .nullish(),
  limit: z.int().min(1).nullish(),
});
type ExtractInputs = z.output<typeof extractInputs>;

/** Reads the rows of a data file. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const given = parseInputs(extractInputs, inputs);
  await using file = await openDataFile(given.path);
  const format =
    given.format === "auto" || given.format == null
      ? formatOf(given.path, file.head)
      : given.format;
  refuseUnused(given, format);
  const { table, skipped, complete } = await read(file, format, given, context.signal);
  refuseTooMany(skipped, { rows: table.rows.length, file: given.path });
  return {
    rows: table.rows,
    columns: table.columns,
    row_count: table.rows.length,
    skipped,
    complete,
  };
}

interface Extracted {
  readonly table: Table;
  readonly skipped: readonly Skipped[];
  readonly complete: boolean;
}

async function read(
  file: DataFile,
  format: Format,
  given: ExtractInputs,
  signal: AbortSignal,
): Promise<Extracted> {
  const limit = given.limit ?? undefined;
  if (format === "csv" || format === "tsv") {
    const delimiter = given.delimiter ?? (format === "tsv" ? "\t" : delimiterOf(file.head));
    const read = await readDelimited(file, { delimiter, limit, signal });
    return { ...read, table: tableOfRecords(read, file.path) };
  }
  const read =
    format === "json"
      ? await readJsonList(file, { pointer: given.pointer ?? "", limit, signal })
      : await readJsonLines(file, { limit, signal });
  return { ...read, table: tableOfObjects(read.rows, file.path) };
}

/** An input that means nothing for a format is a mistake about the format. */
function refuseUnused({ delimiter, pointer }: ExtractInputs, format: Format): void {
  const isDelimited = format === "csv" || format === "tsv";
  const unused =
    delimiter != null && !isDelimited ? "delimiter" : pointer && format !== "json" ? "pointer" : "";
  if (unused === "") return;
  throw new SwarmError("invalid-input", `${unused} means nothing for a file of ${format}`, {
    hint: "give `format`, if the file is of another one",
    location: { pointer: `/${unused}` },
  });
}
