import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { testServerBinaries } from "../support/nats.ts";

const root = resolve(import.meta.dirname, "../..");
const SOON = { timeout: 50_000, interval: 250 };
/** Two machines, each with its own network, joined by one cable. */
const ONE = "cascade-one";
const TWO = "cascade-two";
const SERVER = "10.231.7.1";

function ip(...args: readonly string[]): void {
  const { status, error, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(error?.message ?? `ip ${args.join(" ")}: ${stderr.trim()}`);
}

/** Empty when this machine lets us make networks. */
function whyNot(): string {
  try {
    ip("netns", "add", ONE);
    ip("netns", "del", ONE);
    return "";
  } catch (error) {
    return ` cannot be tried here: ${(error as Error).message}`;
  }
}

function openCable(): Disposable {
  for (const name of [ONE, TWO]) ip("netns", "add", name);
  ip("link", "add", "cascade-a", "netns", ONE, "type", "veth", "peer", "cascade-b", "netns", TWO);
  ip("-n", ONE, "addr", "add", `${SERVER}/24`, "dev", "cascade-a");
  ip("-n", TWO, "addr", "add", "10.231.7.2/24", "dev", "cascade-b");
  for (const [name, device] of [
    [ONE, "cascade-a"],
    [TWO, "cascade-b"],
  ] as const) {
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "link", "set", device, "up");
  }
  return {
    [Symbol.dispose]() {
      for (const name of [ONE, TWO]) ip("netns", "del", name);
    },
  };
}

const why = whyNot();
describe.skipIf(why !== "")(`agents on another machine${why}`, () => {
  it("join by `npm run agent` with NATS_URL and credentials; when their cable is pulled the work goes on elsewhere", async () => {
    using _cable = openCable();
    const directory = await mkdtemp(join(tmpdir(), "cascade-two-machines-"));
    const config = join(directory, "server.conf");
    await writeFile(
      config,
      `listen: "${SERVER}:4222"\njetstream { store_dir: "${directory}/js" }\nauthorization { user: u, password: "secret word" }\n`,
    );
    const env = {
      ...process.env,
      ...{ NATS_URL: `nats://${SERVER}:4222`, NATS_USER: "u", NATS_PASSWORD: "secret word" },
      ...{ INIT_CWD: directory, CASCADE_SKILLS: join(root, "test/support/skills") },
      CASCADE_CASCADES: join(root, "test/support/cascades"),
      CASCADE_SLOTS_LIGHT: "1",
    };
    const children: ChildProcess[] = [];
    const start = (machine: string, ...command: readonly string[]): ChildProcess => {
      const child = spawn("ip", ["netns", "exec", machine, ...command], {
        ...{ env, stdio: "ignore", detached: true },
      });
      children.push(child);
      return child;
    };
    const startAgent = (machine: string, id: string): ChildProcess =>
      start(
        machine,
        "env",
        `CASCADE_AGENT_ID=${id}`,
        process.execPath,
        join(root, "agents/main.ts"),
      );
    const cli = async <Answer>(...args: readonly string[]): Promise<Answer> => {
      const command = [process.execPath, join(root, "interfaces/cli/bin.mjs"), ...args, "--json"];
      const options = { env };
      const ran = await promisify(execFile)("ip", ["netns", "exec", ONE, ...command], options);
      return JSON.parse(ran.stdout) as Answer;
    };
    const agents = async (): Promise<readonly string[]> =>
      (await cli<{ readonly agents: readonly { readonly agent: string }[] }>("agents", "ls")).agents
        .map(({ agent }) => agent)
        .sort();
    try {
      start(ONE, (await testServerBinaries())[0] ?? "nats-server", "-c", config);
      start(ONE, process.execPath, join(root, "coordinator/main.ts"));
      startAgent(TWO, "far");
      await vi.waitFor(async () => expect(await agents()).toEqual(["far"]), SOON);

      const job = [process.execPath, join(root, "interfaces/cli/job.mjs"), "pauses", "ms=5000"];
      await promisify(execFile)("ip", ["netns", "exec", ONE, ...job], { env });
      type Run = { readonly run: string; readonly status: string };
      const runs = async (): Promise<readonly Run[]> =>
        (await cli<{ readonly runs: readonly Run[] }>("runs", "ls")).runs;
      await vi.waitFor(async () => {
        expect(await runs()).toEqual([expect.objectContaining({ status: "running" })]);
      }, SOON);
      startAgent(ONE, "near");
      await vi.waitFor(async () => expect(await agents()).toEqual(["far", "near"]), SOON);
      ip("-n", TWO, "link", "set", "cascade-b", "down");
      await vi.waitFor(async () => {
        expect(await runs()).toEqual([expect.objectContaining({ status: "succeeded" })]);
      }, SOON);
      expect(await agents()).toEqual(["near"]);
      ip("-n", TWO, "link", "set", "cascade-b", "up");
      await vi.waitFor(async () => expect(await agents()).toEqual(["far", "near"]), SOON);
    } finally {
      for (const { pid } of children) if (pid !== undefined) process.kill(-pid, "SIGKILL");
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  }, 180_000);
});
