import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { openSandbox, openSandboxes } from "../../agents/sandbox/sandbox.ts";
import { runSkill } from "../../agents/skill-run.ts";
import type { AgentId } from "../../core/ids.ts";
import { openLogger } from "../../core/logging.ts";
import type { Sandbox, SandboxOrder } from "../../core/sandbox.ts";
import { Scrubber } from "../../core/scrub.ts";
import type { SkillManifest } from "../../core/skill.ts";
import { testBubblewrap } from "../support/bubblewrap.ts";

const { signal } = new AbortController();
const quiet = openLogger({ service: "test", scrubber: new Scrubber(), write: () => {} });
const order: SandboxOrder = { argv: ["true"], cwd: "/tmp", mounts: [] };
const bubblewrap = await testBubblewrap();
const env = { ...process.env, CASCADE_BWRAP_BIN: bubblewrap.binary };

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cascade sandbox "));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Processes of the machine that have this in their command lines. */
function processesWith(marker: string): readonly string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(marker);
    } catch {
      return false; // it ended meanwhile
    }
  });
}

if (bubblewrap.binary === undefined) {
  // biome-ignore lint/suspicious/noSkippedTests: the name says why, for all to see
  it.skip(`nothing runs in a sandbox here: ${bubblewrap.why}`, () => {});
} else {
  describe("the sandbox", async () => {
    const sandbox = await openSandbox({ backend: "bubblewrap", env, logger: quiet }, signal);
    afterAll(() => sandbox.close());

    it("answers what a program said, reported and ended with", async () => {
      const script = 'cat; echo "$OWN $HOME" >&2; printf "\\377\\001" >&3; exit 7';
      const end = await sandbox.run(
        { ...order, argv: ["sh", "-c", script], input: "given", env: { OWN: "a b" } },
        signal,
      );
      expect(end).toEqual({
        status: "exited",
        code: 7,
        stdout: "given",
        stderr: "a b /home/sandbox\n",
        report: new Uint8Array([255, 1]),
        cut: [],
        durationMs: expect.any(Number),
      });
    });

    it.each([
      ["nothing of that name", ["not-there"], { status: "exited", code: 127 }],
      [
        "a signal",
        ["sh", "-c", "kill -SEGV $$"],
        { status: "killed", why: "signal", signal: "SIGSEGV" },
      ],
    ])("tells the end by %s", async (_, argv, end) => {
      expect(await sandbox.run({ ...order, argv }, signal)).toMatchObject(end);
    });

    it("starts this process's own Node, wherever it is", async () => {
      const { stdout } = await sandbox.run({ ...order, argv: ["node", "-v"] }, signal);
      expect(stdout.trim()).toBe(process.version);
    });

    it("mounts folders where they are wanted, and scratch that the machine never sees", async () => {
      const source = await newFolder();
      await writeFile(join(source, "in"), "from outside");
      const target = "/work/it";
      const mounts = [
        { kind: "writable", source, target },
        { kind: "scratch", target: `${target}/build`, bytes: 1_000_000 },
      ] as const;
      const script = "cat in; echo kept > out; echo lost > build/out; cat build/out";
      const argv = ["sh", "-c", script];
      const end = await sandbox.run({ ...order, cwd: target, argv, mounts }, signal);
      expect(end.stdout).toBe("from outsidelost\n");
      expect(readFileSync(join(source, "out"), "utf8")).toBe("kept\n");
      expect(existsSync(join(source, "build", "out"))).toBe(false);
    });

    it("says when what it is to mount is not to be had", async () => {
      const source = await newFolder();
      const mounts = [{ kind: "read-only", source, target: "/usr/bin/ls/folder" }] as const;
      await expect(sandbox.run({ ...order, mounts }, signal)).rejects.toMatchObject({
        code: "sandbox-unavailable",
        message: expect.stringMatching(/^bubblewrap did not start it: bwrap: /),
      });
    });

    it("ends at once with everything in it when its task is stopped", async () => {
      const marker = `cascade-stopped-${process.pid}`;
      const stop = new AbortController();
      const argv = ["sh", "-c", "sleep 600 & wait; exit", marker];
      const running = sandbox.run({ ...order, argv }, stop.signal);
      await vi.waitFor(() => expect(processesWith(marker)).not.toEqual([]), { timeout: 20_000 });
      stop.abort(new Error("enough"));
      await expect(running).rejects.toThrow("enough");
      expect(processesWith(marker)).toEqual([]);
    });
  });

  it("leaves nothing behind when whoever started a program is killed", async () => {
    const marker = `cascade-orphan-${process.pid}`;
    const module = join(import.meta.dirname, "../../agents/sandbox/sandbox.ts");
    const program = `
      import { openSandbox } from ${JSON.stringify(module)};
      const { signal } = new AbortController();
      const logger = { info() {}, warn() {} };
      const sandbox = await openSandbox({ backend: "bubblewrap", env: process.env, logger }, signal);
      await sandbox.run({ argv: ["sh", "-c", "sleep 600 & wait; exit", process.argv[1]], cwd: "/", mounts: [] }, signal);
    `;
    const starter = spawn(process.execPath, ["--input-type=module", "-e", program, marker], {
      env,
    });
    const inside = (): readonly string[] =>
      processesWith(marker).filter((pid) => Number(pid) !== starter.pid);
    await vi.waitFor(() => expect(inside()).not.toEqual([]), { timeout: 30_000 });
    const ended = once(starter, "exit");
    starter.kill("SIGKILL");
    await ended;
    await vi.waitFor(() => expect(processesWith(marker)).toEqual([]), { timeout: 20_000 });
  });

  it("is given to a skill of its lane, and to no other", async () => {
    const folder = await newFolder();
    await mkdir(join(folder, "skill"));
    const source = `export const run = async (_, { sandbox, signal }) => {
      if (sandbox === undefined) return { said: "none" };
      const order = { argv: ["sh", "-c", "echo inside; cat $0", ${JSON.stringify(folder)}], cwd: "/", mounts: [] };
      const { stdout } = await sandbox.run(order, signal);
      return { said: stdout + sandbox.enforcement.backend };
    };`;
    await writeFile(join(folder, "skill", "run.mjs"), source);
    const said = async (lane: SkillManifest["lane"]): Promise<unknown> =>
      (await runIn(join(folder, "skill"), lane)).value;
    expect(await said("sandbox")).toEqual({ said: "inside\nbubblewrap" });
    expect(await said("light")).toEqual({ said: "none" });
  });
}

async function runIn(folder: string, lane: SkillManifest["lane"]) {
  const never = (): never => {
    throw new Error("it was used");
  };
  const outputs = [{ name: "said", type: "string", required: true }] as const;
  const about = { name: "own", description: "", version: "1", inputs: [], outputs };
  const manifest: SkillManifest = { ...about, lane, entry: "run.mjs", folder };
  const sandboxes = openSandboxes({ backend: "bubblewrap", env, logger: quiet });
  try {
    const agentId = "agent-1" as AgentId;
    const run = { runId: "r1", cascade: "c", stageId: "s", index: 0 };
    return await runSkill(
      {
        skills: { find: () => manifest, refusalOf: () => undefined, names: () => [] },
        workers: { run: never, close: never },
        programs: { run: never, close: never },
        sandboxes,
        fixers: [],
        models: { forTask: () => ({ generate: never, choose: never }) },
        logger: quiet,
        writeLogLine: () => {},
        scrub: (text) => text,
      },
      {
        skill: "own",
        inputs: {},
        context: {
          run,
          attempt: 1,
          agentId,
          directory: folder,
          runFolder: folder,
          cacheFolder: undefined,
        },
        bindings: { runId: "r1", stageId: "s", taskId: "r1/s/0", agentId, attempt: 1 },
        askMemory: never,
      },
      signal,
    );
  } finally {
    await sandboxes.close();
  }
}

describe("without isolation, which somebody asked for by name", () => {
  const lines: string[] = [];
  const logger = openLogger({
    service: "test",
    scrubber: new Scrubber(),
    write: (line) => void lines.push(line),
  });
  const opened = (): Promise<Sandbox> => openSandbox({ backend: "none", env, logger }, signal);

  it("a program runs, and the log says so loudly", async () => {
    const sandbox = await opened();
    const end = await sandbox.run({ ...order, argv: ["sh", "-c", "echo $CI >&3; exit 4"] }, signal);
    expect({ ...end, report: Buffer.from(end.report).toString() }).toMatchObject({
      status: "exited",
      code: 4,
      report: "1\n",
    });
    expect(sandbox.enforcement).toEqual({ backend: "none", limits: "none", hasSeccomp: false });
    expect(lines.join("")).toMatch(/"level":"warn".*"event":"sandbox.none".*THE SANDBOX IS OFF/);
  });

  it("what only isolation can do is refused", async () => {
    const sandbox = await opened();
    const mounts = [{ kind: "scratch", target: "/w", bytes: 1_000 }] as const;
    await expect(sandbox.run({ ...order, mounts }, signal)).rejects.toMatchObject({
      code: "not-supported",
    });
  });

  it("time is limited all the same", async () => {
    const sandbox = await opened();
    const limits = { wallMs: 200 };
    expect(await sandbox.run({ ...order, argv: ["sleep", "60"], limits }, signal)).toMatchObject({
      status: "killed",
      why: "timeout",
    });
  });
});
