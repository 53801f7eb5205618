import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { PublishedEvent } from "../../bus/messages.ts";
import type { RunId } from "../../core/ids.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { makePlace } from "../support/place.ts";
import { follow, startSwarmProcess } from "../support/swarm-process.ts";

const reads = (cache: string): string => `cascade: reads
inputs:
  - { name: item, type: any, default: 1 }
stages:
  - stage: read
    skill: read-text
    foreach: [a, "\${inputs.item}"]
    inputs: { path: texts, item: "\${item}" }
    cache: ${cache}
outputs: { results: "\${read.results}" }
`;

async function texts(directory: string, content: string): Promise<void> {
  await mkdir(join(directory, "texts"), { recursive: true });
  await writeFile(join(directory, "texts/a.txt"), content);
}

/** Runs the cascade to its end; what the cache said, and what the run resulted in. */
async function runOf(
  { client, directory }: InProcessSwarm,
  { cache = "true", item = 1 }: { readonly cache?: string; readonly item?: number } = {},
) {
  const job = { cascade: "reads", definition: reads(cache), inputs: { item }, directory };
  const { runId } = await client.submit(job);
  const { events, ended } = follow(client, runId);
  await ended;
  return { runId, events, said: said(events), tasks: tasksOf(events), output: outputOf(events) };
}

function said(events: readonly PublishedEvent[]): unknown {
  const event = events.find(({ type }) => type === "cache.missed" || type === "stage.reused");
  return event?.type === "stage.reused" ? { from: event.data["from"] } : event?.data["why"];
}

function tasksOf(events: readonly PublishedEvent[]): number {
  return events.filter(({ type }) => type === "task.succeeded").length;
}

function outputOf(events: readonly PublishedEvent[]): unknown {
  return events.at(-1)?.data["output"];
}

async function kept(swarm: InProcessSwarm, runId: RunId): Promise<void> {
  await vi.waitFor(async () => {
    const again = await runOf(swarm);
    expect(again.said).toEqual({ from: runId });
  });
}

describe("a stage with `cache`", () => {
  it("takes what an earlier run made of the same content, also after a take-over, and says why when there is none", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1 });
    const { directory } = swarm;
    await texts(directory, "one");
    const first = await runOf(swarm);
    expect(first).toMatchObject({ said: "no earlier result", tasks: 2 });
    await kept(swarm, first.runId);
    const second = await runOf(swarm);
    expect(second).toMatchObject({ said: { from: first.runId }, tasks: 0 });
    expect(second.output).toEqual(first.output);

    await texts(directory, "two");
    const third = await runOf(swarm);
    expect(third).toMatchObject({ said: `other files than in ${first.runId}`, tasks: 2 });
    expect(third.output).not.toEqual(first.output);
    await texts(directory, "one");
    expect(await runOf(swarm)).toMatchObject({ said: { from: first.runId }, tasks: 0 });

    const other = await runOf(swarm, { item: 2 });
    expect(other).toMatchObject({
      said: expect.stringMatching(/^other inputs than in /),
      tasks: 2,
    });
    const keyed = await runOf(swarm, { cache: '{ key: "${run.cascade}" }' });
    expect(keyed).toMatchObject({
      said: expect.stringMatching(/^other inputs than in /),
      tasks: 2,
    });

    await swarm.addCoordinator([swarm.coordinators[0]?.id ?? ""]);
    await swarm.coordinators[0]?.connection.close();
    await swarm.client.ready(AbortSignal.timeout(20_000));
    expect(await runOf(swarm)).toMatchObject({ said: { from: first.runId }, tasks: 0 });
  });

  it("takes nothing that is older than its `ttl`", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1 });
    await texts(swarm.directory, "one");
    const first = await runOf(swarm);
    await kept(swarm, first.runId);
    const late = await runOf(swarm, { cache: "{ ttl: 1ms }" });
    expect(late).toMatchObject({ said: `the result of ${first.runId} has expired`, tasks: 2 });
  });

  it("keeps nothing that was made of files which changed meanwhile", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1 });
    const { client, directory } = swarm;
    await texts(directory, "one");
    const definition = `cascade: waits
stages:
  - { stage: read, skill: read-text, inputs: { path: texts, wait_for: go }, cache: true }
`;
    const once = async (meanwhile: () => Promise<void>) => {
      const { runId } = await client.submit({ cascade: "waits", definition, directory });
      const { events, ended, reached } = follow(client, runId);
      await reached("stage.started");
      await vi.waitFor(() =>
        expect(swarm.lines).toContainEqual(
          expect.objectContaining({ event: "task.accepted", runId }),
        ),
      );
      await meanwhile();
      await writeFile(join(directory, "go"), "");
      await ended;
      await rm(join(directory, "go"));
      return { runId, said: said(events) };
    };
    const { runId } = await once(() => texts(directory, "two"));
    await vi.waitFor(() =>
      expect(swarm.lines).toContainEqual(
        expect.objectContaining({
          event: "cache.unkept",
          runId,
          why: "its files changed while it ran",
        }),
      ),
    );
    await texts(directory, "one");
    expect((await once(async () => {})).said).toBe("no earlier result");
  });
});

const SHOUT = (mark: string) =>
  `export const run = async ({ text }: { text: string }) => ({ loud: text.toUpperCase() + "${mark}" });\n`;
const PLACE = {
  "c.yaml": `cascade: own
stages:
  - { stage: a, skill: shout, inputs: { text: hello }, cache: true }
`,
  "skills/shout/SKILL.md": `---
name: shout
description: Makes a text loud.
metadata:
  version: "1.0.0"
  effects: none
  entry: run.mts
  inputs: |
    - { name: text, type: string }
  outputs: |
    - { name: loud, type: string }
---
`,
  "skills/shout/run.mts": SHOUT("!"),
};

describe("the cache on disk", () => {
  it("outlives the swarm, ends with the version of a skill, and is shown as CACHED", async () => {
    await using place = await makePlace(PLACE);
    const run = async () => {
      const args = ["run", "c.yaml", "--agents", "1", "--json", "--allow-project-skills"];
      await using swarm = startSwarmProcess(place.root, args);
      const code = await swarm.ended;
      const end = swarm.lines.find((line) => line["schemaVersion"] === 1);
      const event = swarm.lines.find(
        ({ event }) => event === "stage.reused" || event === "cache.missed",
      );
      return {
        code,
        output: end?.["output"],
        run: String(end?.["run"]),
        why: event?.["why"],
        from: event?.["from"],
      };
    };
    const first = await run();
    expect(first).toMatchObject({ code: 0, output: { loud: "HELLO!" }, why: "no earlier result" });
    expect(await run()).toMatchObject({ code: 0, output: { loud: "HELLO!" }, from: first.run });
    await writeFile(place.path("skills/shout/run.mts"), SHOUT("?"));
    expect(await readFile(place.path("skills/shout/run.mts"), "utf8")).toContain("?");
    const changed = await run();
    expect(changed).toMatchObject({
      output: { loud: "HELLO?" },
      why: `another version of shout than in ${first.run}`,
    });
  });
});
