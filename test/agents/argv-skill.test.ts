import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { environmentOf, runArgvSkill } from "../../agents/argv-skill.ts";
import { openPrograms, type Programs } from "../../agents/programs.ts";
import type { JsonObject } from "../../core/json.ts";
import { LIMITS } from "../../core/limits.ts";
import { openLogger } from "../../core/logging.ts";
import { Scrubber } from "../../core/scrub.ts";
import { makePlace } from "../support/place.ts";
import { isGone } from "../support/processes.ts";

const SOON = { timeout: 10_000, interval: 5 };
let programs: Programs = openPrograms({ stopGraceMs: 2_000 });
afterEach(() => {
  programs.close();
  programs = openPrograms({ stopGraceMs: 2_000 });
});

/** Runs a Node program as the skill `tool`, in a folder of its own whose path has a space. */
async function openTool(program: string, { argv = [] as readonly string[] } = {}) {
  const place = await makePlace({ "tool/run.mjs": program });
  const lines: Record<string, unknown>[] = [];
  const logger = openLogger({
    service: "test",
    scrubber: new Scrubber(),
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  const scrubber = new Scrubber();
  scrubber.register("canary-7f3k29dk2");
  const manifest = {
    name: "tool",
    description: "",
    version: "1",
    lane: "heavy",
    inputs: [],
    outputs: [],
    argv: argv.length > 0 ? argv : [process.execPath, "run.mjs"],
    folder: place.path("tool"),
  } as const;
  return {
    path: place.path,
    said: () => lines.filter(({ event }) => event === "skill.said").map(({ line }) => line),
    events: () => lines.map(({ event }) => event),
    run: (inputs: JsonObject = {}, signal = new AbortController().signal) =>
      runArgvSkill(
        { manifest, inputs, runFolder: "/runs/r1" },
        { programs, logger, signal, scrub: (text) => scrubber.scrub(text) },
      ),
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

describe("a skill that is a program", () => {
  it("gets its inputs on standard input and as variables, runs in its folder and answers JSON", async () => {
    await using tool = await openTool(`
      import { readFileSync } from "node:fs";
      console.log(JSON.stringify({
        stdin: JSON.parse(readFileSync(0, "utf8")),
        variables: Object.entries(process.env).filter(([name]) => /^(INPUT|CASCADE)_/.test(name)).sort(),
        here: process.cwd().endsWith("/tool"),
        arguments: process.argv.length,
      }));
    `);
    const inputs = {
      text: "a; rm -rf $HOME",
      count: 2,
      deep: { a: [1] },
      really: true,
      none: null,
    };

    expect(await tool.run(inputs)).toEqual({
      stdin: inputs,
      variables: [
        ["CASCADE_RUN_FOLDER", "/runs/r1"],
        ["INPUT_COUNT", "2"],
        ["INPUT_REALLY", "true"],
        ["INPUT_TEXT", "a; rm -rf $HOME"],
      ],
      here: true,
      arguments: 2,
    });
  });

  it("gets nothing else of the environment, and no value that no variable can hold", () => {
    const own = { PATH: "/bin", HOME: "/home/a", SOME_API_KEY: "secret", NATS_PASSWORD: "secret" };
    const inputs = { long: "x".repeat(40_000), zero: "a\0b", fits: "y" };

    expect(environmentOf(inputs, own)).toEqual({ PATH: "/bin", HOME: "/home/a", INPUT_FITS: "y" });
  });

  it("need not read its input, however much it is", async () => {
    await using tool = await openTool('console.log("{}")');

    expect(await tool.run({ text: "x".repeat(5_000_000) })).toEqual({});
  });

  it("writes its standard error to the log, line by line", async () => {
    await using tool = await openTool(
      `process.stderr.write("first\\r\\nsecond " + "x".repeat(5000) + "\\n\\nlast"); console.log("{}")`,
    );
    await tool.run();

    expect(tool.said()).toEqual(["first", `second ${"x".repeat(4_089)}`, "x".repeat(911), "last"]);
  });

  it("is quiet in the log after the limit, and says so once", async () => {
    await using tool = await openTool(
      `process.stderr.write(("y".repeat(999) + "\\n").repeat(2000)); console.log("{}")`,
    );
    await tool.run();

    expect(tool.said()).toHaveLength(Math.floor(LIMITS.skillLogBytes / 999));
    expect(tool.events().filter((event) => event === "skill.quieted")).toHaveLength(1);
  });

  it.each([
    [
      "an exit code",
      'for (let i = 1; i < 8; i++) console.error("line " + i); console.error("key canary-7f3k29dk2"); process.exitCode = 3',
      {
        code: "skill-failed",
        disposition: "retry",
        message:
          "the program of tool ended with exit code 3: line 4 / line 5 / line 6 / line 7 / key [secret]",
      },
    ],
    [
      "a signal",
      'process.kill(process.pid, "SIGKILL")',
      {
        code: "skill-crashed",
        disposition: "retry",
        message: "the program of tool was ended by SIGKILL",
      },
    ],
    [
      "no output",
      "",
      {
        code: "invalid-output",
        disposition: "fail",
        message: "the standard output of tool is not JSON: it is empty",
      },
    ],
    [
      "an output that is no JSON",
      'console.log("words: 3")',
      { code: "invalid-output", message: expect.stringContaining("is not JSON: Unexpected token") },
    ],
    [
      "an output that is no UTF-8",
      "process.stdout.write(Buffer.from([0x22, 0xff, 0x22]))",
      { code: "invalid-output", message: expect.stringContaining("is not JSON") },
    ],
    [
      "an output without end",
      'const more = () => process.stdout.write("x".repeat(1e6), more); more()',
      {
        code: "limit-exceeded",
        message: expect.stringContaining("skillOutputBytes: tool wrote more"),
      },
    ],
  ])("fails with what is wrong: %s", async (_, program, error) => {
    await using tool = await openTool(program);

    await expect(tool.run()).rejects.toMatchObject(error);
  });

  it("fails when it does not start", async () => {
    await using tool = await openTool("", { argv: ["./not-there"] });

    await expect(tool.run()).rejects.toMatchObject({
      code: "skill-failed",
      disposition: "fail",
      message: expect.stringContaining(
        "./not-there of tool does not start: spawn ./not-there ENOENT",
      ),
    });
  });

  const STARTS_A_CHILD = `
    import { spawn } from "node:child_process";
    import { writeFileSync } from "node:fs";
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
    writeFileSync("pids", process.pid + " " + child.pid);
  `;
  const pidsOf = async (path: string): Promise<readonly number[]> =>
    vi.waitFor(async () => {
      const pids = (await readFile(path, "utf8")).split(" ").map(Number);
      expect(pids).toHaveLength(2);
      return pids;
    }, SOON);

  it("leaves nothing behind: what it started ends with it", async () => {
    await using tool = await openTool(
      `${STARTS_A_CHILD}; child.unref(); console.log("{}"); process.exit(0);`,
    );

    expect(await tool.run()).toEqual({});
    const pids = await pidsOf(tool.path("tool/pids"));
    await vi.waitFor(() => expect(pids.map(isGone)).toEqual([true, true]), SOON);
  });

  it("is asked to end when the task is stopped, and killed with its group when it does not", async () => {
    await using tool = await openTool(
      `process.on("SIGTERM", () => writeFileSync("asked", "yes")); ${STARTS_A_CHILD}`,
    );
    const controller = new AbortController();
    const running = tool.run({}, controller.signal);
    running.catch(() => {});
    const pids = await pidsOf(tool.path("tool/pids"));
    controller.abort(new Error("enough"));

    await expect(running).rejects.toThrow("enough");
    expect(await readFile(tool.path("tool/asked"), "utf8")).toBe("yes");
    await vi.waitFor(() => expect(pids.map(isGone)).toEqual([true, true]), SOON);
  });
});
