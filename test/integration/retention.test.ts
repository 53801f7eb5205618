import { describe, expect, it, vi } from "vitest";
import { parseStageId, type RunId } from "../../core/ids.ts";
import { openBlobs } from "../../store/blobs.ts";
import { openOpenRuns } from "../../store/open-runs.ts";
import { collectGarbage, RETENTION_TIMES } from "../../store/retention.ts";
import type { LogAccess } from "../../store/shard-log.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { openTestAccess } from "../support/log-access.ts";
import { follow } from "../support/swarm-process.ts";

const SOON = { timeout: 20_000, interval: 100 };
/** The output of its first stage, and its inputs, are too large to travel: both become objects. */
const large = `cascade: large
inputs: [{ name: mark, type: string }, { name: text, type: string }]
stages:
  - { stage: grow, transform: "\${inputs.mark}\${inputs.text}" }
  - { stage: last, transform: { mark: "\${inputs.mark}" } }
`;
const times = { ...RETENTION_TIMES, objectGraceMs: 0, settleMs: 0, keyMs: 0 };

async function finished(swarm: InProcessSwarm, mark: string): Promise<RunId> {
  const text = "x".repeat(70_000);
  const job = { cascade: "large", definition: large, directory: swarm.directory };
  const { runId } = await swarm.client.submit({ ...job, inputs: { mark, text }, key: mark });
  await follow(swarm.client, runId).ended;
  return runId;
}

/** LOG must have forgotten the runs: until then nobody collects them. */
async function collect(
  access: LogAccess,
  more: { readonly keep?: number; readonly isDryRun?: boolean; readonly olderThanMs?: number },
  expected: number,
) {
  const openRuns = await openOpenRuns(access);
  const options = { olderThanMs: 0, keep: 0, isDryRun: false, ...more };
  const at = { nowMs: Date.now() + 60_000, times, pause: async () => {} };
  const dry = { ...options, ...at, isDryRun: true };
  await vi.waitFor(async () => {
    expect((await collectGarbage(access, openRuns, dry)).runs).toHaveLength(expected);
  }, SOON);
  return collectGarbage(access, openRuns, { ...options, ...at });
}

describe("the collection of finished runs", () => {
  it("takes those that are finished with what only they refer to, and none that goes on", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    const { client, directory } = swarm;
    await using access = await openTestAccess(swarm.server);
    const nap =
      "cascade: nap\nstages:\n  - { stage: nap, wait: 1h }\n  - { stage: last, transform: 1 }\n";
    const open = (await client.submit({ cascade: "nap", definition: nap, directory })).runId;
    const first = await finished(swarm, "first");
    const second = await finished(swarm, "second");
    // The rerun takes the first stage of `first` over, with the object that holds its output.
    const stages = [parseStageId("last")];
    const rerun = (await client.submit({ cascade: "large", rerun: { run: first, from: stages } }))
      .runId;
    await follow(client, rerun).ended;
    const signal = AbortSignal.timeout(30_000);

    const dry = await collect(access, { keep: 1, isDryRun: true }, 2);
    expect(dry.runs.map(({ run }) => run).sort()).toEqual([first, second].sort());
    expect((await client.history(second, signal)).length).toBeGreaterThan(0);

    const done = await collect(access, { keep: 1 }, 2);
    expect(done).toMatchObject({ kept: 1, open: 1, keys: 2 });
    // Of `second`: its inputs and the output of `grow`. Those of `first` are the rerun's, too, and so is the plan.
    expect(done.objects).toBe(2);
    for (const run of [first, second]) {
      await expect(client.history(run, signal)).rejects.toMatchObject({ code: "unknown-run" });
    }
    const kept = await client.history(rerun, signal);
    const reused = kept.find(({ type }) => type === "stage.reused");
    const [output] = reused?.data["outputs"] as unknown as readonly [
      { blob: { name: string; bytes: number } },
    ];
    const blobs = await openBlobs(access.jetstream, access.subjects);
    expect(Buffer.from(await blobs.get(output.blob)).toString()).toContain("first");
    expect(await client.planOf(kept[0] as (typeof kept)[number])).toMatchObject({
      cascade: "large",
    });
    await client.command({ v: 1, command: "cancel", run: open, by: "ann", reason: "enough" });
    const followed = follow(client, open);
    await followed.ended;
    expect(followed.events.at(-1)?.type).toBe("run.cancelled");
    // A key whose run is gone may be used again.
    expect(await finished(swarm, "second")).not.toBe(second);
  });

  it("leaves what is young: runs by age, and objects that a task may be about to refer to", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    await using access = await openTestAccess(swarm.server);
    await finished(swarm, "only");
    await collect(access, { olderThanMs: 3_600_000 }, 0);
    const openRuns = await openOpenRuns(access);
    const request = { olderThanMs: 0, keep: 0, isDryRun: false, pause: async () => {} };
    const end = await vi.waitFor(async () => {
      const collected = await collectGarbage(access, openRuns, {
        ...request,
        nowMs: Date.now() + 1,
      });
      expect(collected.runs).toHaveLength(1);
      return collected;
    }, SOON);
    expect(end).toMatchObject({ objects: 0, keys: 0 });
  });
});
