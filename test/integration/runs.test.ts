import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { Job } from "../../bus/messages.ts";
import type { SwarmError } from "../../core/errors.ts";
import { parseStageId, type RunId } from "../../core/ids.ts";
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
    const asks = "cascade: ask\nstages:\n  - { stage: person, approve: Go on? }\n";
    await writeFile(join(directory, "ask.yaml"), asks);
    const ask = async (...args: readonly string[]) => {
      await using command = startSwarmProcess(directory, ["runs", ...args]);
      const code = await command.ended;
      return { code, lines: command.lines, text: command.text };
    };
    {
      await using swarm = startSwarmProcess(directory, ["--json", "run", "ask.yaml"]);
      const run = String((await swarm.seen("stage.paused"))["runId"]);
      await using watching = startSwarmProcess(directory, ["runs", "watch", run, "--json"]);
      expect((await ask("show", run, "--json")).lines[0]).toMatchObject({
        run,
        cascade: "ask",
        status: "running",
        endedAt: null,
        stages: [{ id: "person", status: "paused", waitsFor: "an approval: Go on?" }],
      });
      expect((await ask("ls", "--json")).lines[0]).toMatchObject({
        runs: [{ run, cascade: "ask", status: "running" }],
      });
      expect(await ask("show", "nobody")).toMatchObject({
        code: 2,
        text: ["error unknown-run: no run nobody"],
      });
      expect(await ask("approve", run, "person")).toMatchObject({ code: 0 });
      expect(await watching.ended).toBe(0);
      expect(watching.lines.at(-1)).toMatchObject({ run, status: "succeeded" });
      expect(await swarm.ended).toBe(0);
    }
    expect(await ask("ls")).toMatchObject({ code: 5 });
    await rm(directory, { recursive: true, force: true });
  });
});

describe("a rerun", () => {
  const definition = `cascade: build
inputs:
  - { name: mode, type: string, default: fails }
stages:
  - { stage: first, skill: pause, inputs: { ms: 1, item: "\${inputs.mode}" } }
  - { stage: check, transform: { ok: '\${inputs.mode == "works"}' } }
  - { stage: gated, skill: pause, when: "check.ok", inputs: { ms: 1 } }
  - { stage: last, transform: "\${first.noted}", gate: check.ok }
`;

  it("takes over what an earlier run did, does the rest with the inputs that differ, and outlives a take-over", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 2 });
    await swarm.evenShares();
    const { client, directory } = swarm;
    const { runId } = await client.submit({ cascade: "build", definition, directory });
    const failed = follow(client, runId);
    await failed.ended;
    expect(failed.events.at(-1)?.type).toBe("run.failed");
    const again = await client.submit({
      cascade: "build",
      inputs: { mode: "works" },
      rerun: { run: runId, from: [parseStageId("check")] },
    });
    const run = follow(client, again.runId);
    await run.ended;
    expect(run.events[0]?.data).toMatchObject({ rerunOf: runId, directory });
    expect(run.events[1]).toMatchObject({
      type: "stage.reused",
      data: { stage: "first", from: runId },
    });
    expect(run.events.at(-1)).toMatchObject({
      type: "run.succeeded",
      data: { output: { value: "first/0 1 agent-1" } },
    });
    expect(await executionsOf(directory, again.runId)).toEqual(["gated/0 1 agent-1"]);
    await (await swarm.ownerOf(again.runId)).connection.close();
    const third = await client.submit({
      cascade: "build",
      inputs: { mode: "works" },
      rerun: { run: again.runId, from: [parseStageId("gated")] },
    });
    const last = follow(client, third.runId);
    await last.ended;
    const reused = last.events.filter(({ type }) => type === "stage.reused");
    expect(reused.map(({ data }) => data["stage"])).toEqual(["first", "check"]);
    expect(last.events.at(-1)?.type).toBe("run.succeeded");
  });

  it("is refused for a run that there is none of, and for another cascade", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1 });
    const { client, directory } = swarm;
    const refusal = (job: Job) => client.submit(job).catch((error: SwarmError) => error.code);
    const rerun = { run: "r0-none" as RunId };
    expect(await refusal({ cascade: "pauses", rerun })).toBe("unknown-run");
    const { runId } = await client.submit({ cascade: "quick", definition: quick, directory });
    await follow(client, runId).ended;
    expect(await refusal({ cascade: "pauses", rerun: { run: runId } })).toBe("invalid-job");
    expect(await refusal({ cascade: "quick", rerun: { run: runId } })).toBe("invalid-job");
    expect(await refusal({ cascade: "quick", definition: quick, rerun: { run: runId } })).toBe(
      "invalid-job",
    );
  });
});
