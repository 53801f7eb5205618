import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { DeadLetter, DeadLetters } from "../../coordinator/client.ts";
import { startInProcessSwarm } from "../support/in-process-swarm.ts";
import { openTestAccess } from "../support/log-access.ts";
import { follow, startSwarmProcess } from "../support/swarm-process.ts";

const SOON = { timeout: 10_000, interval: 50 };

async function all(letters: DeadLetters): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  for await (const letter of letters.all()) found.push(letter);
  return found;
}

const broken = `cascade: broken
stages:
  - stage: work
    skill: misbehave
    inputs: { how: throw }
    error_handling: { strategy: fail }
`;

describe("the dead-letter list", () => {
  it("has tasks out of attempts, jobs that could not be runs as they came, and records that say neither", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1 });
    await using access = await openTestAccess(swarm.server);
    const { client, directory } = swarm;
    const { runId } = await client.submit({ cascade: "broken", definition: broken, directory });
    await follow(client, runId).ended;
    await vi.waitFor(
      async () => expect(await all(await client.deadLetters())).toHaveLength(1),
      SOON,
    );
    await access.jetstream.publish("cascade.jobs", "{no job");
    await vi.waitFor(
      async () => expect(await all(await client.deadLetters())).toHaveLength(2),
      SOON,
    );
    await access.jetstream.publish("cascade.dead.r1.work", "{}");
    const letters = await client.deadLetters();
    expect(await all(letters)).toMatchObject([
      { sequence: 3, kind: "unreadable" },
      { sequence: 2, kind: "job", queue: "default", job: { error: { code: "invalid-job" } } },
      { sequence: 1, kind: "task", task: { run: runId, stage: "work", index: 0, attempt: 1 } },
    ]);
    const job = await letters.get(2);
    expect(job.kind === "job" && Buffer.from(job.job.job, "base64").toString()).toBe("{no job");
    await letters.drop(2);
    expect((await all(letters)).map(({ sequence }) => sequence)).toEqual([3, 1]);
    await expect(letters.drop(2)).rejects.toMatchObject({ code: "unknown-letter" });
  });

  it("is shown, tried again and emptied from the command line", async () => {
    const directory = await mkdtemp(join(tmpdir(), "dead "));
    const ask = async (...args: readonly string[]) => {
      await using command = startSwarmProcess(directory, args);
      const code = await command.ended;
      return { code, lines: command.lines, text: command.text };
    };
    {
      await using swarm = startSwarmProcess(directory, ["up", "--agents", "1"]);
      await swarm.seen("coordinator.serving");
      const failed = await ask("--json", "run", "misbehaves", "--input", "how=throw");
      const run = (failed.lines.at(-1) as { run?: string })?.run;
      const listed = await ask("dead", "ls", "--json");
      expect(listed.lines[0]).toMatchObject({ letters: [{ number: 1, kind: "task", run }] });
      const again = await ask("dead", "retry", "1", "--json");
      expect(again.lines[0]).toMatchObject({ dropped: [1] });
      const second = (again.lines[0] as { run?: string }).run;
      expect(second).not.toBe(run);
      expect(await ask("runs", "watch", String(second), "--json")).toMatchObject({ code: 1 });
      expect((await ask("runs", "show", String(second), "--json")).lines[0]).toMatchObject({
        rerunOf: run,
        status: "failed",
      });
      expect(await ask("dead", "drop", "1")).toMatchObject({
        code: 2,
        text: [
          "error unknown-letter: no dead letter has the number 1",
          "  npm run cascade -- dead ls lists them",
        ],
      });
    }
    await rm(directory, { recursive: true, force: true });
  });
});
