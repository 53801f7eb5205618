import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../core/json.ts";
import { run } from "../../skills/validate-data/run.ts";
import { skillContext } from "./skill-context.ts";

const PERSON = {
  type: "object",
  required: ["id", "email"],
  properties: {
    id: { type: "integer", minimum: 1 },
    email: { type: "string", format: "email" },
    price: { type: "number", multipleOf: 0.01 },
    kind: { enum: ["a", "b"] },
    "a/b": { type: "array", items: { type: "string" } },
  },
  additionalProperties: false,
};
const ROWS: readonly JsonObject[] = [
  { id: 1, email: "a@example.org", price: 19.99, kind: "a" },
  { id: 0, email: "nobody" },
  { id: 2, email: "b@example.org", "a/b": ["x", 1], kind: "c", extra: true },
];

const validate = (inputs: JsonObject) => run(inputs, skillContext());

async function refusal(inputs: JsonObject): Promise<Json> {
  const error = await validate(inputs).then(
    () => undefined,
    (thrown) => thrown,
  );
  return [error?.code, error?.location?.pointer, error?.disposition];
}

const isEven = (_row: Json, index: number) => index % 2 === 0;

describe("validate-data", () => {
  it("reports every problem with its row and place, and hands all rows on", async () => {
    expect(await validate({ rows: ROWS, schema: PERSON })).toEqual({
      rows: ROWS,
      valid: false,
      invalid: [
        { index: 1, pointer: "/id", message: "must be >= 1" },
        { index: 1, pointer: "/email", message: 'must match format "email"' },
        { index: 2, pointer: "/extra", message: "must NOT have additional properties" },
        {
          index: 2,
          pointer: "/kind",
          message: 'must be equal to one of the allowed values: ["a","b"]',
        },
        { index: 2, pointer: "/a~1b/1", message: "must be string" },
      ],
      invalid_count: 2,
      valid_count: 1,
    });
  });

  it("answers valid rows as they are, in every mode", async () => {
    const rows = ROWS.slice(0, 1);
    for (const mode of ["report", "drop", "fail"]) {
      expect(await validate({ rows, schema: PERSON, mode, unique: [] })).toEqual({
        rows,
        valid: true,
        invalid: [],
        invalid_count: 0,
        valid_count: 1,
      });
    }
  });

  it("drops invalid rows, and still says which they were", async () => {
    const rows = [0, 1, 2, 3].map((id) => ({ id: id % 2 === 0 ? id : "odd" }));
    const schema = { type: "object", properties: { id: { type: "integer" } } };
    expect(await validate({ rows, schema, mode: "drop" })).toEqual({
      rows: rows.filter(isEven),
      valid: false,
      invalid: [
        { index: 1, pointer: "/id", message: "must be integer" },
        { index: 3, pointer: "/id", message: "must be integer" },
      ],
      invalid_count: 2,
      valid_count: 2,
    });
  });

  it("fails at the first problem when asked to", async () => {
    await expect(validate({ rows: ROWS, schema: PERSON, mode: "fail" })).rejects.toMatchObject({
      code: "invalid-input",
      disposition: "fail",
      message: "2 of 3 rows are not valid; /rows/1/id: must be >= 1",
      location: { pointer: "/rows/1/id" },
    });
  });

  it("finds rows that repeat the columns that must be unique together", async () => {
    const rows = [
      { order: 1, line: 1 },
      { order: 1, line: 2 },
      { line: 1, order: 1, note: "again" },
      { order: 2, line: null },
      { order: 2 },
      { order: "1", line: 1 },
      { order: { a: 1, b: 2 }, line: 1 },
      { order: { b: 2, a: 1 }, line: 1 },
    ];
    const message = (row: number) => `must not repeat order, line of row ${row}`;
    expect(await validate({ rows, schema: {}, unique: ["order", "line"], mode: "drop" })).toEqual({
      rows: [0, 1, 3, 5, 6].map((index) => rows[index]),
      valid: false,
      invalid: [
        { index: 2, pointer: "", message: message(0) },
        { index: 4, pointer: "", message: message(3) },
        { index: 7, pointer: "", message: message(6) },
      ],
      invalid_count: 3,
      valid_count: 5,
    });
    const { invalid } = await validate({
      rows: [{ "a/b": 1 }, { "a/b": 1 }],
      schema: {},
      unique: ["a/b"],
    });
    expect(invalid).toEqual([
      { index: 1, pointer: "/a~1b", message: "must not repeat a/b of row 0" },
    ]);
  });

  it("lists 1,000 problems in the order of their rows, and counts all rows", async () => {
    const rows = Array.from({ length: 3_000 }, (_, id) => ({ id, same: 1 }));
    const schema = { type: "object", properties: { id: { maximum: 1_200 } } };
    const { invalid, invalid_count, valid_count } = await validate({
      rows,
      schema,
      unique: ["same"],
    });
    expect({ invalid, invalid_count, valid_count }).toEqual({
      invalid: Array.from({ length: 1_000 }, (_, index) => ({
        index: index + 1,
        pointer: "/same",
        message: "must not repeat same of row 0",
      })),
      invalid_count: 2_999,
      valid_count: 1,
    });
  });

  it("reads draft-07 when the schema says so", async () => {
    const schema = {
      $schema: "http://json-schema.org/draft-07/schema#",
      items: [{ type: "string" }],
    };
    expect((await validate({ rows: [["a"], [1]], schema }))["invalid_count"]).toBe(1);
    const modern = { prefixItems: [{ type: "string" }], unevaluatedItems: false };
    expect((await validate({ rows: [["a"], ["a", 1]], schema: modern }))["invalid_count"]).toBe(1);
  });

  it("asks a row for what is its own, not its prototype's", async () => {
    const schema = { type: "object", required: ["toString", "valueOf"] };
    expect((await validate({ rows: [{}], schema }))["invalid_count"]).toBe(1);
  });

  it("follows references inside the schema", async () => {
    const schema = {
      $defs: {
        tree: {
          type: "object",
          properties: { next: { $ref: "#/$defs/tree" }, v: { type: "integer" } },
        },
      },
      $ref: "#/$defs/tree",
    };
    const { invalid } = await validate({ rows: [{ next: { next: { v: "x" } } }], schema });
    expect(invalid).toEqual([{ index: 0, pointer: "/next/next/v", message: "must be integer" }]);
  });
});

describe("validate-data refuses a schema", () => {
  const properties = (schema: Json): JsonObject => ({ type: "object", properties: { a: schema } });
  const at = "/schema/properties/a";

  it.each<readonly [string, JsonObject, string, string]>([
    ["with an unknown keyword", properties({ minimun: 1 }), "invalid-input", `${at}/minimun`],
    ["with a wrong value", properties({ minimum: "1" }), "invalid-input", `${at}/minimum`],
    ["with an unknown type", properties({ type: "text" }), "invalid-input", `${at}/type`],
    ["with an unknown format", properties({ format: "toString" }), "invalid-input", `${at}/format`],
    ["with a keyword that has no effect", properties({ if: {} }), "invalid-input", "/schema"],
    [
      "that loads another",
      properties({ $ref: "http://127.0.0.1:1/x.json" }),
      "invalid-input",
      `${at}/$ref`,
    ],
    [
      "that reads a file",
      properties({ $ref: "file:///etc/passwd" }),
      "invalid-input",
      `${at}/$ref`,
    ],
    ["that refers to nothing", properties({ $ref: "#/$defs/none" }), "invalid-input", `${at}/$ref`],
    ["that moves its base", properties({ $id: "http://x/" }), "invalid-input", `${at}/$id`],
    ["with a pattern that is none", properties({ pattern: "(" }), "invalid-input", `${at}/pattern`],
    [
      "with an exponential pattern",
      properties({ pattern: "^(a+)+$" }),
      "invalid-input",
      `${at}/pattern`,
    ],
    [
      "with an exponential pattern for names",
      { patternProperties: { "^(a/?)+$|^(a+)+/$": {} } },
      "invalid-input",
      "/schema/patternProperties/^(a~1?)+$|^(a+)+~1$",
    ],
    [
      "of another version",
      { $schema: "http://json-schema.org/draft-04/schema#" },
      "not-supported",
      "/schema/$schema",
    ],
    [
      "that is deep",
      JSON.parse(`${'{"not":'.repeat(5_000)}{}${"}".repeat(5_000)}`),
      "limit-exceeded",
      "/schema",
    ],
    [
      "that is large",
      { enum: Array.from({ length: 10_001 }, (_, n) => n) },
      "limit-exceeded",
      "/schema",
    ],
  ])("%s", async (_name, schema, code, pointer) => {
    expect(await refusal({ rows: [{ a: 1 }], schema })).toEqual([code, pointer, "fail"]);
  });

  it("but not for names and data that look like keywords", async () => {
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "https://example.org/row",
      title: "Row",
      type: "object",
      properties: {
        pattern: { type: "string", pattern: "^[a-z]+(?:-[a-z]+)*$" },
        format: { const: { format: "none", $ref: "http://x/", pattern: "(" } },
        $id: { enum: [{ unknown: 1 }], examples: [{ pattern: "(" }] },
        default: { $comment: "a name", type: "integer" },
      },
    };
    const rows = [{ pattern: "a-b", default: 1 }];
    expect((await validate({ rows, schema }))["valid"]).toBe(true);
  });

  it("that refers to itself without end", async () => {
    expect(await refusal({ rows: [{}], schema: { $ref: "#" } })).toEqual([
      "invalid-input",
      "/rows/0",
      "fail",
    ]);
  });

  it("whose work doubles with every level, after a limited time", { timeout: 30_000 }, async () => {
    const level = { properties: { x: { $ref: "#/$defs/a" } } };
    const schema = { $defs: { a: { allOf: [level, level] } }, $ref: "#/$defs/a" };
    const row = JSON.parse(`${'{"x":'.repeat(60)}{}${"}".repeat(60)}`);
    expect(await refusal({ rows: [row], schema })).toEqual(["limit-exceeded", "/schema", "fail"]);
  });

  it(
    "whose pattern is slower than its form shows, after a limited time",
    { timeout: 30_000 },
    async () => {
      const schema = { pattern: `^${"(?:ab|a|b|ba)*".repeat(4)}${"(?:ba|b|a|ab)*".repeat(20)}c$` };
      const rows = [`${"ab".repeat(2_000)}`];
      expect(await refusal({ rows, schema })).toEqual(["limit-exceeded", "/schema", "fail"]);
    },
  );
});

describe("validate-data", () => {
  it.each([
    [{ rows: {}, schema: {} }, "/rows"],
    [{ rows: [], schema: [] }, "/schema"],
    [{ rows: [], schema: {}, mode: "guess" }, "/mode"],
    [{ rows: [], schema: {}, unique: [1] }, "/unique/0"],
    [{ rows: [{ a: 1 }], schema: {}, unique: ["a", "toString"] }, "/unique/1"],
  ])("refuses %j and names the input", async (inputs, pointer) => {
    expect(await refusal(inputs)).toEqual(["invalid-input", pointer, "fail"]);
  });

  it("stops when it is told to", async () => {
    const signal = AbortSignal.abort(new DOMException("enough", "AbortError"));
    await expect(run({ rows: [{}], schema: {} }, skillContext({ signal }))).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
