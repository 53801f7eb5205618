import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Era, type McpConnection, openMcp } from "../support/mcp-client.ts";
import { isGone } from "../support/processes.ts";

const root = resolve(import.meta.dirname, "../..");
const SOON = { timeout: 30_000, interval: 100 };

const GREETING = `cascade: greeting
description: Greets somebody.
inputs: [{ name: who, default: you }]
stages:
  - { stage: hello, transform: "\${'hello ' + inputs.who}" }
`;
const RELEASE = `cascade: release
stages:
  - { stage: ask, approve: Go on? }
  - { stage: done, transform: released }
`;

/** The pids of all processes that a swarm of the directory ever had, from its log. */
async function pidsOf(directory: string): Promise<readonly number[]> {
  const folder = join(directory, ".cascade/logs");
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")),
  );
  const started = texts
    .join("")
    .split("\n")
    .filter((line) => /"event":"(process.started|server.ready)"/.test(line));
  return started.map((line) => (JSON.parse(line) as { readonly pid: number }).pid);
}

it.each<Era>([
  "2025-11-25",
  "2026-07-28",
])("a client of the protocol %s lists the tools and runs a cascade, and reads nothing but the protocol", async (era) => {
  await using server = await openMcp({ era });
  await writeFile(join(server.directory, "greeting.yaml"), GREETING);
  const { tools } = await server.client.listTools();
  expect(tools.map(({ name }) => name)).toContain("cascade_run");
  const progress: (string | undefined)[] = [];
  const result = await server.client.callTool(
    { name: "cascade_run", arguments: { cascade: "pauses", inputs: { ms: 1 }, wait: true } },
    { timeout: 60_000, onprogress: ({ message }) => progress.push(message) },
  );
  expect(result.structuredContent).toMatchObject({ cascade: "pauses", status: "succeeded" });
  expect(progress.at(0)).toBe("run.started");
  expect(progress).toContain("stage.succeeded fourth");
  expect(
    await server.call("cascade_run", {
      ...{ cascade: "greeting.yaml", inputs: { who: "me" }, wait: true },
    }),
  ).toMatchObject({ cascade: "greeting", status: "succeeded", output: "hello me", error: null });
  expect(server.errors).toEqual([]);
  // Not a promise: on a busy machine everything takes longer.
  process.stdout.write(`connected within ${Math.round(server.connectMs)} ms (${era})\n`);
});

describe("the tools", () => {
  let server: McpConnection;

  beforeAll(async () => {
    server = await openMcp();
    await writeFile(join(server.directory, "greeting.yaml"), GREETING);
    await writeFile(join(server.directory, "release.yaml"), RELEASE);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  async function ended(run: unknown): Promise<Record<string, unknown>> {
    return server.call("run_status", { run, wait: true, timeoutSeconds: 30 });
  }

  it("say before any swarm is there that there is none, and start none by looking", async () => {
    expect(await server.call("swarm_status")).toMatchObject({ active_swarms: 0, swarms: [] });
    expect(await server.call("agent_list")).toMatchObject({ total_agents: 0, agents: [] });
    expect(await server.call("neural_status")).toMatchObject({ available: false, learned: [] });
    expect(await server.refused("swarm_monitor")).toBe("coordinator-unavailable");
    expect(await readdir(server.directory)).not.toContain(".cascade");
  });

  it("list, check and plan cascades and skills", async () => {
    const { cascades } = await server.call("cascade_list");
    expect((cascades as { name: string }[]).map(({ name }) => name)).toContain("pauses");
    expect(await server.call("cascade_validate", { cascade: "greeting.yaml" })).toEqual({
      valid: true,
      problems: [],
    });
    expect(
      await server.call("cascade_validate", { definition: "cascade: x\nstages: []\n" }),
    ).toMatchObject({
      valid: false,
      problems: [{ severity: "error", code: "invalid-cascade", line: 2 }],
    });
    expect(await server.call("cascade_plan", { cascade: "pauses" })).toMatchObject({
      cascade: "pauses",
      stageCount: 4,
    });
    expect(await server.call("skill_list", { name: "pause" })).toMatchObject({
      skills: [{ name: "pause", state: "used" }],
    });
  });

  it("write HELLO to out.txt: the file is there, and its text", async () => {
    const task = await server.call("task_orchestrate", { task: "write HELLO to out.txt" });
    expect(task).toMatchObject({
      status: "orchestrated",
      strategy: "adaptive",
      priority: "medium",
      orchestration: { carried_out_by: "write-file", priority_applied: false },
    });
    const path = join(server.directory, "out.txt");
    expect(await ended(task["taskId"])).toMatchObject({
      status: "succeeded",
      output: { step1: { bytes: 5, changed: true } },
    });
    expect(await readFile(path, "utf8")).toBe("HELLO");
    const { taskId } = task;
    expect(await server.call("task_status", { taskId })).toMatchObject({
      id: taskId,
      status: "completed",
      assignedAgents: [expect.stringMatching(/^agent-[12]$/)],
      progress: 1,
      execution_time_ms: expect.any(Number),
    });
    expect(await server.call("task_results", { taskId, format: "detailed" })).toMatchObject({
      task_id: taskId,
      status: "completed",
      execution_summary: { success: true, error_message: null, result_entries: 1 },
      agent_results: [{ agent_id: expect.any(String), output: { bytes: 5 } }],
    });
  });

  it("never write outside of the directory, nor over a file without being told to", async () => {
    const { taskId } = await server.call("task_orchestrate", { task: "write X to ../out.txt" });
    expect(await ended(taskId)).toMatchObject({ status: "failed", error: { code: "not-allowed" } });
    const again = await server.call("task_orchestrate", { task: "write BYE to out.txt" });
    expect(await ended(again["taskId"])).toMatchObject({ status: "failed" });
    expect(await readFile(join(server.directory, "out.txt"), "utf8")).toBe("HELLO");
    expect(await server.refused("cascade_run", { cascade: "../greeting.yaml" })).toBe(
      "not-allowed",
    );
    expect(
      await server.refused("cascade_run", { cascade: "code-quality-swarm", inputs: { path: "/" } }),
    ).toBe("not-allowed");
  });

  it("run a cascade that a task names, and refuse what only a model could do", async () => {
    const task = await server.call("task_orchestrate", { task: "run pauses with ms=1" });
    expect(task).toMatchObject({ orchestration: { carried_out_by: "cascade", cascade: "pauses" } });
    expect(await ended(task["taskId"])).toMatchObject({ status: "succeeded" });
    expect(await server.refused("task_orchestrate", { task: "sing a song" })).toBe("no-model");
  });

  it("follow, rerun, cancel and approve runs", async () => {
    const long = await server.call("cascade_run", { cascade: "pauses", inputs: { ms: 60_000 } });
    expect(long).toEqual({ run: expect.any(String), cascade: "pauses", status: "accepted" });
    const { run } = long;
    expect(await server.call("run_status", { run, wait: true, timeoutSeconds: 1 })).toMatchObject({
      status: "running",
      durationMs: null,
    });
    expect(await server.call("run_list", { status: "running" })).toMatchObject({ runs: [{ run }] });
    expect(await server.call("run_pause", { run })).toEqual({ run, paused: true });
    expect(await server.call("run_resume", { run })).toEqual({ run, paused: false });
    expect(await server.call("run_cancel", { run })).toEqual({ run, status: "cancelled" });
    expect(await server.refused("run_pause", { run })).toBe("run-ended");
    expect(await server.refused("run_cancel", { run })).toBe("usage");
    expect(await server.call("run_logs", { run, limit: 1 })).toMatchObject({
      events: [{ event: "run.cancelled", run }],
    });
    const again = await server.call("run_rerun", { run, inputs: { ms: 1 } });
    expect(again).toMatchObject({ status: "accepted", rerunOf: run });
    expect(await ended(again["run"])).toMatchObject({ status: "succeeded" });

    const release = await server.call("cascade_run", { cascade: "release.yaml" });
    await vi.waitFor(async () => {
      const { stages } = await server.call("run_status", { run: release["run"] });
      expect(stages).toMatchObject([{ status: "paused" }, {}]);
    }, SOON);
    const answer = { run: release["run"], stage: "ask", approved: true };
    expect(await server.refused("run_approve", { ...answer, stage: "done" })).toBe("usage");
    expect(await server.call("run_approve", answer)).toEqual(answer);
    expect(await ended(release["run"])).toMatchObject({ output: "released" });
  });

  it("tell of the swarm as it is, with null for what is not known", async () => {
    const swarm = await server.call("swarm_init", {
      ...{ topology: "ring", maxAgents: 3, strategy: "specialized" },
    });
    expect(swarm).toMatchObject({
      topology: "ring",
      maxAgents: 3,
      strategy: "specialized",
      agents: 2,
    });
    // Two at once where one has room: the second is refused, and takes no name of the first.
    const [spawned, refusal] = await Promise.all([
      server.call("agent_spawn", { type: "coder", name: "Ada" }),
      server.refused("agent_spawn", { type: "coder" }),
    ]);
    expect(refusal).toBe("limit-exceeded");
    const onLinux = process.platform === "linux";
    expect(spawned).toMatchObject({
      agent: { id: "agent-3", name: "Ada", type: "coder", cognitive_pattern: null, status: "idle" },
      swarm_info: { id: swarm["id"], agent_count: 3, capacity: "3/3" },
    });
    expect(isGone((spawned["agent"] as { pid: number }).pid)).toBe(false);
    expect(await server.refused("agent_spawn", { type: "coder" })).toBe("limit-exceeded");
    expect(await server.call("agent_list", { filter: "idle" })).toMatchObject({ total_agents: 3 });
    expect(await server.call("swarm_status", { verbose: true })).toMatchObject({
      active_swarms: 1,
      swarms: [
        { id: swarm["id"], topology: "ring", owned: true, status: { agents: { total: 3 } } },
      ],
    });
    expect(await server.call("agent_metrics", { agentId: "agent-3" })).toMatchObject({
      agents: [
        {
          agent_id: "agent-3",
          agent_name: "Ada",
          memory: { memory_usage_mb: onLinux ? expect.any(Number) : null },
          tasks: { succeeded: 0, failed: 0 },
          performance: { task_completion_rate: null, avg_response_time_ms: null },
        },
      ],
    });
    const sampled = await server.call("swarm_monitor", { duration: 1, interval: 0.5 });
    expect(sampled).toMatchObject({
      samples: [{ agents: { total: 3 } }, { agents: { total: 3 } }],
    });
    const usage = await server.call("memory_usage", { detail: "by-agent" });
    expect(usage["agents"]).toHaveLength(3);
    expect(await server.call("memory_usage")).toMatchObject({ wasm_mb: null });
    expect(await server.call("features_detect", { category: "platform" })).toEqual({
      platform: { platform: process.platform, arch: process.arch, node: process.version },
    });
    expect(await server.call("daa_agent_create", { id: "x" }).catch(String)).toContain(
      "limit-exceeded",
    );
    expect(await server.call("daa_performance_metrics")).toMatchObject({ total_agents: 3 });
  });

  it("measure the swarm by real runs, and what was learned of agents comes from them", async () => {
    const measured = await server.call("benchmark_run", { iterations: 3 });
    const times = { runs: 3, avg_ms: expect.any(Number), min_ms: expect.any(Number) };
    expect(measured["results"]).toEqual({
      swarm: { ...times, median_ms: expect.any(Number), max_ms: expect.any(Number) },
      agent: { ...times, median_ms: expect.any(Number), max_ms: expect.any(Number) },
      task: { tasks: 3, total_ms: expect.any(Number), tasks_per_second: expect.any(Number) },
      wasm: { measured: false, reason: expect.any(String) },
    });
    expect(await server.refused("benchmark_run", { type: "wasm" })).toBe("not-supported");
    await vi.waitFor(async () => {
      const { learned } = await server.call("neural_status");
      expect(learned).toContainEqual(expect.objectContaining({ skill: "write-file" }));
    }, SOON);
    const { patterns } = await server.call("neural_patterns");
    expect((patterns as { skill: string }[]).map(({ skill }) => skill)).toContain("write-file");
    expect(await server.call("daa_learning_status")).toMatchObject({ available: true });
  });

  it("make and run a workflow whose steps wait for each other", async () => {
    const made = await server.call("daa_workflow_create", {
      ...{ id: "w1", name: "two-files" },
      steps: [
        { id: "b", task: "write two to two.txt" },
        { id: "a", task: "write one to one.txt" },
      ],
      dependencies: { b: ["a"] },
    });
    expect(made).toMatchObject({ workflow_id: "w1", total_steps: 2 });
    const { execution_id: run } = await server.call("daa_workflow_execute", { workflowId: "w1" });
    expect(await ended(run)).toMatchObject({ cascade: "two-files", status: "succeeded" });
    const { events } = await server.call("run_logs", { run });
    const stages = (events as { event: string; stage?: string }[])
      .filter(({ event }) => event === "stage.succeeded")
      .map(({ stage }) => stage);
    expect(stages).toEqual(["a", "b", "outputs"]);
    expect(await server.refused("daa_workflow_execute", { workflowId: "w2" })).toBe(
      "unknown-cascade",
    );
  });

  it("keep values that stages and other clients read", async () => {
    const key = { key: "plan", namespace: "team" };
    await server.call("memory", { action: "store", ...key, value: { steps: [1, 2] } });
    expect(await server.call("memory", { action: "retrieve", ...key })).toMatchObject({
      key: "team/plan",
      found: true,
      value: { steps: [1, 2] },
    });
    expect(await server.call("memory", { action: "list", namespace: "team" })).toMatchObject({
      total: 1,
    });
    expect(await server.call("memory", { action: "search", pattern: "STEPS" })).toMatchObject({
      entries: [{ key: "team/plan" }],
    });
    expect(await server.call("memory", { action: "delete", ...key })).toMatchObject({
      found: true,
    });
    expect(await server.call("memory", { action: "retrieve", ...key })).toMatchObject({
      found: false,
      value: null,
    });
    expect(await server.refused("memory", { action: "store", key: "x" })).toBe("missing-input");
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["run_status", { run: "nope" }, "unknown-run"],
    ["run_status", { run: "no pe" }, "unknown-run"],
    ["task_results", { taskId: "nope" }, "unknown-run"],
    ["task_status", { taskId: "nope" }, "unknown-run"],
    ["agent_metrics", { agentId: "nobody" }, "invalid-input"],
    ["neural_status", { agentId: "nobody" }, "invalid-input"],
    ["swarm_init", { topology: "blob" }, "invalid-input"],
    ["agent_spawn", { type: "wizard" }, "invalid-input"],
    ["task_orchestrate", { task: "x", strategy: "fast" }, "invalid-input"],
    ["task_status", { task_id: "x" }, "invalid-input"],
    ["cascade_run", { cascade: "nothing" }, "unknown-cascade"],
    ["cascade_run", { cascade: "greeting.yaml", inputs: { whom: "me" } }, "unknown-input"],
    ["skill_list", { name: "nothing" }, "unknown-skill"],
    ["neural_train", {}, "not-supported"],
    ["neural_patterns", { pattern: "lateral" }, "not-supported"],
    ["daa_meta_learning", {}, "not-supported"],
    ["daa_init", {}, "not-supported"],
  ])("%s %j is refused: %s", async (name, input, code) => {
    expect(await server.refused(name, input)).toBe(code);
  });

  it("are refused as the protocol says when there are none of that name", async () => {
    await expect(server.client.callTool({ name: "swarm_destroy" })).rejects.toThrow("no tool");
  });

  it("have prompts for cascades, and resources for cascades, skills and runs, beside them", async () => {
    const { prompts } = await server.client.listPrompts();
    expect(prompts).toContainEqual({
      name: "pauses",
      description: "Runs the cascade pauses",
      arguments: [{ name: "ms", description: "(integer, 200 when left out)", required: false }],
    });
    const prompt = await server.client.getPrompt({ name: "pauses", arguments: { ms: "5" } });
    expect(JSON.stringify(prompt.messages)).toContain(
      'cascade_run with {\\"cascade\\":\\"pauses\\"',
    );
    await expect(
      server.client.getPrompt({ name: "pauses", arguments: { m: "5" } }),
    ).rejects.toThrow("unknown-input");
    const { run } = await server.call("cascade_run", {
      ...{ cascade: "greeting.yaml", wait: true },
    });
    const { resources } = await server.client.listResources();
    const uris = resources.map(({ uri }) => uri);
    expect(uris).toEqual(
      expect.arrayContaining([
        "cascade://cascades/pauses",
        "cascade://skills/write-file",
        `cascade://runs/${String(run)}`,
      ]),
    );
    const read = async (uri: string): Promise<unknown> => {
      const { contents } = await server.client.readResource({ uri });
      return (contents[0] as { readonly text?: string }).text;
    };
    expect(await read("cascade://cascades/pauses")).toContain("cascade: pauses");
    expect(await read("cascade://skills/write-file")).toContain("name: write-file");
    expect(await read(`cascade://runs/${String(run)}/output`)).toBe('"hello you"');
    expect(await read(`cascade://runs/${String(run)}/events`)).toContain("run.succeeded");
    await expect(read(`cascade://runs/${String(run)}/report.md`)).rejects.toThrow();
    await expect(read("cascade://runs/nope")).rejects.toThrow("unknown-run");
    await expect(read("cascade://skills/..%2f..")).rejects.toThrow("unknown-skill");
    expect(server.errors).toEqual([]);
  });
});

it("the command line of docs/mcp.md works from any directory, with npm's own lines kept away", async () => {
  const page = await readFile(join(root, "docs/mcp.md"), "utf8");
  const [, line = ""] = /claude mcp add cascade -- (npm [^`]*mcp)`/.exec(page) ?? [];
  const [command = "", ...args] = line.replace("<clone>", root).split(" ");
  await using server = await openMcp({ command: { command, args: [...args, "--agents", "1"] } });
  const task = await server.call("task_orchestrate", { task: "write HELLO to out.txt" });
  const { taskId: run } = task;
  expect(await server.call("run_status", { run, wait: true })).toMatchObject({
    status: "succeeded",
  });
  expect(await readFile(join(server.directory, "out.txt"), "utf8")).toBe("HELLO");
  expect(server.errors).toEqual([]);
});

it("two servers in one directory share one swarm; the one that is left starts its own, and finds what was kept", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cascade mcp "));
  await using first = await openMcp({ directory });
  await using second = await openMcp({ directory });
  const { id } = await first.call("swarm_init", { topology: "mesh" });
  const { run } = await first.call("cascade_run", {
    ...{ cascade: "pauses", inputs: { ms: 1 }, wait: true },
  });
  expect(await second.call("swarm_init", { topology: "star" })).toMatchObject({ id, agents: 2 });
  expect(await second.refused("agent_spawn", { type: "coder" })).toBe("not-supported");
  expect(await second.call("task_status", { taskId: run })).toMatchObject({ status: "completed" });
  expect(await second.call("memory_usage")).toMatchObject({ wasm_mb: null });
  await first.client.close();
  await vi.waitFor(async () => {
    const { swarms } = await second.call("swarm_status");
    expect(swarms).toEqual([]);
  }, SOON);
  expect(await second.call("run_status", { run })).toMatchObject({ status: "succeeded" });
  expect(await second.call("swarm_status")).toMatchObject({ swarms: [{ owned: true }] });
  await second.client.close();
  const pids = await pidsOf(directory);
  await vi.waitFor(() => expect(pids.filter((pid) => !isGone(pid))).toEqual([]), SOON);
  await rm(directory, { recursive: true, force: true });
});

it("a client that is killed in the middle of a run leaves no process behind, and has read nothing but the protocol", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cascade mcp "));
  const messages = [
    {
      ...{ jsonrpc: "2.0", id: 1, method: "initialize" },
      params: {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: { name: "t", version: "1" },
      },
    },
    { jsonrpc: "2.0", method: "notifications/initialized" },
    {
      ...{ jsonrpc: "2.0", id: 2, method: "tools/call" },
      params: { name: "cascade_run", arguments: { cascade: "pauses", inputs: { ms: 60_000 } } },
    },
  ];
  // The client is a process of its own, which starts the server as clients do and then only reads.
  const program = `
    const child = require("node:child_process").spawn(process.execPath, [${JSON.stringify(join(root, "interfaces/cli/bin.mjs"))}, "mcp", "--agents", "1"], { stdio: ["pipe", "pipe", "ignore"] });
    console.log(child.pid);
    child.stdout.pipe(process.stdout);
    for (const message of ${JSON.stringify(messages)}) child.stdin.write(JSON.stringify(message) + "\\n");
  `;
  const client = spawn(process.execPath, ["-e", program], {
    cwd: directory,
    env: {
      ...process.env,
      INIT_CWD: directory,
      CASCADE_SKILLS: join(root, "test/support/skills"),
      CASCADE_CASCADES: join(root, "test/support/cascades"),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  createInterface({ input: client.stdout }).on("line", (line) => lines.push(line));
  await vi.waitFor(() => expect(lines.join("\n")).toContain('"status":"accepted"'), SOON);
  client.kill("SIGKILL");
  // Clients skip lines that are none of the protocol; a stricter one must find none.
  const answers = lines.slice(1).map((line) => JSON.parse(line) as { readonly jsonrpc: string });
  expect(answers.map(({ jsonrpc }) => jsonrpc)).toEqual(["2.0", "2.0"]);
  const pids = [Number(lines[0]), ...(await pidsOf(directory))];
  expect(pids.length).toBeGreaterThanOrEqual(4);
  await vi.waitFor(() => expect(pids.filter((pid) => !isGone(pid))).toEqual([]), SOON);
  await rm(directory, { recursive: true, force: true });
});

it("with a model, a task in any words is answered by it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mcp script "));
  const script = join(folder, "answers.json");
  await writeFile(script, JSON.stringify({ v: 1, answers: [{ when: "sing", text: "la la la" }] }));
  await using server = await openMcp({ agents: 1, env: { CASCADE_MODEL_SCRIPT: script } });
  const task = await server.call("task_orchestrate", { task: "sing a song" });
  expect(task).toMatchObject({ orchestration: { carried_out_by: "prompt" } });
  const { taskId: run } = task;
  expect(await server.call("run_status", { run, wait: true })).toMatchObject({
    status: "succeeded",
    output: { step1: { text: "la la la", is_scripted: true } },
  });
  await rm(folder, { recursive: true, force: true });
});
