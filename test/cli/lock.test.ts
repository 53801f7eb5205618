import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockHolder, takeLock } from "../../interfaces/cli/supervisor/lock.ts";

const newFolder = () => mkdtemp(join(tmpdir(), "cascade lock "));

/** Leaves what a process that was killed leaves. */
async function leave(folder: string, number: number, text: string): Promise<void> {
  await writeFile(join(folder, `supervisor.${number}.json`), text);
}

describe("the lock of a directory", () => {
  it("is had by one at a time, and free again when it is released", async () => {
    const folder = await newFolder();
    expect(lockHolder(folder)).toBeUndefined();
    const first = takeLock(folder);
    expect(first).toMatchObject({ status: "taken" });
    expect(takeLock(folder)).toMatchObject({ status: "held", holder: { pid: process.pid } });
    expect(lockHolder(folder)?.pid).toBe(process.pid);
    if (first.status === "taken") first.release();
    expect(lockHolder(folder)).toBeUndefined();
    expect(takeLock(folder).status).toBe("taken");
  });

  it.each([
    ["a process that is gone", JSON.stringify({ pid: 2 ** 22 + 1, started: "1" })],
    ["a pid that somebody else has by now", JSON.stringify({ pid: process.pid, started: "1" })],
    ["a write that a crash cut off", '{"pi'],
    ["an empty file", ""],
  ])("is taken over from %s", async (_, text) => {
    const folder = await newFolder();
    await leave(folder, 7, text);
    expect(takeLock(folder).status).toBe("taken");
    expect((await readdir(folder)).sort()).toEqual(["supervisor.8.json"]);
  });

  it("belongs to the highest number, whatever lower files are left", async () => {
    const folder = await newFolder();
    expect(takeLock(folder).status).toBe("taken");
    await leave(folder, 0, '{"pid":1}');
    expect(lockHolder(folder)?.pid).toBe(process.pid);
  });

  it("is not released by a former holder", async () => {
    const folder = await newFolder();
    const former = takeLock(folder);
    await leave(folder, 9, JSON.stringify({ pid: process.ppid }));
    if (former.status === "taken") former.release();
    expect(lockHolder(folder)?.pid).toBe(process.ppid);
  });
});
