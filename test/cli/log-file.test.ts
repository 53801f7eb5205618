import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLogFile } from "../../interfaces/cli/log-file.ts";

const newFolder = () => mkdtemp(join(tmpdir(), "cascade logs "));
const now = new Date("2026-01-02T03:04:05Z");
const onFailure = (error: Error): void => {
  throw error;
};

describe("the log file", () => {
  it("keeps the lines of a day, over several starts", async () => {
    const folder = join(await newFolder(), "logs");
    for (const line of ["first", "second"]) {
      using file = openLogFile(folder, { now, onFailure });
      file.write(line);
    }
    expect(await readFile(join(folder, "2026-01-02.ndjson"), "utf8")).toBe("first\nsecond\n");
  });

  it("takes at most two halves a day", async () => {
    const folder = await newFolder();
    for (let start = 1; start <= 5; start++) {
      using file = openLogFile(folder, { now, onFailure });
      file.write("x".repeat(8_000_001));
    }
    expect(await readdir(folder)).toEqual(["2026-01-02.1.ndjson"]);
  });

  it("removes the oldest of many, and nothing that is no log", async () => {
    const folder = await newFolder();
    await mkdir(join(folder, "own"));
    await writeFile(join(folder, "2020-notes.ndjson"), "");
    for (let day = 10; day < 30; day++) await writeFile(join(folder, `2025-12-${day}.ndjson`), "");
    openLogFile(folder, { now, onFailure })[Symbol.dispose]();
    const names = (await readdir(folder)).sort();
    expect(names).toHaveLength(16);
    expect(names.slice(0, 3)).toEqual([
      "2020-notes.ndjson",
      "2025-12-16.ndjson",
      "2025-12-17.ndjson",
    ]);
  });

  it("says once that it cannot be written, and lets the work go on", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "logs"), "a file");
    const failures: string[] = [];
    using file = openLogFile(join(folder, "logs"), {
      now,
      onFailure: (error) => void failures.push((error as NodeJS.ErrnoException).code ?? ""),
    });
    file.write("lost");
    file[Symbol.dispose]();
    expect(failures).toEqual(["EEXIST"]);
  });
});
