import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { BusAddress } from "../../bus/connection.ts";
import { agentSkillFolders, openAgentScript, outcomesOf } from "../support/agent-script.ts";
import { startTestServer, type TestServer } from "../support/nats.ts";
import { makePlace } from "../support/place.ts";
import { isGone } from "../support/processes.ts";
import type { LogLine } from "../support/swarm-process.ts";

const root = resolve(import.meta.dirname, "../..");
const SOON = { timeout: 20_000, interval: 5 };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

interface AgentChild extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly lines: readonly LogLine[];
  readonly errors: readonly string[];
  readonly ended: Promise<number | string | null>;
  serving(): Promise<void>;
}

/** `agents/main.ts` as the supervisor or a person starts it, the leader of a process group of its own. */
function startAgent(env: Readonly<Record<string, string>>): AgentChild {
  const child = spawn(process.execPath, [join(root, "agents/main.ts")], {
    cwd: root,
    detached: true,
    env: { ...process.env, CASCADE_SKILLS: agentSkillFolders.join(":"), ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const lines: LogLine[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(JSON.parse(line) as LogLine);
  });
  createInterface({ input: child.stderr }).on("line", (line) => void errors.push(line));
  const ended = new Promise<number | string | null>((done) => {
    child.once("close", (code, signal) => done(signal ?? code));
  });
  return {
    process: child,
    lines,
    errors,
    ended,
    serving: () =>
      vi.waitFor(() => {
        if (!lines.some((line) => line.event === "agent.serving")) {
          throw new Error(`it does not serve yet: ${errors.join("\n")}`);
        }
      }, SOON),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function environmentOf(address: BusAddress): Record<string, string> {
  const { url, user = "", password = "" } = address;
  return { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: password };
}

describe("the agent process", () => {
  it("takes no task for a skill of the project that is not allowed", async () => {
    await using place = await makePlace({
      "skills/own/skill.yaml": "description: Answers.\nentry: run.mjs\n",
      "skills/own/run.mjs": "export const run = async () => ({ answer: 1 });\n",
    });
    await using script = await openAgentScript(server);
    const env = { ...environmentOf(server.address), INIT_CWD: place.root };
    await using wary = startAgent({ ...env, CASCADE_AGENT_ID: "wary" });
    await using bold = startAgent({
      ...env,
      CASCADE_AGENT_ID: "bold",
      CASCADE_ALLOW: "project-skills",
    });
    await Promise.all([wary.serving(), bold.serving()]);
    const results = script.takeResults();
    const task = script.taskOf(0, { skill: "own", inputs: {} });
    expect(await script.offer("wary", [task])).toMatchObject({ accepted: [], busy: [0] });
    expect(await script.offer("bold", [task])).toMatchObject({ accepted: [0], busy: [] });
    await vi.waitFor(() => expect(results).toHaveLength(1), SOON);
    expect(outcomesOf(results)).toEqual([{ index: 0, output: { value: { answer: 1 } } }]);
  });

  it("finishes and delivers what it holds on SIGTERM, then exits with 0", async () => {
    await using script = await openAgentScript(server);
    await using agent = startAgent({ ...environmentOf(server.address), CASCADE_AGENT_ID: "term" });
    await agent.serving();
    const results = script.takeResults();
    await script.offer("term", [script.taskOf(0, { inputs: { ms: 400 } })]);
    agent.process.kill("SIGTERM");
    expect(await agent.ended).toBe(0);
    expect(outcomesOf(results)).toEqual([{ index: 0, output: { value: { noted: "s/0 1 term" } } }]);
    expect(agent.lines.map((line) => line.event)).toEqual([
      "agent.serving",
      "agent.draining",
      "agent.left",
    ]);
    expect(agent.errors).toEqual([]);
  });

  it("exits with 0 when it is told over the bus to drain", async () => {
    await using script = await openAgentScript(server);
    await using agent = startAgent({ ...environmentOf(server.address), CASCADE_AGENT_ID: "told" });
    await agent.serving();
    await script.control("told", { v: 1, command: "drain" });
    expect(await agent.ended).toBe(0);
  });

  it("gives up what does not end within CASCADE_DRAIN_MS", async () => {
    await using script = await openAgentScript(server);
    await using agent = startAgent({
      ...environmentOf(server.address),
      CASCADE_AGENT_ID: "bounded",
      CASCADE_DRAIN_MS: "200",
    });
    await agent.serving();
    await script.offer("bounded", [
      script.taskOf(0, { skill: "misbehave", lane: "heavy", inputs: { how: "spin" } }),
    ]);
    agent.process.kill("SIGTERM");
    expect(await agent.ended).toBe(0);
  });

  it("stops at once on a second signal, whichever two they are", async () => {
    await using script = await openAgentScript(server);
    await using agent = startAgent({ ...environmentOf(server.address), CASCADE_AGENT_ID: "hasty" });
    await agent.serving();
    await script.offer("hasty", [script.taskOf(0, { inputs: { ms: 60_000 } })]);
    agent.process.kill("SIGTERM");
    await vi.waitFor(() => {
      expect(agent.lines.map((line) => line.event)).toContain("agent.draining");
    }, SOON);
    agent.process.kill("SIGINT");
    expect(await agent.ended).toBe(130);
  });

  it("ends within the drain time when the server is gone", async () => {
    await using own = await startTestServer();
    await using agent = startAgent({
      ...environmentOf(own.address),
      CASCADE_AGENT_ID: "orphan",
      CASCADE_DRAIN_MS: "300",
    });
    await agent.serving();
    await own.kill9();
    agent.process.kill("SIGTERM");
    expect(await agent.ended).toBe(0);
  });

  it("ends with its group when its parent's pipe closes, in the middle of a task", async () => {
    await using script = await openAgentScript(server);
    await using agent = startAgent({
      ...environmentOf(server.address),
      CASCADE_AGENT_ID: "child",
      CASCADE_PARENT_PIPE: "1",
    });
    await agent.serving();
    await script.offer("child", [script.taskOf(0, { inputs: { ms: 60_000 } })]);
    agent.process.stdin?.end();
    expect(await agent.ended).toBe("SIGKILL");
    expect(isGone(agent.process.pid ?? 0)).toBe(true);
  });

  it.each([
    {
      promise: "says where it looked when there is no swarm",
      env: { INIT_CWD: "" },
      line: /^agent: no swarm runs in .+: there is no \.cascade\/nats\.json$/,
    },
    {
      promise: "says which setting it does not understand",
      env: { CASCADE_SLOTS_HEAVY: "many", NATS_URL: "server" },
      line: /^agent: CASCADE_SLOTS_HEAVY=many is not a whole number$/,
    },
    {
      promise: "says which id cannot be one",
      env: { CASCADE_AGENT_ID: "a.b", NATS_URL: "server" },
      line: /^agent: agent id "a\.b" is not a token$/,
    },
  ])("$promise, and exits with 5", async ({ env, line }) => {
    const directory = await mkdtemp(join(tmpdir(), "cascade agent "));
    const url = env.NATS_URL === "server" ? environmentOf(server.address) : {};
    await using agent = startAgent({ ...env, INIT_CWD: directory, ...url });
    expect(await agent.ended).toBe(5);
    expect(agent.errors).toEqual([expect.stringMatching(line)]);
    await rm(directory, { recursive: true });
  });
});
