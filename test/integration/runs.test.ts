import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { RunId } from "../../core/ids.ts";
import { startInProcessSwarm } from "../support/in-process-swarm.ts";
import { openTestAccess } from "../support/log-access.ts";
import { executionsOf, follow, startSwarmProcess } from "../support/swarm-process.ts";

const SOON = { timeout: 10_000, interval: 50 };
const quick = "cascade: quick\nstages:\n  - { stage: only, transform: { a: 1 } }\n";
const slow = "cascade: slow\nstages:\n  - { stage: nap, wait: 1h }\n";

describe("the list of runs", () => {
  it("has those that go on and those that HISTORY took over, the newest first, also after a take-over", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 2 });
    await swarm.evenShares();
    const { client, directory } = swarm;
    const ids: RunId[] = [];
    for (let count = 0; count < 12; count++) {
      const definition = count % 3 === 0 ? slow : quick;
      const cascade = count % 3 === 0 ? "slow" : "quick";
      ids.push((await client.submit({ cascade, definition, directory })).runId);
    }
    await Promise.all(
      ids.filter((_, index) => index % 3 !== 0).map((id) => follow(client, id).ended),
    );
    const expected = ids.map((run, index) => ({
      run,
      cascade: index % 3 === 0 ? "slow" : "quick",
      last: index % 3 === 0 ? "stage.paused" : "run.succeeded",
    }));
    // Several may have been submitted in the same millisecond, and sort by chance then.
    const listed = async () => {
      const found: { run: RunId; cascade: unknown; last: string }[] = [];
      for await (const { run, first: head, last } of client.runs(AbortSignal.timeout(10_000))) {
        found.push({ run, cascade: head.data["cascade"], last: last.type });
      }
      return found;
    };
    const newestFirst = expected.toSorted((a, b) => (a.run < b.run ? 1 : -1));
    expect(await listed()).toEqual(newestFirst);
    await using access = await openTestAccess(swarm.server);
    await vi.waitFor(async () => {
      const { state } = await access.manager.streams.info(access.subjects.streams.history);
      expect(state.num_subjects).toBe(8);
    }, SOON);
    await swarm.coordinators[0]?.connection.close();
    expect(await listed()).toEqual(newestFirst);
  });

  it("is shown by `runs ls`, one run by `runs show`, and `runs watch` follows it to its end", async () => {
    const directory = await mkdtemp(join(tmpdir(), "runs "));
    const ask = async (...args: readonly string[]) => {
      await using command = startSwarmProcess(directory, ["runs", ...args]);
      const code = await command.ended;
      return { code, lines: command.lines, text: command.text };
    };
    {
      await using swarm = startSwarmProcess(directory, [
        "--json",
        "run",
        "pauses",
        "--input",
        "ms=3000",
      ]);
      const { runId } = await swarm.seen("task.accepted");
      const run = String(runId);
      const [watched, shown, listed, unknown] = await Promise.all([
        ask("watch", run, "--json"),
        ask("show", run, "--json"),
        ask("ls", "--json"),
        ask("show", "nobody"),
      ]);
      expect(shown.lines[0]).toMatchObject({
        run,
        cascade: "pauses",
        status: "running",
        endedAt: null,
      });
      expect(listed.lines[0]).toMatchObject({
        runs: [{ run, cascade: "pauses", status: "running" }],
      });
      expect(watched.code).toBe(0);
      expect(watched.lines.at(-1)).toMatchObject({ run, status: "succeeded" });
      expect(await executionsOf(directory, run as RunId)).toHaveLength(4);
      expect(unknown).toMatchObject({ code: 2, text: ["error unknown-run: no run nobody"] });
    }
    expect(await ask("ls")).toMatchObject({ code: 5 });
    await rm(directory, { recursive: true, force: true });
  });
});
