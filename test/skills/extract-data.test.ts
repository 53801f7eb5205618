import { execFileSync } from "node:child_process";
import { truncate, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import { run } from "../../skills/extract-data/run.ts";
import { makeTree, skillContext } from "./skill-context.ts";

async function extract(name: string, content: string | Uint8Array, inputs: JsonObject = {}) {
  await using tree = await makeTree({ [name]: content });
  return await run({ path: tree.path(name), ...inputs }, skillContext());
}

async function failure(name: string, content: string | Uint8Array, inputs: JsonObject = {}) {
  await using tree = await makeTree({ [name]: content });
  const error = await run({ path: tree.path(name), ...inputs }, skillContext()).then(
    () => undefined,
    (thrown) => thrown,
  );
  const { code, message, location, disposition } = error;
  return JSON.parse(
    JSON.stringify({ code, message, location, disposition }).replaceAll(`${tree.root}/`, ""),
  );
}

describe("extract-data of CSV", () => {
  it("reads what spreadsheets write: mark, CRLF, quotes, line breaks inside them, blank lines", async () => {
    const text =
      '\uFEFFid,name,note\r\n1,"Ann ""A"" B","two\r\nlines"\r\n\r\n2,"x, y",\r\n3,last,"\n"';

    expect(await extract("a.csv", text)).toEqual({
      rows: [
        { id: 1, name: 'Ann "A" B', note: "two\r\nlines" },
        { id: 2, name: "x, y", note: null },
        { id: 3, name: "last", note: "\n" },
      ],
      columns: [
        { name: "id", type: "integer", missing: 0 },
        { name: "name", type: "text", missing: 0 },
        { name: "note", type: "text", missing: 1 },
      ],
      row_count: 3,
      skipped: [],
      complete: true,
    });
  });

  it.each<readonly [string, readonly string[], readonly unknown[]]>([
    ["integer", ["1", "-20", "9007199254740991"], [1, -20, 9007199254740991]],
    ["number", ["1", "2.5", "-0.001"], [1, 2.5, -0.001]],
    ["number", ["12.50", "3.00", "-1.25"], [12.5, 3, -1.25]],
    ["boolean", ["TRUE", "FALSE", "TRUE"], [true, false, true]],
    ["empty", ["", "", ""], [null, null, null]],
    ...[
      ["007", "1", "2"],
      ["1e400", "1", "2"],
      ["9007199254740993", "1", "2"],
      ["1.10", "1.9", "2"],
      ["-0", "1", "2"],
      ["-0.00", "1.25", "2.00"],
      ["+1", "1", "2"],
      ["0x10", "1", "2"],
      ["Infinity", "NaN", "1"],
      [" 1", "2", "3"],
      ["1e3", "2", "3"],
      ["3.141592653589793238", "1", "2"],
      ["12345678901234567890.00", "1.00", "2.00"],
      ["true", "FALSE", "True"],
      ["1", "2", "n/a"],
      ["2026-01-01", "2026-01-02", "2026-01-03"],
      ["toString", "hasOwnProperty", "valueOf"],
    ].map((texts) => ["text", texts, texts] as const),
  ])("types a column as %s when all of %j agree", async (type, texts, values) => {
    const lines = texts.map((text, index) => `${index},${text}\n`).join("");
    const { rows, columns } = await extract("a.csv", `n,v\n${lines}`);

    expect([rows, columns]).toEqual([
      values.map((v, n) => ({ n, v })),
      [
        { name: "n", type: "integer", missing: 0 },
        { name: "v", type, missing: type === "empty" ? 3 : 0 },
      ],
    ]);
  });

  it("keeps every column when names are empty or there twice", async () => {
    const { rows, columns } = await extract("a.csv", "a,a,,a_2,a,\n1,2,3,4,5,6\n");

    expect([rows, columns]).toEqual([
      [{ a: 1, a_3: 2, column_3: 3, a_2: 4, a_4: 5, column_6: 6 }],
      [
        { name: "a", type: "integer", missing: 0 },
        { name: "a_3", header: "a", type: "integer", missing: 0 },
        { name: "column_3", header: "", type: "integer", missing: 0 },
        { name: "a_2", type: "integer", missing: 0 },
        { name: "a_4", header: "a", type: "integer", missing: 0 },
        { name: "column_6", header: "", type: "integer", missing: 0 },
      ],
    ]);
  });

  it("names each line that it leaves out, and what was swallowed with it", async () => {
    const lines = [
      "a,b",
      '"one\r\nline",2', // lines 2 and 3
      "3", // 4
      "4,5,6", // 5
      '7,x"y', // 6
      "8,9", // 7
      '"a"b,1', // 8: its quotes end on line 9
      '"c",2', // 9
      "10,11", // 10
      "12,13",
      "14,15",
      "16,17",
    ];
    for (const ending of ["\r\n", "\n", "\r"]) {
      const { rows, skipped } = await extract("a.csv", lines.join(ending));
      expect({ rows, skipped }).toEqual({
        rows: [
          { a: "one\r\nline", b: 2 },
          { a: "8", b: 9 },
          { a: "10", b: 11 },
          { a: "12", b: 13 },
          { a: "14", b: 15 },
          { a: "16", b: 17 },
        ],
        skipped: [
          { line: 4, reason: "1 field where the header has 2" },
          { line: 5, reason: "3 fields where the header has 2" },
          { line: 6, reason: "a quote inside a field that is not quoted" },
          {
            line: 8,
            reason: "a single quote mark inside a quoted field; left out up to line 9",
          },
        ],
      });
    }
  });

  it("tells lines right over the pieces in which a file is read", async () => {
    const good = '"é\r\n",1\r\n'.repeat(30_000);
    const { row_count, skipped } = await extract("a.csv", `a,b\r\n${good}bad\r\n1,2\r\n`);
    expect({ row_count, skipped }).toEqual({
      row_count: 30_001,
      skipped: [{ line: 60_002, reason: "1 field where the header has 2" }],
    });
  });

  it.each([
    ["semicolons", "a;b\n1,5;2\n", {}, [{ a: "1,5", b: 2 }]],
    ["tabs", "a\tb\n1\t2\n", {}, [{ a: 1, b: 2 }]],
    ["a delimiter that is given", "a!b,c\n1!2,3\n", { delimiter: "!" }, [{ a: 1, "b,c": "2,3" }]],
    ["one column", "a\n1\n2\n", {}, [{ a: 1 }, { a: 2 }]],
    ["quoted commas in the header", '"a,b,c";d\n1;2\n', {}, [{ "a,b,c": 1, d: 2 }]],
  ])("finds %s", async (_name, text, inputs, rows) => {
    expect((await extract("a.csv", text, inputs))["rows"]).toEqual(rows);
  });

  it("reads UTF-16 with its mark, as spreadsheets export it", async () => {
    const bytes = Buffer.from("\uFEFFa\tb\r\nü\t1\r\n", "utf16le");
    expect((await extract("a.txt", bytes))["rows"]).toEqual([{ a: "ü", b: 1 }]);
  });

  it("answers an empty file, and one with a header alone, with no rows", async () => {
    const nothing = { rows: [], row_count: 0, skipped: [], complete: true };
    expect(await extract("a.csv", "")).toEqual({ ...nothing, columns: [] });
    expect(await extract("a.csv", "a,b")).toEqual({
      ...nothing,
      columns: [
        { name: "a", type: "empty", missing: 0 },
        { name: "b", type: "empty", missing: 0 },
      ],
    });
  });

  it("reads no more rows than limit, and says that there are more", async () => {
    const text = 'a\n1\n2\n3\n"never closed';
    expect(await extract("a.csv", text, { limit: 2 })).toEqual({
      rows: [{ a: 1 }, { a: 2 }],
      columns: [{ name: "a", type: "integer", missing: 0 }],
      row_count: 2,
      skipped: [],
      complete: false,
    });
    expect((await extract("a.csv", "a\n1\n2\n", { limit: 2 }))["complete"]).toBe(true);
  });

  it.each([
    "__proto__",
    "constructor",
    "prototype",
    "$blob",
  ])("refuses a column %s", async (name) => {
    expect(await failure("a.csv", `a,${name}\n1,2\n`)).toEqual({
      code: "invalid-input",
      message: `a.csv:1: column 2 is called ${name}`,
      location: { file: "a.csv", line: 1 },
      disposition: "fail",
    });
  });

  it("refuses a quote that is never closed, at the line where it may begin", async () => {
    expect(await failure("a.csv", 'a,b\n1,2\n"open,3\n4,5\n')).toEqual({
      code: "invalid-input",
      message: "a.csv:3: a quoted field begins here, or below, and never ends",
      location: { file: "a.csv", line: 3 },
      disposition: "fail",
    });
  });

  it("refuses a file of which more is skipped than read", async () => {
    expect(await failure("a.csv", "a,b\n1,2\n3\n4\n")).toEqual({
      code: "invalid-input",
      message: "a.csv: 2 of 3 rows cannot be read; line 3: 1 field where the header has 2",
      location: { file: "a.csv", line: 3 },
      disposition: "fail",
    });
    expect(
      (await failure("a.csv", `a,b\n${"1,2\n".repeat(2_000)}${"3\n".repeat(1_500)}`)).message,
    ).toBe("a.csv: more than 1000 rows cannot be read; line 2002: 1 field where the header has 2");
  });
});

describe("extract-data of JSON", () => {
  it("reads the list at a pointer, types its columns and keeps what would be rounded as text", async () => {
    const text = `{"data": {"a/b": [
      {"id": 9007199254740993, "price": 1.5, "tags": ["x"], "ok": true, "any": 1},
      {"id": 1e400, "price": 2, "ok": null, "any": "one", "deep": {"n": 1e-400}},
      "no row", [1], {}
    ]}}`;

    expect(await extract("a.json", text, { pointer: "/data/a~1b" })).toEqual({
      rows: [
        { id: "9007199254740993", price: 1.5, tags: ["x"], ok: true, any: 1 },
        { id: "1e400", price: 2, ok: null, any: "one", deep: { n: "1e-400" } },
        {},
      ],
      columns: [
        { name: "id", type: "text", missing: 1 },
        { name: "price", type: "number", missing: 1 },
        { name: "tags", type: "array", missing: 2 },
        { name: "ok", type: "boolean", missing: 2 },
        { name: "any", type: "mixed", missing: 1 },
        { name: "deep", type: "object", missing: 2 },
      ],
      row_count: 3,
      skipped: [
        { index: 2, reason: "a string where an object is expected" },
        { index: 3, reason: "a list where an object is expected" },
      ],
      complete: true,
    });
  });

  it("reads lines of JSON, and names those that are none", async () => {
    const text = '{"a":1}\r\n\n{"a":2,\n[3]\n{"a":"\u2028"}';
    expect(await extract("a.ndjson", text)).toEqual({
      rows: [{ a: 1 }, { a: "\u2028" }],
      columns: [{ name: "a", type: "mixed", missing: 0 }],
      row_count: 2,
      skipped: [
        { line: 3, reason: expect.stringMatching(/^Expected double-quoted property name/) },
        { line: 4, reason: "a list where an object is expected" },
      ],
      complete: true,
    });
  });

  it.each([
    ["a list", '[{"a":1}]', 1],
    ["an object a line", '{"a":1}\n{"a":2}\n', 2],
    ["fields", "a\n1\n2\n3\n", 3],
  ])("tells by its first characters that a file holds %s", async (_name, text, count) => {
    expect((await extract("data", text))["row_count"]).toBe(count);
  });

  it.each([
    ["a.json", '[{"a":{"b/c":{"__proto__":1}}}]', { pointer: "/0/a/b~1c/__proto__" }],
    ["a.json", '[{"constructor":1}]', { pointer: "/0/constructor" }],
    ["a.ndjson", '{"a":1}\n{"a":[{"$blob":1}]}\n', { line: 2, pointer: "/a/0/$blob" }],
  ])("refuses a reserved key in %s at any depth: %s", async (name, text, place) => {
    expect(await failure(name, text)).toEqual({
      code: "invalid-input",
      message: expect.stringMatching(/^the key (?:__proto__|constructor|\$blob) is reserved$/),
      location: { file: name, ...place },
      disposition: "fail",
    });
  });

  it.each([
    ["cut off", "[{", "invalid-input"],
    ["empty", "", "invalid-input"],
    ["no list", '{"a":1}', "invalid-input"],
    ["nested in itself", `[{"a":${"[".repeat(100)}${"]".repeat(100)}}]`, "invalid-input"],
    ["nested a million times", `${"[".repeat(1e6)}${"]".repeat(1e6)}`, "invalid-input"],
    ["not UTF-8", Buffer.from([0x5b, 0xff, 0x5d]), "invalid-input"],
  ])("refuses a file of JSON that is %s", async (_name, content, code) => {
    expect(await failure("a.json", content)).toMatchObject({ code, disposition: "fail" });
  });
});

describe("extract-data", () => {
  it.each([
    [{ format: "xlsx" }, "/format"],
    [{ delimiter: "ab" }, "/delimiter"],
    [{ delimiter: '"' }, "/delimiter"],
    [{ pointer: "a" }, "/pointer"],
    [{ pointer: "/a" }, "/pointer"],
    [{ limit: 0 }, "/limit"],
    [{ format: "json", delimiter: "," }, "/delimiter"],
  ])("refuses %j and names the input", async (inputs, pointer) => {
    const refused = await failure("a.csv", "a\n1\n", inputs);
    expect([refused.code, refused.location]).toEqual(["invalid-input", { pointer }]);
  });

  it("says what is no file that can be read, without waiting for it", async () => {
    await using tree = await makeTree();
    execFileSync("mkfifo", [tree.path("pipe.csv")]);
    const codeOf = (path: string) =>
      run({ path }, skillContext()).catch(({ code }) => code as string);
    expect([
      await codeOf(tree.path("none.csv")),
      await codeOf(tree.root),
      await codeOf(tree.path("pipe.csv")),
    ]).toEqual(["path-not-found", "path-unreadable", "path-unreadable"]);
  });

  it("refuses by name what is too large", async () => {
    await using tree = await makeTree({ "large.csv": "a\n" });
    await truncate(tree.path("large.csv"), 64_000_001);
    await writeFile(tree.path("wide.csv"), ",".repeat(3_000_000));
    await writeFile(tree.path("long.ndjson"), '{"a":1}\n'.repeat(500_001));
    await writeFile(tree.path("heavy.csv"), `${"n".repeat(1_000_000)}\n${"1\n".repeat(201)}`);
    const messageOf = (name: string) =>
      run({ path: tree.path(name) }, skillContext()).catch(
        ({ code, message }) => `${code} ${String(message).split(":")[0]}`,
      );
    expect([
      await messageOf("large.csv"),
      await messageOf("wide.csv"),
      await messageOf("long.ndjson"),
      await messageOf("heavy.csv"),
    ]).toEqual([
      "limit-exceeded fileBytes",
      "limit-exceeded columns",
      "limit-exceeded rows",
      "limit-exceeded resultBytes",
    ]);
  });

  it("stops when it is told to", async () => {
    await using tree = await makeTree({ "a.csv": `a\n${"1\n".repeat(100_000)}` });
    const signal = AbortSignal.abort(new DOMException("enough", "AbortError"));
    await expect(run({ path: tree.path("a.csv") }, skillContext({ signal }))).rejects.toMatchObject(
      {
        name: "AbortError",
      },
    );
  });
});
