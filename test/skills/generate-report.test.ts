import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parse } from "parse5";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import { run } from "../../skills/generate-report/run.ts";
import { hasChromium, openPage } from "../support/browser.ts";
import { type Element, elementsOf, textOf } from "./html-tree.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const ROWS = [
  { id: 1, region: "North", amount: 10.1, units: 1 },
  { id: 2, region: "South", amount: 20.2, units: 2 },
  { id: 3, region: "North", amount: 30.3, units: null },
  { id: 4, region: null, amount: -0.6, units: 3 },
];
const HOSTILE =
  "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'`|*_[x](http://x) @me #1\n\u202e\u0000\ud800";

async function report(inputs: JsonObject) {
  const context = skillContext();
  const outputs = await run(inputs, context);
  const text = (ending: string): string =>
    context.artifacts.get(`data-report-stage-0.${ending}`) ?? "";
  return {
    outputs,
    html: text("html"),
    markdown: text("md"),
    names: [...context.artifacts.keys()],
  };
}

describe("generate-report", () => {
  it("writes totals, groups and rows, and answers the facts", async () => {
    const { outputs, markdown } = await report({
      rows: ROWS,
      title: "Sales",
      group_by: "region",
      measures: ["amount", "units"],
      max_rows: 2,
    });

    expect(outputs).toEqual({
      report: "/runs/run-1/data-report-stage-0.html",
      files: ["/runs/run-1/data-report-stage-0.html", "/runs/run-1/data-report-stage-0.md"],
      summary:
        "4 rows with 4 columns. amount: 60 in total, from -0.6 to 30.3, on average 15. " +
        "units: 6 in total, in 3 of 4 rows, from 1 to 3, on average 2. " +
        "3 groups by region; the largest is North with 40.4 of amount.",
      totals: [
        { name: "amount", count: 4, sum: 60, min: -0.6, max: 30.3, mean: 15 },
        { name: "units", count: 3, sum: 6, min: 1, max: 3, mean: 2 },
      ],
    });
    expect(markdown).toBe(`# Sales

4 rows with 4 columns.
amount: 60 in total, from -0.6 to 30.3, on average 15.
units: 6 in total, in 3 of 4 rows, from 1 to 3, on average 2.
3 groups by region; the largest is North with 40.4 of amount.

## Totals

| measure | rows | sum | min | max | mean |
| --- | --- | --- | --- | --- | --- |
| amount | 4 | 60 | -0.6 | 30.3 | 15 |
| units | 3 | 6 | 1 | 3 | 2 |

## By region

| region | rows | amount | units |
| --- | --- | --- | --- |
| North | 2 | 40.4 | 1 |
| South | 1 | 20.2 | 2 |
| (none) | 1 | -0.6 | 3 |

## Rows

| id | region | amount | units |
| --- | --- | --- | --- |
| 1 | North | 10.1 | 1 |
| 2 | South | 20.2 | 2 |

2 more rows are not shown.
`);
  });

  it("draws charts with round axes that a screen reader can tell", async () => {
    const rows = Array.from({ length: 100 }, (_, n) => ({ kind: `k${n % 3}`, value: n }));
    const { html } = await report({ rows, group_by: "kind" });
    const charts = elements(parse(html), "svg").map((svg) => ({
      role: svg.attrs.find(({ name }) => name === "role")?.value,
      labels: elements(svg, "desc").map(textOf),
      ticks: elements(svg, "g")
        .filter((g) => g.attrs.some(({ value }) => value === "axis"))
        .flatMap((axis) => elements(axis, "text").map(textOf)),
    }));

    expect(charts).toEqual([
      {
        role: "img",
        labels: ["3 bars, the longest first: k0 with 1,683."],
        ticks: ["0", "200", "400", "600", "800", "1,000", "1,200", "1,400", "1,600", "1,800"],
      },
      {
        role: "img",
        labels: ["10 bars from 0 to 100. Most values, 10, lie between 0 and 10."],
        ticks: [
          "0",
          "2",
          "4",
          "6",
          "8",
          "10",
          "0",
          "10",
          "20",
          "30",
          "40",
          "50",
          "60",
          "70",
          "80",
          "90",
          "100",
          "rows by value",
        ],
      },
    ]);
  });

  it("takes as measures what holds nothing but numbers", async () => {
    const rows = [{ a: 1, b: "1", c: null, d: 1 }, { a: null, b: 2, c: null, d: "x" }, { e: 0.5 }];
    const { outputs } = await report({ rows, format: "markdown" });
    expect(outputs["totals"]).toEqual([
      { name: "a", count: 1, sum: 1, min: 1, max: 1, mean: 1 },
      { name: "e", count: 1, sum: 0.5, min: 0.5, max: 0.5, mean: 0.5 },
    ]);
  });

  it("adds exactly, and answers null for a sum that is no number", async () => {
    const tenths = Array.from({ length: 10 }, () => ({ v: 0.1, w: 1.7e308 }));
    const { outputs } = await report({ rows: tenths });
    expect(outputs["totals"]).toEqual([
      { name: "v", count: 10, sum: 1, min: 0.1, max: 0.1, mean: 0.1 },
      { name: "w", count: 10, sum: null, min: 1.7e308, max: 1.7e308, mean: null },
    ]);
    expect(JSON.parse(JSON.stringify(outputs))).toEqual(outputs);
  });

  it.each([
    ["equal values", [5, 5, 5], "all 3 values are 5"],
    ["values too far apart", [-1.7e308, 1.7e308], "the values are too far apart"],
  ])("says of %s why they are not drawn", async (_name, values, reason) => {
    const { html } = await report({ rows: values.map((v) => ({ v })) });
    expect(html).toContain(`Distribution of v: ${reason}`);
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });

  it.each([
    ["tiny", [0, 5e-324, 1e-320]],
    ["close together", [1, 1 + Number.EPSILON]],
    ["huge", [1e300, -1e299, 3]],
    ["negative only", [-3, -2, -10]],
    ["zero only", [0, 0]],
  ])("writes only numbers into charts of values that are %s", async (_name, values) => {
    const rows = values.map((v, k) => ({ v, k: `k${k}` }));
    const { html } = await report({ rows, group_by: "k" });
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("writes one file when one is asked for, named by its stage", async () => {
    const markdown = await report({ rows: ROWS, format: "markdown" });
    const html = await report({ rows: ROWS, format: "html" });
    expect([
      markdown.names,
      markdown.outputs["report"],
      html.names,
      html.outputs["report"],
    ]).toEqual([
      ["data-report-stage-0.md"],
      "/runs/run-1/data-report-stage-0.md",
      ["data-report-stage-0.html"],
      "/runs/run-1/data-report-stage-0.html",
    ]);
  });

  it("answers no rows with a report that says so", async () => {
    const { outputs, markdown } = await report({ rows: [], group_by: "kind", measures: ["v"] });
    expect(outputs).toMatchObject({
      summary: "0 rows with 0 columns. v: 0 in total, from – to –, on average –.",
      totals: [{ name: "v", count: 0, sum: 0, min: null, max: null, mean: null }],
    });
    expect(markdown).toContain("# Report");
  });

  it("makes text of whatever the data holds, in names and values", async () => {
    const rows: JsonObject[] = [
      { [HOSTILE]: 1, k: HOSTILE },
      { [HOSTILE]: 3, k: "b" },
    ];
    const { html, markdown } = await report({ rows, title: HOSTILE, group_by: "k" });

    const page = parse(html);
    for (const tag of ["script", "img", "a"]) expect(elements(page, tag)).toEqual([]);
    expect(html).not.toMatch(/\u202e|<[^>]*onerror/);
    expect(html.isWellFormed() && markdown.isWellFormed()).toBe(true);
    expect(markdown).not.toMatch(/<\/?(?:script|img|title)|\u202e|(?<!\\)\[x\]|@me/);
    expect(markdown.split("\n").filter((line) => line.startsWith("#"))).toHaveLength(4);
  });

  it("says what it leaves out of many groups, columns and measures", async () => {
    const names = Array.from({ length: 30 }, (_, n) => `m${n}`);
    const rows = Array.from({ length: 60 }, (_, n) => ({
      k: `k${n}`,
      ...Object.fromEntries(names.map((name) => [name, n])),
    }));
    const { html, markdown } = await report({ rows, group_by: "k", max_rows: 0 });
    expect(elements(parse(html), "svg")).toHaveLength(10);
    for (const said of [
      "The 15 largest",
      "26 more measures without a chart",
      "10 more groups",
      "24 more measures",
    ]) {
      expect(html).toContain(said);
    }
    expect(markdown).toContain("10 more groups are not shown.");
  });

  it.each([
    [{ rows: [{ a: 1 }, 2] }, "/rows/1"],
    [{ rows: [{ a: 1 }], group_by: "toString" }, "/group_by"],
    [{ rows: [{ a: 1, b: "x" }], measures: ["a", "b"] }, "/measures/1"],
    [{ rows: [], format: "pdf" }, "/format"],
    [{ rows: [], max_rows: 1_001 }, "/max_rows"],
  ])("refuses %j and names the place", async (inputs, pointer) => {
    await expect(report(inputs)).rejects.toMatchObject({
      code: "invalid-input",
      disposition: "fail",
      location: { pointer },
    });
  });

  it.skipIf(!hasChromium())(
    "is a page that a browser shows without a complaint",
    {
      timeout: 60_000,
    },
    async () => {
      await using tree = await makeTree();
      const { html } = await report({ rows: ROWS, title: HOSTILE, group_by: "region" });
      const file = tree.path("report/page.html");
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, html);
      await using page = await openPage(file);

      const overlaps = `[...document.querySelectorAll("svg")].flatMap((svg) => {
      const texts = [...svg.querySelectorAll("text")].map((each) => each.getBoundingClientRect());
      const box = svg.getBoundingClientRect();
      return texts.filter((a, i) => a.right > box.right + 1 || a.left < box.left - 1 || a.bottom > box.bottom + 1
        || texts.slice(i + 1).some((b) => a.left < b.right && b.left < a.right && a.top < b.bottom - 2 && b.top < a.bottom - 2));
    }).length`;
      expect([page.errors, await page.evaluate(overlaps)]).toEqual([[], 0]);
    },
  );
});

function elements(node: Parameters<typeof elementsOf>[0], tag: string): Element[] {
  return elementsOf(node).filter(({ tagName }) => tagName === tag);
}
