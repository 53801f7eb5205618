import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { SwarmError, toErrorRecord } from "../../core/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { isReservedKey } from "../reserved-keys.ts";
import { parseInputs } from "../skill-inputs.ts";
import { sorted } from "./sort.ts";

type Row = JsonObject;
type Evaluate = (values: JsonObject) => Json;

const BATCH = 1_000;

const transformInputs = z.object({
  rows: z.array(z.custom<Row>(isJsonObject, "must be an object")),
  where: z.string().nullish(),
  set: z.record(z.string(), z.string()).nullish(),
  keep: z.array(z.string()).nullish(),
  rename: z.record(z.string(), z.string()).nullish(),
  sort_by: z.array(z.string()).nullish(),
  limit: z.int().min(0).nullish(),
});

/** Changes rows by expressions. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const given = parseInputs(transformInputs, inputs);
  refuseReserved([...Object.keys(given.set ?? {}), ...Object.values(given.rename ?? {})]);
  const change = await openChange(given, context);
  const kept: Row[] = [];
  for (const [index, row] of given.rows.entries()) {
    if (index % BATCH === 0) {
      await setImmediate();
      context.signal.throwIfAborted();
    }
    const changed = change(row, index);
    if (changed !== undefined) kept.push(changed);
  }
  const rows = sorted(kept, given.sort_by ?? []).slice(0, given.limit ?? kept.length);
  return {
    rows: rows.map((row) => renamed(picked(row, given.keep ?? undefined), given.rename ?? {})),
    row_count: rows.length,
    left_out: given.rows.length - rows.length,
  };
}

/** What one row becomes; undefined when it is left out. */
async function openChange(
  { where, set }: z.infer<typeof transformInputs>,
  { expressions }: SkillContext,
): Promise<(row: Row, index: number) => Row | undefined> {
  const compile = (text: string): Promise<Evaluate> => expressions.compile(text, ["row", "index"]);
  const condition = where == null ? undefined : await compile(where);
  const columns: (readonly [string, Evaluate])[] = [];
  for (const [name, text] of Object.entries(set ?? {})) columns.push([name, await compile(text)]);
  return (row, index) => {
    let changed = row;
    const computed = (evaluate: Evaluate, what: string): Json =>
      inRow(index, what, () => evaluate({ row: changed, index }));
    if (condition !== undefined && !isWanted(computed(condition, "where"), index)) return undefined;
    for (const [name, evaluate] of columns) {
      changed = { ...changed, [name]: computed(evaluate, `set.${name}`) };
    }
    return changed;
  };
}

function refuseReserved(names: readonly string[]): void {
  const reserved = names.find(isReservedKey);
  if (reserved === undefined) return;
  throw new SwarmError("invalid-input", `${reserved} cannot name a column: it is reserved`);
}

function isWanted(value: Json, index: number): boolean {
  if (typeof value === "boolean") return value;
  throw new SwarmError(
    "expression-failed",
    `row ${index}: where is not true or false, but ${JSON.stringify(value).slice(0, 80)}`,
  );
}

/** Says of which row an error is. */
function inRow(index: number, what: string, work: () => Json): Json {
  try {
    return work();
  } catch (error) {
    const { code, message } = toErrorRecord(error);
    throw new SwarmError(code, `row ${index}, ${what}: ${message}`, { cause: error });
  }
}

function picked(row: Row, columns: readonly string[] | undefined): Row {
  if (columns === undefined) return row;
  const own = columns.filter((name) => Object.hasOwn(row, name));
  return Object.fromEntries(own.map((name) => [name, row[name] ?? null]));
}

function renamed(row: Row, names: Readonly<Record<string, string>>): Row {
  const entries = Object.entries(row).map(([name, value]) => [
    Object.hasOwn(names, name) ? names[name] : name,
    value,
  ]);
  return Object.fromEntries(entries) as Row;
}
