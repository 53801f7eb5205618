import { createHash } from "node:crypto";
import { mkdir, mkdtemp, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stateOf } from "../../../interfaces/cli/verify/file-state.ts";
import { readReport } from "../../../interfaces/cli/verify/report-findings.ts";

const startedMs = Date.parse("2026-01-02T03:04:05.000Z");
const run = `r${startedMs.toString(36)}-0123456789ab`;
const generated_at = "2026-01-02T03:05:00.000Z";
const finding = { file: "a.ts", line: 1, rule: "r", severity: "low", message: "m", tool: "t" };

async function reportOf(content: unknown): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), "cascade report ")), "report.json");
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

describe("a report that is verified", () => {
  it("is read loosely: what it has beside its findings does not matter", async () => {
    const sources = [{ file: "a.ts", sha256: "AB" }];
    const path = await reportOf({
      v: 9,
      run,
      root: "/r",
      generated_at,
      findings: [{ ...finding, cwe: 1 }],
      sources,
    });
    expect(await readReport(path)).toEqual({
      run,
      root: "/r",
      findings: [finding],
      sinceMs: startedMs,
      hashes: new Map([["a.ts", "ab"]]),
    });
  });

  it.each([
    ["odd"],
    ["rzzzzzzzzzz-x"],
  ])("of the run %s counts from when it was written", async (odd) => {
    const path = await reportOf({ run: odd, root: "/r", generated_at, findings: [] });
    expect(await readReport(path)).toMatchObject({ sinceMs: Date.parse(generated_at) });
  });

  it.each([
    ["{", /is no code-quality report: .*JSON/],
    [[], /\/: /],
    [{ run, root: "here", generated_at, findings: [] }, /\/root: must be an absolute path/],
    [
      { run, root: "/r", generated_at, findings: [finding, { ...finding, line: 0 }] },
      /\/findings\/1\/line: /,
    ],
    [{ run, root: "/r", generated_at: "today", findings: [] }, /\/generated_at: /],
  ])("is refused with the place that is wrong: %j", async (content, message) => {
    await expect(readReport(await reportOf(content))).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringMatching(message),
    });
  });
});

describe("a file of a report", () => {
  it("is what it was as long as nobody wrote it since the run began, or its content is the same", async () => {
    const root = await mkdtemp(join(tmpdir(), "cascade state "));
    const before = new Date(startedMs - 1_000);
    const write = async (file: string, at: Date): Promise<void> => {
      await writeFile(join(root, file), "content");
      await utimes(join(root, file), at, at);
    };
    await write("old.ts", before);
    await write("new.ts", new Date(startedMs));
    await write("hashed.ts", new Date());
    await write("other.ts", before);
    await mkdir(join(root, "folder"));
    await symlink("hashed.ts", join(root, "link.ts"));
    const hash = createHash("sha256").update("content").digest("hex");
    const hashes = new Map([
      ["hashed.ts", hash],
      ["other.ts", "00"],
      ["folder", hash],
      ["link.ts", hash],
    ]);
    const stateOfFile = (file: string) => stateOf(file, { root, sinceMs: startedMs, hashes });
    const files = [
      "old.ts",
      "new.ts",
      "hashed.ts",
      "other.ts",
      "none.ts",
      "old.ts/x",
      "folder",
      "link.ts",
      "../x",
      "/etc/passwd",
    ];
    expect(await Promise.all(files.map(stateOfFile))).toEqual([
      "unchanged",
      "changed",
      "unchanged",
      "changed",
      "gone",
      "gone",
      "changed",
      "changed",
      "outside",
      "outside",
    ]);
  });
});
