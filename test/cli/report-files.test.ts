import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { copyReports, reportFiles, shownReports } from "../../interfaces/cli/report-files.ts";
import { findReport } from "../../interfaces/cli/report-name.ts";

const newDirectory = () => mkdtemp(join(tmpdir(), "cascade reports "));
const output = {
  report_json: "/r/report.json",
  report_md: "/r/report.md",
  report_html: "/r/report.html",
  report_sarif: "/r/report.sarif",
  headline: "fine",
};

describe("the reports of a run", () => {
  it.each([
    [undefined, ["html", "md", "json"]],
    ["all", ["html", "md", "json", "sarif"]],
    ["sarif", ["sarif"]],
    ["junit", []],
  ] as const)("with --format %s are %j", (asked, formats) => {
    expect(shownReports(reportFiles(output), asked).map(({ format }) => format)).toEqual(formats);
  });

  it("are none when the output names none", () => {
    expect([undefined, null, 7, [], { report_md: 7 }].flatMap((odd) => reportFiles(odd))).toEqual(
      [],
    );
  });

  it("are copied to a folder that need not be there", async () => {
    const directory = await newDirectory();
    const path = join(directory, "report.md");
    await writeFile(path, "# fine");
    const folder = join(directory, "a/b");
    expect(await copyReports([{ format: "md", path }], folder)).toEqual([
      { format: "md", path: join(folder, "report.md") },
    ]);
    expect(await readFile(join(folder, "report.md"), "utf8")).toBe("# fine");
    expect(await readdir(folder)).toEqual(["report.md"]);
  });

  it("are refused a folder that is a file", async () => {
    const path = join(await newDirectory(), "report.md");
    await writeFile(path, "");
    await expect(copyReports([{ format: "md", path }], path)).rejects.toMatchObject({
      code: "path-unreadable",
      message: expect.stringContaining("(EEXIST)"),
    });
  });
});

describe("a report that is named", () => {
  it("is found by its run's id, its folder or its path", async () => {
    const directory = await newDirectory();
    const folder = join(directory, ".cascade/runs/r1");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "report.json"), "{}");
    const found = ["r1", ".cascade/runs/r1", folder, ".cascade/runs/r1/report.json"].map((named) =>
      findReport(named, directory),
    );
    expect(new Set(found)).toEqual(new Set([join(folder, "report.json")]));
  });

  it.each([
    "r2",
    "../elsewhere",
    "x".repeat(5_000),
    "no such.json",
  ])("is refused when it is not there: %s", async (named) => {
    const directory = await newDirectory();
    expect(() => findReport(named, directory)).toThrow(
      expect.objectContaining({ code: "path-not-found" }),
    );
  });
});
