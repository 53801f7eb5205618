import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openBus, readAddress } from "../../bus/connection.ts";
import { freePort } from "../../bus/server/ports.ts";
import type { Check } from "../../interfaces/cli/doctor/check.ts";
import { endOfCommand, STARTS_MS } from "../support/command.ts";
import { testServerBinaries } from "../support/nats.ts";
import { clientOf, type SwarmProcess, startSwarmProcess } from "../support/swarm-process.ts";

const newDirectory = () => mkdtemp(join(tmpdir(), "cascade permissions "));
const root = resolve(import.meta.dirname, "../..");

async function permissionsCheck(directory: string): Promise<Check | undefined> {
  const { stdout } = await endOfCommand(directory, ["doctor", "--json"]);
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly Check[] };
  return checks.find(({ name }) => name === "permissions");
}

describe("a swarm with a server of its own", { timeout: 2 * STARTS_MS }, () => {
  let directory: string;
  let swarm: SwarmProcess;
  beforeAll(async () => {
    directory = await newDirectory();
    swarm = startSwarmProcess(directory, ["up", "--agents", "1"]);
    await swarm.seen("swarm.ready");
  });
  afterAll(() => swarm[Symbol.asyncDispose]());

  it("keeps the keys of its agents where their owner alone can read them", async () => {
    const { mode } = await stat(join(directory, ".cascade/agents/agent-1.json"));
    expect((mode & 0o777).toString(8)).toBe("600");
    expect(readAddress(join(directory, ".cascade/agents/agent-1.json"))).toEqual({
      url: expect.stringContaining("127.0.0.1"),
      seed: expect.stringMatching(/^SU/),
    });
  });

  it("lets an agent in that is started by hand, and forgets it when it leaves", async () => {
    const env = { ...process.env, INIT_CWD: directory, CASCADE_AGENT_ID: "by-hand" };
    const agent = spawn(process.execPath, [join(root, "agents/main.ts")], { env, stdio: "ignore" });
    await swarm.seen("agent.joined", (line) => line["agentId"] === "by-hand");
    await using client = await clientOf(directory);
    const names = (await client.agents()).map((beat) => beat.agent).sort();
    expect(names).toEqual(["agent-1", "by-hand"]);
    agent.kill("SIGTERM");
    const [code] = (await once(agent, "exit")) as [number | null];
    expect(code).toBe(0);
    await swarm.seen("agent.left", (line) => line["agentId"] === "by-hand");
  });

  it("is found to enforce permissions by a doctor that tries", async () => {
    expect(await permissionsCheck(directory)).toEqual({
      name: "permissions",
      status: "ok",
      found: expect.stringMatching(/^enforced by nats:\/\/127\.0\.0\.1/),
    });
  });
});

describe("a server of somebody's own", { timeout: 2 * STARTS_MS }, () => {
  it("takes the accounts that are printed, and then agents have the rights of their keys", async () => {
    const directory = await newDirectory();
    const printed = await endOfCommand(directory, [
      "permissions",
      "a",
      "b",
      "c",
      "--topology",
      "ring",
    ]);
    expect(printed).toMatchObject({ code: 0, stderr: expect.stringContaining(".cascade/keys") });
    expect(printed.stdout).not.toMatch(/\bSU[A-Z2-7]{50}/);
    const port = await freePort();
    const config = join(directory, "nats.conf");
    const head = `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${join(directory, "js")}" }\n`;
    await writeFile(config, `${head}${printed.stdout}`);
    const [binary = "nats-server"] = await testServerBinaries();
    const server = spawn(binary, ["-c", config], { stdio: "ignore" });
    try {
      const url = `nats://127.0.0.1:${port}`;
      const { seed = "" } = readAddress(join(directory, ".cascade/keys/a.json"));
      const agent = await vi.waitFor(
        () => openBus({ url, seed }, { name: "a", connectTimeoutMs: 1_000 }),
        { timeout: 10_000, interval: 50 },
      );
      await expect(agent.request("cascade.peer.b.c.task")).rejects.toMatchObject({
        code: "PERMISSIONS_VIOLATION",
      });
      await expect(agent.request("cascade.peer.a.b.task")).rejects.toMatchObject({ code: "503" });
      await agent.close();
    } finally {
      server.kill("SIGKILL");
      await once(server, "exit");
    }
  });

  it("has the same keys when the accounts are printed again", async () => {
    const directory = await newDirectory();
    const first = await endOfCommand(directory, ["permissions", "a", "b"]);
    expect((await endOfCommand(directory, ["permissions", "a", "b"])).stdout).toBe(first.stdout);
  });

  it("is found not to enforce any by a doctor that tries", async () => {
    const [binary = "nats-server"] = await testServerBinaries();
    const port = await freePort();
    const server = spawn(binary, ["-a", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
    vi.stubEnv("NATS_URL", `nats://127.0.0.1:${port}`);
    try {
      await vi.waitFor(
        async () =>
          expect(await permissionsCheck(await newDirectory())).toMatchObject({
            status: "absent",
            found: expect.stringMatching(/^NOT enforced/),
          }),
        { timeout: 30_000, interval: 50 },
      );
    } finally {
      vi.unstubAllEnvs();
      server.kill("SIGKILL");
      await once(server, "exit");
    }
  });
});
