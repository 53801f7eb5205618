import { setImmediate } from "node:timers/promises";
import type { ValidateFunction } from "ajv";
import { z } from "zod";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { parseInputs } from "../skill-inputs.ts";
import { type Problem, problemOf } from "./problems.ts";
import { compileSchema } from "./schema.ts";
import { withinTime } from "./time-limit.ts";
import { repeatedRows } from "./unique.ts";

const MOST_LISTED = 1_000;
const BATCH = 1_000;
const BATCH_TIME = { name: "validateMs", ms: 5_000 } as const;

const validateInputs = z.object({
  rows: z.array(z.custom<Json>()),
  schema: z.custom<JsonObject>(
    (schema) => typeof schema === "object" && schema !== null && !Array.isArray(schema),
    "must be a JSON Schema",
  ),
  mode: z.enum(["report", "drop", "fail"]).nullish(),
  unique: z.array(z.string()).nullish(),
});

/** Checks rows against a schema. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { rows, schema, mode, unique } = parseInputs(validateInputs, inputs);
  const check = compileSchema(schema);
  const found: Findings = { rows: new Set(), problems: [] };
  for (let start = 0; start < rows.length; start += BATCH) {
    await setImmediate();
    context.signal.throwIfAborted();
    const batch = rows.slice(start, start + BATCH);
    withinTime(BATCH_TIME, () => checkRows(batch, start, { check, found }));
  }
  const repeated = repeatedRows(rows, unique ?? []);
  for (const { index } of repeated) found.rows.add(index);
  const invalid = [...found.problems, ...repeated]
    .sort((a, b) => a.index - b.index)
    .slice(0, MOST_LISTED);
  const [first] = invalid;
  if (mode === "fail" && first !== undefined) throw refused(first, found.rows.size, rows.length);
  return {
    rows: mode === "drop" ? rows.filter((_, index) => !found.rows.has(index)) : rows,
    valid: found.rows.size === 0,
    invalid,
    invalid_count: found.rows.size,
    valid_count: rows.length - found.rows.size,
  };
}

interface Findings {
  /** Positions of the rows that are not valid. */
  readonly rows: Set<number>;
  /** The first ones, in the order of their rows. */
  readonly problems: Problem[];
}

function checkRows(
  rows: readonly Json[],
  start: number,
  { check, found }: { readonly check: ValidateFunction; readonly found: Findings },
): void {
  for (const [offset, row] of rows.entries()) {
    const index = start + offset;
    if (checkRow(check, row, index)) continue;
    found.rows.add(index);
    const errors = check.errors ?? [];
    for (const error of errors.slice(0, MOST_LISTED - found.problems.length)) {
      found.problems.push(problemOf(index, error));
    }
  }
}

function checkRow(check: ValidateFunction, row: Json, index: number): boolean {
  try {
    return check(row);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SwarmError(
      "invalid-input",
      `row ${index} is nested too deeply, or the schema refers to itself without end`,
      { location: { pointer: `/rows/${index}` }, cause: error },
    );
  }
}

function refused(first: Problem, invalid: number, all: number): SwarmError {
  const pointer = `/rows/${first.index}${first.pointer}`;
  return new SwarmError(
    "invalid-input",
    `${invalid} of ${all} rows ${invalid === 1 ? "is" : "are"} not valid; ${pointer}: ${first.message}`,
    { location: { pointer } },
  );
}
