import { readFile, realpath } from "node:fs/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { commandsOf } from "../../agents/commands.ts";
import { openPrograms, type Programs } from "../../agents/programs.ts";
import type { JsonObject } from "../../core/json.ts";
import { LIMITS } from "../../core/limits.ts";
import { openLogger } from "../../core/logging.ts";
import { Scrubber } from "../../core/scrub.ts";
import { run } from "../../skills/run-command/run.ts";
import { skillContext } from "../skills/skill-context.ts";
import { makePlace } from "../support/place.ts";
import { isGone } from "../support/processes.ts";

const SOON = { timeout: 10_000, interval: 5 };
let programs: Programs = openPrograms({ stopGraceMs: 2_000 });
afterEach(() => {
  programs.close();
  programs = openPrograms({ stopGraceMs: 2_000 });
});

/** Runs Node programs as the skill `run-command`, in a directory of their own whose path has a space. */
async function openJob() {
  const place = await makePlace({ "here.txt": "" });
  const said: unknown[] = [];
  const logger = openLogger({
    service: "test",
    scrubber: new Scrubber(),
    write: (line) => void said.push((JSON.parse(line) as { readonly line?: unknown }).line),
  });
  const scrubber = new Scrubber();
  scrubber.register("canary-7f3k29dk2");
  const scrub = (text: string): string => scrubber.scrub(text);
  const start = (inputs: JsonObject, signal = new AbortController().signal) => {
    const at = { directory: place.root, runFolder: "/runs/r1" };
    const commands = commandsOf(at, { programs, logger, scrub, signal });
    return run(
      { allow_failure: false, env: {}, ...inputs },
      { ...skillContext({ signal }), commands },
    );
  };
  return {
    root: place.root,
    path: place.path,
    said,
    run: start,
    node: (program: string, more: JsonObject = {}, signal = new AbortController().signal) =>
      start({ argv: [process.execPath, "-e", program], ...more }, signal),
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

describe("a command", () => {
  it("gets each entry as one argument, whatever stands in it, in the job's directory", async () => {
    await using job = await openJob();
    const program = "console.log(JSON.stringify([process.cwd(), process.argv.slice(1)]))";
    const values = ["a b", "$(id); *", "", "x\ny", 5, true];
    const { json } = await job.run({ argv: [process.execPath, "-e", program, "--", ...values] });
    expect(json).toEqual([await realpath(job.root), ["a b", "$(id); *", "", "x\ny", "5", "true"]]);
  });

  it("gets no input and nothing of the environment that may be a secret", async () => {
    await using job = await openJob();
    vi.stubEnv("SOME_API_KEY", "canary-7f3k29dk2");
    try {
      const { json } = await job.node(
        `const own = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ"];
        const names = Object.keys(process.env).filter((name) => !own.includes(name));
        console.log(JSON.stringify([names, require("fs").readFileSync(0, "utf8")]))`,
      );
      expect(json).toEqual([["CASCADE_RUN_FOLDER"], ""]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("gets the variables that it is given, as texts", async () => {
    await using job = await openJob();
    const env = { NAME: "a $(id)", COUNT: 3, ON: true };
    const program =
      "const { NAME, COUNT, ON } = process.env; console.log(JSON.stringify([NAME, COUNT, ON]))";
    expect(await job.node(program, { env })).toMatchObject({ json: ["a $(id)", "3", "true"] });
    await expect(job.node(program, { env: { "A=B": "x" } })).rejects.toMatchObject({
      code: "invalid-input",
      location: { pointer: "/env/A=B" },
    });
    await expect(job.node(program, { env: { A: [] } })).rejects.toMatchObject({
      code: "invalid-input",
      location: { pointer: "/env/A" },
    });
  });

  it("answers what it wrote, and its standard error is in the log", async () => {
    await using job = await openJob();
    expect(await job.node('console.log("plain"); console.error("careful")')).toEqual({
      exit_code: 0,
      stdout: "plain\n",
      stderr: "careful\n",
      json: null,
      truncated: false,
    });
    expect(job.said).toEqual(["careful"]);
  });

  it.each([
    ["that is cut off", "[1, 2", null],
    ["with a reserved key", '{ "a": [{ "__proto__": 1 }] }', null],
    ["that is nested too deep", "[".repeat(500) + "]".repeat(500), null],
    ["that is one", '{ "a": [1] }', { a: [1] }],
  ])("answers JSON %s as what it is", async (_, text, json) => {
    await using job = await openJob();
    const program = "process.stdout.write(process.argv[1])";
    const ended = await job.run({ argv: [process.execPath, "-e", program, "--", text] });
    expect(ended).toMatchObject({ stdout: text, json });
  });

  it("may write without end: the beginning and the end of it are kept, whole characters", async () => {
    await using job = await openJob();
    const most = LIMITS.commandOutputBytes;
    const ended = await job.node(
      `const { writeSync } = require("fs"); const text = "1" + "ü".repeat(${most});
      for (const fd of [1, 2]) { const all = Buffer.from(text + "2"); let at = 0; while (at < all.length) try { at += writeSync(fd, all, at); } catch (error) { if (error.code !== "EAGAIN") throw error; } }`,
    );
    expect(ended).toEqual({
      exit_code: 0,
      stdout: `1${"ü".repeat(most / 2 - 1)}`,
      stderr: `${"ü".repeat(most / 2 - 1)}2`,
      json: null,
      truncated: true,
    });
  });

  it("fails with its exit code and last words, unless that is allowed", async () => {
    await using job = await openJob();
    const program = 'console.error("key canary-7f3k29dk2"); process.exitCode = 3';
    await expect(job.node(program)).rejects.toMatchObject({
      code: "skill-failed",
      disposition: "retry",
      message: `${process.execPath} ended with exit code 3: key [secret]`,
    });
    const allowed = await job.node(program, { allow_failure: true });
    expect(allowed).toMatchObject({ exit_code: 3, stdout: "" });
  });

  it.each([
    ["that is not there", ["./not-there"], "skill-failed", "./not-there does not start"],
    ["without a name", [""], "invalid-input", "/argv must begin with the name of a program"],
    ["with a list as argument", ["echo", ["a"]], "invalid-input", "/argv/1 must be a text"],
    ["with NUL", ["echo", "a\0b"], "invalid-input", "/argv/1 must not hold the character NUL"],
    ["with a long argument", ["echo", "x".repeat(131_072)], "limit-exceeded", "131072 given"],
    [
      "with too many arguments for the kernel",
      ["echo", ...Array<string>(200).fill("x".repeat(100_000))],
      "skill-failed",
      "echo does not start: spawn E2BIG",
    ],
  ])("%s fails for good", async (_, argv, code, message) => {
    await using job = await openJob();
    await expect(job.run({ argv })).rejects.toMatchObject({
      code,
      disposition: "fail",
      message: expect.stringContaining(message),
    });
  });

  it("that a signal ends fails as one that crashed", async () => {
    await using job = await openJob();
    await expect(job.node('process.kill(process.pid, "SIGKILL")')).rejects.toMatchObject({
      code: "skill-crashed",
      disposition: "retry",
      message: `${process.execPath} was ended by SIGKILL`,
    });
  });

  const STARTS_A_CHILD = `
    const { spawn } = require("child_process");
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
    require("fs").writeFileSync("pids", process.pid + " " + child.pid);
  `;
  const pidsOf = (path: string): Promise<readonly number[]> =>
    vi.waitFor(async () => {
      const pids = (await readFile(path, "utf8")).split(" ").map(Number);
      expect(pids).toHaveLength(2);
      return pids;
    }, SOON);

  it("leaves nothing behind: what it started ends with it", async () => {
    await using job = await openJob();
    await job.node(`${STARTS_A_CHILD}; process.exit(0)`);
    const pids = await pidsOf(job.path("pids"));
    await vi.waitFor(() => expect(pids.map(isGone)).toEqual([true, true]), SOON);
  });

  it("is killed with all that it started when the task is stopped and it does not end", async () => {
    await using job = await openJob();
    const controller = new AbortController();
    const program = `process.on("SIGTERM", () => {}); ${STARTS_A_CHILD}`;
    const running = job.node(program, {}, controller.signal);
    running.catch(() => {});
    const pids = await pidsOf(job.path("pids"));
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await vi.waitFor(() => expect(pids.map(isGone)).toEqual([true, true]), SOON);
  });

  it("is not run where no agent runs it", async () => {
    await expect(
      run({ argv: ["echo"], env: {}, allow_failure: false }, skillContext()),
    ).rejects.toMatchObject({ code: "not-supported" });
  });
});
