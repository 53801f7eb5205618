import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../core/json.ts";
import { run } from "../../skills/transform-data/run.ts";
import { skillContext } from "./skill-context.ts";

const rows: JsonObject[] = [
  { name: "ann", team: "red", points: 3 },
  { name: "bob", team: "blue", points: 4 },
  { name: "cat", team: "red", points: 1 },
];
const transform = (inputs: Record<string, Json>) => run({ rows, ...inputs }, skillContext());

describe("transform-data", () => {
  it("changes nothing when nothing is asked for", async () => {
    expect(await transform({})).toEqual({ rows, row_count: 3, left_out: 0 });
  });

  it("keeps, computes, sorts, limits, picks and renames, in this order", async () => {
    const inputs = {
      where: 'row.team == "red" || index == 1',
      set: { double: "row.points * 2", label: 'row.name + "-" + string(row.double)' },
      sort_by: ["-double", "name"],
      limit: 2,
      keep: ["label", "team", "lost"],
      rename: { team: "side" },
    };
    expect(await transform(inputs)).toEqual({
      rows: [
        { label: "bob-8", side: "blue" },
        { label: "ann-6", side: "red" },
      ],
      row_count: 2,
      left_out: 1,
    });
  });

  it("keeps the order of equal rows, and sorts numbers before texts before nothing", async () => {
    const mixed = [{ a: "x" }, { a: 2 }, {}, { a: 1 }, { a: "b" }];
    const sortedRows = await run({ rows: mixed, sort_by: ["a"] }, skillContext());
    expect(sortedRows["rows"]).toEqual([{ a: 1 }, { a: 2 }, { a: "b" }, { a: "x" }, {}]);
    const byTeam = await transform({ sort_by: ["team"], keep: ["name"] });
    expect(byTeam["rows"]).toEqual([{ name: "bob" }, { name: "ann" }, { name: "cat" }]);
  });

  it.each<[string, Record<string, Json>, string, string]>([
    ["no expression", { where: "row.points >" }, "invalid-expression", "Unexpected token"],
    ["a name that is not there", { where: "rwo.points > 1" }, "unknown-reference", "rwo.points"],
    ["a condition that is a number", { where: "row.points" }, "expression-failed", "row 0: where"],
    [
      "a column that a row has not",
      { set: { x: "row.lost + 1" } },
      "unknown-reference",
      'row 0, set.x: row.lost: there is no "lost" (there is: name, team, points)',
    ],
    ["a text times a number", { set: { x: "row.name * 2" } }, "expression-failed", "row 0, set.x"],
    ["a reserved column", { set: { constructor: "1" } }, "invalid-input", "constructor"],
    ["rows that are none", { rows: [1] }, "invalid-input", "rows"],
  ])("refuses %s", async (_, inputs, code, message) => {
    await expect(transform(inputs)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it("stops when it is told to", async () => {
    const stopped = skillContext({ signal: AbortSignal.abort() });
    await expect(run({ rows }, stopped)).rejects.toMatchObject({ name: "AbortError" });
  });
});
