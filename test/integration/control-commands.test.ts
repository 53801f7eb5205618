import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makePlace } from "../support/place.ts";
import { startSwarmProcess } from "../support/swarm-process.ts";

const CASCADE = `cascade: release
stages:
  - { stage: files, wait: { signal: uploaded } }
  - { stage: release, approve: "Release \${files.data.count} files?" }
  - { stage: ship, transform: "\${files.data}" }
`;

it("a run is paused, resumed, signalled, approved, explained, exported and compared from the command line", async () => {
  await using place = await makePlace({ "release.yaml": CASCADE });
  const directory = place.root;
  const ask = async (...args: readonly string[]) => {
    await using command = startSwarmProcess(directory, args);
    const code = await command.ended;
    return { code, lines: command.lines, text: command.text };
  };
  await using swarm = startSwarmProcess(directory, ["--json", "run", "release.yaml"]);
  const run = String((await swarm.seen("stage.paused"))["runId"]);
  expect(await ask("runs", "pause", run, "--reason", "to look", "--json")).toMatchObject({
    code: 0,
    lines: [{ run, paused: true }],
  });
  const data = JSON.stringify({ count: 3 });
  expect(await ask("runs", "signal", run, "uploaded", "--data", data, "--json")).toMatchObject({
    code: 0,
    lines: [{ run, signal: "uploaded" }],
  });
  expect(await ask("runs", "signal", run, "uploaded", "--data", "{")).toMatchObject({ code: 2 });
  expect((await ask("explain", run, "--json")).lines[0]).toMatchObject({
    run,
    status: "running",
    paused: { reason: "to look" },
    waits: [{ kind: "start", stage: "release" }],
  });
  expect((await ask("runs", "show", run, "--json")).lines[0]).toMatchObject({
    status: "running",
    pausedAt: expect.any(String),
  });
  expect(await ask("runs", "export", run, "run.ndjson")).toMatchObject({ code: 0 });
  expect(await ask("runs", "export", run, "run.ndjson")).toMatchObject({ code: 2 });
  expect(await ask("runs", "resume", run)).toMatchObject({ code: 0, text: [`resumed  ${run}`] });
  const asked = await swarm.seen("stage.paused", (line) => line["stageId"] === "release");
  expect(asked["message"]).toBe("Release 3 files?");
  const explained = (await ask("explain", run)).text.join("\n");
  const content = /--content ([0-9a-f]{12})/.exec(explained)?.[1] ?? "";
  expect(explained).toContain("release waits since");
  const wrong = await ask("runs", "approve", run, "release", "--content", "0123456789ab");
  expect(wrong.text[0]).toContain("error approval-mismatch");
  expect(await ask("runs", "approve", run, "release", "--content", content)).toMatchObject({
    code: 0,
  });
  expect(await swarm.ended).toBe(0);
  // The swarm is gone; the file tells how the run stood.
  const told = await ask("explain", "run.ndjson");
  expect(told.text[1]).toContain("It is paused since");
  const file = join(directory, "run.ndjson");
  await writeFile(file, (await readFile(file, "utf8")).replace("to look", "to luck"));
  expect((await ask("explain", "run.ndjson")).text[0]).toContain("error record-corrupt");
}, 180_000);

it("two runs are compared", async () => {
  await using place = await makePlace({
    "one.yaml":
      'cascade: one\ninputs: [{ name: a, type: integer, default: 1 }]\nstages:\n  - { stage: only, transform: "${inputs.a}" }\n',
  });
  const directory = place.root;
  await using swarm = startSwarmProcess(directory, ["up", "--agents", "1"]);
  await swarm.seen("coordinator.serving");
  const ids: string[] = [];
  for (const a of [1, 2]) {
    await using once = startSwarmProcess(directory, [
      "run",
      "one.yaml",
      "--input",
      `a=${a}`,
      "--json",
    ]);
    expect(await once.ended).toBe(0);
    ids.push(String(once.lines.find((line) => "runId" in line)?.["runId"]));
  }
  await using diff = startSwarmProcess(directory, ["runs", "diff", ...ids, "--json"]);
  expect(await diff.ended).toBe(0);
  expect(diff.lines[0]).toMatchObject({
    runs: { a: ids[0], b: ids[1] },
    plan: null,
    inputs: { a: { a: 1, b: 2 } },
    stages: [{ stage: "only", outputs: [0] }],
  });
}, 120_000);
