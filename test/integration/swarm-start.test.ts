import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { startTestServer } from "../support/nats.ts";
import { isGone } from "../support/processes.ts";
import { clientOf, startSwarmProcess } from "../support/swarm-process.ts";

const root = resolve(import.meta.dirname, "../..");
const newDirectory = () => mkdtemp(join(tmpdir(), "cascade start "));
const execute = promisify(execFile);

describe("a swarm that cannot start", () => {
  it("says what its processes said, exits with 5 and leaves nothing behind", async () => {
    const directory = await newDirectory();
    await using swarm = startSwarmProcess(directory, ["up"], { CASCADE_SLOTS_HEAVY: "many" });
    expect(await swarm.ended).toBe(5);
    expect(swarm.text.join("\n")).toMatch(
      /^error restart-limit: agent-\d ended more than three times/,
    );
    expect(swarm.lines).toContainEqual(
      expect.objectContaining({
        event: "process.said",
        msg: expect.stringContaining("CASCADE_SLOTS_HEAVY=many is not a whole number"),
      }),
    );
    expect(swarm.pids().filter((pid) => !isGone(pid))).toEqual([]);
  });

  it("says so when nothing answers at NATS_URL, without showing its password", async () => {
    const directory = await newDirectory();
    await using swarm = startSwarmProcess(directory, ["up"], {
      NATS_URL: "nats://me:canary-92kd83k@127.0.0.1:1",
    });
    expect(await swarm.ended).toBe(5);
    expect(swarm.text.join("\n")).toMatch(/^error broker-unavailable: .*127\.0\.0\.1:1/);
    expect(`${swarm.text} ${JSON.stringify(swarm.lines)}`).not.toContain("canary-92kd83k");
    expect(swarm.lines).toEqual([]);
  });

  it("stops on Ctrl-C while its server is still being fetched", async () => {
    const directory = await newDirectory();
    const silent = createServer(() => {}); // a mirror that takes connections and says nothing
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as { readonly port: number };
    const mirror = `http://127.0.0.1:${port}`;
    await using swarm = startSwarmProcess(directory, ["up"], {
      NATS_SERVER_BIN: "",
      PATH: "/nowhere",
      XDG_CACHE_HOME: directory,
      CASCADE_NATS_RELEASES: mirror,
    });
    await swarm.seen("server.search");
    swarm.process.kill("SIGINT");
    expect(await swarm.ended).toBe(130);
    silent.close();
  });
});

describe("a swarm on a server that runs elsewhere", () => {
  it("starts coordinator and agents, and no server", async () => {
    await using server = await startTestServer();
    const directory = await newDirectory();
    const { url, user = "", password = "" } = server.address;
    const env = { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: password };
    await using swarm = startSwarmProcess(directory, ["up", "--agents", "1"], env);
    await swarm.seen("swarm.ready");
    const job = await execute(
      process.execPath,
      [join(root, "interfaces/cli/job.mjs"), "pauses", "ms=1"],
      { env: { ...process.env, ...env, INIT_CWD: directory } },
    );
    expect(job.stdout).toMatch(/^job \d+ stored/);
    await swarm.seen("run.succeeded");
    expect(swarm.lines.map((line) => line.event)).not.toContain("server.ready");
    expect(`${swarm.text} ${JSON.stringify(swarm.lines)}`).not.toContain(password);
  });
});

describe("one swarm a directory", () => {
  it("a second start joins it, shows its own run, and leaves it running", async () => {
    const directory = await newDirectory();
    await using first = startSwarmProcess(directory, ["up", "--agents", "1"]);
    await first.seen("swarm.ready");
    await using up = startSwarmProcess(directory, ["up"]);
    expect(await up.ended).toBe(0);
    expect(up.text.join("\n")).toContain("A swarm runs here already, at nats://127.0.0.1:");
    await using guest = startSwarmProcess(directory, ["run", "pauses", "--input", "ms=1"]);
    expect(await guest.ended).toBe(0);
    expect(guest.text.join("\n")).toContain("pauses succeeded");
    expect(guest.lines.map((line) => line.event)).not.toContain("process.started");
    await using client = await clientOf(directory);
    expect((await client.agents()).map((beat) => beat.agent)).toEqual(["agent-1"]);
  });

  it("a guest whose swarm is killed says so and exits with 5; its run goes on at the next start", async () => {
    const directory = await newDirectory();
    await using first = startSwarmProcess(directory, ["up", "--agents", "1"]);
    await first.seen("swarm.ready");
    await using guest = startSwarmProcess(directory, ["run", "pauses", "--input", "ms=700"]);
    const { runId } = await guest.seen("run.started");
    first.process.kill("SIGKILL");
    expect(await guest.ended).toBe(5);
    expect(guest.text.join("\n")).toContain("the swarm that was joined has ended");
    await using next = startSwarmProcess(directory, ["up", "--agents", "1"]);
    await next.seen("run.succeeded", (line) => line["runId"] === runId);
  });

  it("many starts at one instant give it one holder, over a lock that a killed process left", async () => {
    const directory = await newDirectory();
    await writeFile(join(directory, "supervisor.3.json"), '{"pid":4194305,"started":"1"}');
    const program = `
      import { takeLock } from ${JSON.stringify(join(root, "interfaces/cli/supervisor/lock.ts"))};
      process.stdin.once("data", () => console.log(takeLock(${JSON.stringify(directory)}).status));
      console.log("here");`;
    const racers = Array.from({ length: 8 }, () => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      return { child, said: async () => (await lines.next()).value as string };
    });
    await Promise.all(racers.map((racer) => racer.said()));
    for (const { child } of racers) child.stdin.write("go\n");
    const said = await Promise.all(racers.map((racer) => racer.said()));
    for (const { child } of racers) child.stdin.end();
    expect(said.sort()).toEqual([...Array(7).fill("held"), "taken"]);
    expect(await readdir(directory)).toEqual(["supervisor.4.json"]);
  });
});

describe("what a swarm writes", () => {
  it("is NDJSON and nothing else on a piped standard output, with the words for people beside it", async () => {
    const directory = await newDirectory();
    const child = spawn(
      process.execPath,
      [join(root, "interfaces/cli/bin.mjs"), "--agents", "1", directory],
      { env: { ...process.env, INIT_CWD: directory }, stdio: ["ignore", "pipe", "pipe"] },
    );
    let output = "";
    let words = "";
    child.stdout.on("data", (data: Buffer) => {
      output += String(data);
    });
    child.stderr.on("data", (data: Buffer) => {
      words += String(data);
    });
    await vi.waitFor(() => expect(words).toContain("The swarm waits for jobs"), 20_000);
    child.kill("SIGTERM");
    await once(child, "close");
    expect(words).toContain("code-quality-swarm succeeded");
    const events = output
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly event?: string }).event);
    expect(events).toContain("run.succeeded");
    expect(events.at(-1)).toBe("swarm.stopped");
  });

  it("ends in order when nobody reads it any more", async () => {
    const directory = await newDirectory();
    const child = spawn(process.execPath, [join(root, "interfaces/cli/bin.mjs"), "up"], {
      env: { ...process.env, INIT_CWD: directory },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let words = "";
    child.stderr.on("data", (data: Buffer) => {
      words += String(data);
    });
    const pids: number[] = [];
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
      const { event, pid } = JSON.parse(line) as { event: string; pid?: number };
      if (pid !== undefined) pids.push(pid);
      if (event === "swarm.ready") break;
    }
    child.stdout.destroy();
    process.kill(pids.at(-1) ?? 0, "SIGKILL"); // makes it write a line
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(130);
    expect(words).toContain("nobody reads the output");
    expect(pids.filter((pid) => !isGone(pid))).toEqual([]);
  });
});

describe("Ctrl-C during a one-shot", () => {
  it("ends it with 130, and the run goes on at the next start", async () => {
    const directory = await newDirectory();
    await using swarm = startSwarmProcess(
      directory,
      ["run", "pauses", "--input", "ms=600", "--agents", "1"],
      { CASCADE_DRAIN_MS: "100" },
    );
    const { runId } = await swarm.seen("task.accepted");
    swarm.process.kill("SIGINT");
    expect(await swarm.ended).toBe(130);
    expect(swarm.pids().filter((pid) => !isGone(pid))).toEqual([]);
    await using next = startSwarmProcess(directory, ["up", "--agents", "1"]);
    await next.seen("run.resumed", (line) => line["runId"] === runId);
    await next.seen("run.succeeded", (line) => line["runId"] === runId);
  });

  it("pressed twice ends everything at once", async () => {
    const directory = await newDirectory();
    await using swarm = startSwarmProcess(directory, [
      "run",
      "pauses",
      "--input",
      "ms=20000",
      "--agents",
      "1",
    ]);
    await swarm.seen("task.accepted");
    swarm.process.kill("SIGINT");
    await vi.waitFor(() => expect(swarm.text.join("\n")).toContain("once more"), 5_000);
    swarm.process.kill("SIGINT");
    expect(await swarm.ended).toBe(130);
    await vi.waitFor(() => expect(swarm.pids().filter((pid) => !isGone(pid))).toEqual([]), 2_000);
  });
});

describe("npm run job", () => {
  it.each([
    [[], 2, "error: no cascade: expected npm run job -- <cascade> [key=value ...]\n"],
    [["c", "path"], 2, "error: path: expected npm run job -- <cascade> [key=value ...]\n"],
    [["path=."], 2, /^error: no cascade: .*\n$/],
    [["c", "path=."], 5, /^error: no swarm took the job: .*nats\.json'\n$/],
  ])("%j without a swarm exits with one line", async (args, code, said) => {
    const env = { ...process.env, INIT_CWD: await newDirectory() };
    const failed = await execute(
      process.execPath,
      [join(root, "interfaces/cli/job.mjs"), ...args],
      { env },
    ).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code,
      stderr: typeof said === "string" ? said : expect.stringMatching(said),
    });
  });
});

it("the guard against an old Node.js has nothing that one could not read", async () => {
  const text = await readFile(join(root, "interfaces/cli/bin.mjs"), "utf8");
  expect(text).not.toMatch(/^import |\bawait\b(?! at)|\?\?|\?\./m);
});
