import { describe, expect, it } from "vitest";
import { parseStageId, type RunId } from "../../core/ids.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { openTestAccess } from "../support/log-access.ts";
import { follow } from "../support/swarm-process.ts";

const definition = `cascade: flow
inputs: [{ name: text, type: string }]
stages:
  - { stage: grow, transform: "\${inputs.text}" }
  - { stage: ask, approve: "Go on?" }
  - { stage: files, wait: { signal: uploaded }, needs: [grow] }
  - { stage: work, skill: pause, inputs: { ms: 1 }, needs: [ask, files] }
  - { stage: last, transform: { data: "\${files.data}", by: "\${ask.by}" } }
`;

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const gathered: string[] = [];
  for await (const line of lines) gathered.push(line.trimEnd());
  return gathered;
}

async function* read(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

async function submit(swarm: InProcessSwarm, key: string): Promise<RunId> {
  const inputs = { text: key + "x".repeat(70_000) };
  const job = { cascade: "flow", definition, directory: swarm.directory, inputs, key };
  return (await swarm.client.submit(job)).runId;
}

const answer = { stage: parseStageId("ask"), approved: true, by: "ann" } as const;
const uploaded = { v: 1, command: "signal", by: "ben", name: "uploaded", data: [1] } as const;

describe("a backup", () => {
  it("brings runs, memory, keys and what is learned to a fresh server, where unfinished runs go on", async () => {
    await using from = await startInProcessSwarm({ agents: 1 });
    await using to = await startInProcessSwarm({ agents: 0, coordinators: 0 });
    const ended = await submit(from, "ended");
    await from.client.command({ ...uploaded, run: ended, id: "1" });
    await follow(from.client, ended).reached("stage.paused", ({ data }) => data["stage"] === "ask");
    await from.client.approve(ended, answer);
    await follow(from.client, ended).ended;
    const open = await submit(from, "open");
    const paused = await submit(from, "paused");
    for (const run of [open, paused]) {
      const followed = follow(from.client, run);
      await followed.reached("stage.paused", ({ data }) => data["stage"] === "files");
      await followed.reached("stage.paused", ({ data }) => data["stage"] === "ask");
    }
    await from.client.command({ ...uploaded, run: open, id: "2" });
    await from.client.command({ v: 1, command: "pause", run: paused, by: "ann", reason: "moving" });
    const memory = await from.client.memory();
    const space = { kind: "global" } as const;
    const by = { kind: "person", name: "ann" } as never;
    const value = await memory.kept(JSON.stringify("y".repeat(70_000)));
    await memory.write({ space, key: "rules", value, by });
    const signal = AbortSignal.timeout(60_000);
    const before = await Promise.all(
      [ended, open, paused].map((run) => from.client.history(run, signal)),
    );

    const lines = await all(from.client.backup());
    expect(await to.client.checkBackup(read(lines), "file")).toMatchObject({ runs: 3, open: 2 });
    await to.client.restore(read(lines));
    await to.addCoordinator();
    await to.addAgent("agent-9");
    await to.client.ready(signal);

    const after = await Promise.all(
      [ended, open, paused].map((run) => to.client.history(run, signal)),
    );
    expect(after[0]).toEqual(before[0]);
    for (const index of [1, 2]) {
      expect(after[index]?.slice(0, before[index]?.length)).toEqual(before[index]);
    }
    const restored = await to.client.memory();
    const kept = await restored.read(space, "rules");
    expect(await restored.content(kept.entry?.value as never)).toBe("y".repeat(70_000));
    // The key of a job still makes no second run.
    const again = await submit(to, "ended").catch(({ code }: { code: string }) => code);
    expect([ended, "idempotency-conflict"]).toContain(again);
    await to.client.command({ v: 1, command: "approve", run: open, ...answer });
    const followed = follow(to.client, open);
    await followed.ended;
    expect(followed.events.at(-1)).toMatchObject({
      type: "run.succeeded",
      data: { output: { value: { data: [1], by: "ann" } } },
    });
    await to.client.command({ v: 1, command: "resume", run: paused, by: "ann" });
    await to.client.command({ v: 1, command: "approve", run: paused, ...answer });
    await to.client.command({ ...uploaded, run: paused, id: "3" });
    await follow(to.client, paused).ended;
    // From here on it is a store like any other, and no place for a backup.
    await expect(to.client.restore(read(lines))).rejects.toMatchObject({ code: "store-not-empty" });
  }, 90_000);

  it("is refused when it was changed, cut or is something else, before anything is written", async () => {
    await using from = await startInProcessSwarm({ agents: 0 });
    await submit(from, "one");
    const lines = await all(from.client.backup());
    const check = (changed: readonly string[]) => from.client.checkBackup(read(changed), "file");
    await expect(check(lines.slice(0, -1))).rejects.toMatchObject({ code: "record-corrupt" });
    await expect(check([...lines, "{}"])).rejects.toMatchObject({ code: "record-corrupt" });
    await expect(check(lines.toSpliced(1, 1))).rejects.toMatchObject({ code: "record-corrupt" });
    const flipped = lines.map((line) => line.replace('"kind":"open"', '"kind":"opem"'));
    await expect(check(flipped)).rejects.toMatchObject({ code: "record-corrupt" });
    await expect(check(["hello"])).rejects.toMatchObject({ code: "invalid-input" });
    await expect(check([])).rejects.toMatchObject({ code: "record-corrupt" });
    await using fresh = await startInProcessSwarm({ agents: 0, coordinators: 0 });
    await using access = await openTestAccess(fresh.server);
    const { state } = await access.manager.streams.info(access.subjects.streams.history);
    expect(state.messages).toBe(0);
  });
});
