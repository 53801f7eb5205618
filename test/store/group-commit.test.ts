import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GroupCommit } from "../../store/group-commit.ts";

describe("group commit", () => {
  it("keeps the order and loses nothing, within the limits of an append", () => {
    const limits = { events: 5, bytes: 40 };
    fc.assert(
      fc.property(fc.array(fc.array(fc.string({ minLength: 1, maxLength: 30 }))), (calls) => {
        const commit = new GroupCommit(limits);
        for (const lines of calls) void commit.add(lines);
        const taken: string[][] = [];
        for (let batch = commit.take(); batch !== undefined; batch = commit.take()) {
          if (batch.lines.length > 0) taken.push(batch.lines);
        }
        expect(taken.flat()).toEqual(calls.flat());
        for (const lines of taken) {
          expect(lines.length).toBeLessThanOrEqual(limits.events);
          const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
          if (lines.length > 1) expect(bytes).toBeLessThanOrEqual(limits.bytes);
        }
      }),
    );
  });

  it("answers a call when its last line is stored", async () => {
    const commit = new GroupCommit({ events: 2, bytes: 1_000 });
    let stored = false;
    const call = commit.add(["a", "b", "c"]).then(() => {
      stored = true;
    });
    commit.take()?.resolve();
    await Promise.resolve();
    expect(stored).toBe(false);
    commit.take()?.resolve();
    await call;
    expect(stored).toBe(true);
  });
});
