import { execFileSync, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { isGone } from "../support/processes.ts";
import { clientOf, startSwarmProcess } from "../support/swarm-process.ts";

const root = resolve(import.meta.dirname, "../..");
const newDirectory = () => mkdtemp(join(tmpdir(), "cascade cli "));

async function endOf(
  directory: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  await using swarm = startSwarmProcess(directory, args, env);
  const code = await swarm.ended;
  return { code, text: swarm.text.join("\n"), lines: swarm.lines };
}

describe("npm run swarm", () => {
  it("analyses a directory, writes the report where the person stood and exits with 0", async () => {
    const directory = await newDirectory();
    await mkdir(join(directory, "src with space"));
    await writeFile(
      join(directory, "src with space", "new\nline.js"),
      "if (x === NaN) debugger;\n",
    );
    const { code, text, lines } = await endOf(directory, ["--once", "src with space"]);
    expect({ code, text }).toMatchObject({
      code: 0,
      text: expect.stringContaining("code-quality-swarm succeeded"),
    });
    const { runId } = lines.find((line) => line.event === "run.started") as unknown as {
      runId: string;
    };
    const folder = join(directory, ".cascade/runs", runId);
    const report = JSON.parse(await readFile(join(folder, "report.json"), "utf8")) as {
      findings: object[];
    };
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        file: "new\nline.js",
        line: 1,
        rule: expect.stringContaining("use-isnan"),
        tool: "oxlint",
        tool_version: expect.any(String),
        agent: expect.stringMatching(/^agent-\d$/),
      }),
    );
    expect(await readFile(join(folder, "report.md"), "utf8")).toContain("# Code quality");
  });

  it("is honest about a directory with nothing to analyse and about files it cannot", async () => {
    const empty = await newDirectory();
    expect(await endOf(empty, ["--once"])).toMatchObject({ code: 0 });
    const odd = await newDirectory();
    await writeFile(join(odd, "binary.js"), Buffer.from([0, 1, 2, 0]));
    await writeFile(join(odd, "long.js"), `x = "${"y".repeat(10_000_000)}";`);
    await writeFile(join(odd, "broken.ts"), "let a: = 1;\n");
    await symlink(odd, join(odd, "loop"));
    execFileSync("mkfifo", [join(odd, "pipe.js")]);
    const { code, lines } = await endOf(odd, ["--once"]);
    expect(code).toBe(0);
    const { runId } = lines.find((line) => line.event === "run.started") as unknown as {
      runId: string;
    };
    const report = JSON.parse(
      await readFile(join(odd, ".cascade/runs", runId, "report.json"), "utf8"),
    ) as { not_analysed: { file: string; reason: string }[] };
    expect(new Set(report.not_analysed.map((entry) => entry.file))).toEqual(
      new Set([".cascade/", "binary.js", "long.js", "broken.ts", "loop", "pipe.js"]),
    );
  });

  it.each([
    [
      "a path that does not exist",
      ["--once", "nowhere"],
      /error path-not-found: .*nowhere does not exist/,
    ],
    [
      "a mistyped command",
      ["valdate"],
      /error path-not-found: .*valdate does not exist\n {2}did you mean the command "validate"\?/,
    ],
    ["an unknown option", ["--onec"], /unknown option '--onec'/],
    ["a count that is none", ["--agents", "many"], /expected a whole number from 1 to 256/],
    [
      "an unknown cascade",
      ["run", "code-quality"],
      /error unknown-cascade: .*\n {2}did you mean|known: /,
    ],
    ["a cascade file that does not exist", ["run", "x.yaml"], /error path-not-found: .*x\.yaml/],
    [
      "an input without =",
      ["run", "pauses", "--input", "ms"],
      /error usage: --input ms: expected key=value/,
    ],
    [
      "an unknown input",
      ["run", "pauses", "--input", "mss=1"],
      /error unknown-input: .*\n {2}did you mean "ms"\?/,
    ],
    [
      "an input of the wrong type",
      ["run", "pauses", "--input", "ms=long"],
      /error invalid-input: .*must be of type integer/,
    ],
    [
      "an input given twice",
      ["run", "pauses", "--input", "ms=1", "--input", "ms=2"],
      /error usage: --input ms is given twice/,
    ],
  ])("refuses %s with exit code 2 and starts nothing", async (_, args, expected) => {
    const { code, text, lines } = await endOf(await newDirectory(), args);
    expect(text).toMatch(expected);
    expect({ code, lines }).toEqual({ code: 2, lines: [] });
  });

  it("shows what is wrong with a cascade file, with line, column and caret", async () => {
    const directory = await newDirectory();
    await writeFile(
      join(directory, "c.yaml"),
      "cascade: c\nstages:\n  - stage: a\n    skil: pause\n",
    );
    const { code, text } = await endOf(directory, ["run", "c.yaml"]);
    expect(code).toBe(2);
    expect(text).toContain(
      'c.yaml:4:5  error invalid-cascade  the key "skil" is not known here\n  4 |     skil: pause\n    |     ^\n  did you mean "skill"?',
    );
  });

  it("runs a cascade file and prints the result as JSON", async () => {
    const directory = await newDirectory();
    await writeFile(
      join(directory, "c.yaml"),
      "cascade: own\nstages:\n  - { stage: a, skill: pause, inputs: { ms: 1 } }\n",
    );
    const { code, lines } = await endOf(directory, ["run", "c.yaml", "--json", "--agents", "1"]);
    expect(code).toBe(0);
    expect(lines.find((line) => line["schemaVersion"] === 1)).toMatchObject({
      cascade: "own",
      status: "succeeded",
      tasksByAgent: { "agent-1": 1 },
      output: { noted: "a/0 1 agent-1" },
    });
  });

  it("exits with 1 when the run failed, and says why", async () => {
    const { code, text } = await endOf(await newDirectory(), [
      "run",
      "misbehaves",
      "--input",
      "how=throw",
    ]);
    expect(code).toBe(1);
    expect(text).toContain(
      "no-attempts-left: attempt 2 of 2 failed (skill-failed): thrown on purpose",
    );
  });

  it("started twice at once in a directory is one swarm, which the other joins", async () => {
    const directory = await newDirectory();
    await using first = startSwarmProcess(directory, ["run", "pauses", "--agents", "1"]);
    await using second = startSwarmProcess(directory, ["run", "pauses", "--agents", "1"]);
    const codes = await Promise.all([first.ended, second.ended]);
    const joined = [first, second].filter((swarm) =>
      swarm.lines.some((line) => line.event === "swarm.joined"),
    );
    expect(joined).toHaveLength(1);
    // The owner ends with its own run; a guest whose run was still going is told so by its exit code.
    expect(codes.filter((code) => code === 0).length).toBeGreaterThanOrEqual(1);
  });

  it("stops on Ctrl-C without leaving anything behind, and the next start resumes the run", async () => {
    const directory = await newDirectory();
    await using swarm = startSwarmProcess(directory, ["up", "--agents", "1"], {
      CASCADE_DRAIN_MS: "100",
    });
    await swarm.seen("swarm.ready");
    await using client = await clientOf(directory);
    const { runId } = await client.submit({ cascade: "pauses", inputs: { ms: 1_000 }, directory });
    await swarm.seen("task.accepted");
    swarm.process.kill("SIGINT");
    expect(await swarm.ended).toBe(130);
    await vi.waitFor(() => expect(swarm.pids().filter((pid) => !isGone(pid))).toEqual([]), 2_000);
    await using next = startSwarmProcess(directory, ["up", "--agents", "1"]);
    await next.seen("run.resumed", (line) => line["runId"] === runId);
    await next.seen("run.succeeded", (line) => line["runId"] === runId);
  });

  it("gives up with a clear error when a process ends again and again", async () => {
    const directory = await newDirectory();
    await using swarm = startSwarmProcess(directory, ["up", "--agents", "1"]);
    await swarm.seen("swarm.ready");
    for (let ends = 1; ends <= 4; ends++) {
      process.kill(swarm.pidOf("agent-1"), "SIGKILL");
      await vi.waitFor(
        () =>
          expect(swarm.lines.filter((line) => line.event === "process.ended")).toHaveLength(ends),
        10_000,
      );
      if (ends < 4) {
        await vi.waitFor(() => expect(isGone(swarm.pidOf("agent-1"))).toBe(false), 10_000);
      }
    }
    expect(await swarm.ended).toBe(5);
    expect(swarm.text.join("\n")).toContain(
      "error restart-limit: agent-1 ended more than three times",
    );
  });

  it("has no secret in any line", async () => {
    const directory = await newDirectory();
    const secret = "canary-7f3k29dk2";
    const { lines, text } = await endOf(directory, ["--once"], {
      SOME_API_KEY: secret,
      LOG_LEVEL: "debug",
    });
    expect(`${JSON.stringify(lines)} ${text}`).not.toContain(secret);
  });
});

describe("npm run job", () => {
  it("is a plain publish that the swarm runs", async () => {
    const directory = await newDirectory();
    await using swarm = startSwarmProcess(directory, ["up", "--agents", "1"]);
    await swarm.seen("swarm.ready");
    const job = spawn(
      process.execPath,
      [join(root, "interfaces/cli/job.mjs"), "code-quality-swarm", "path=."],
      {
        env: { ...process.env, INIT_CWD: directory },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await vi.waitFor(() => expect(job.exitCode).toBe(0), 10_000);
    await swarm.seen("run.succeeded");
  });
});

describe("an old Node.js", () => {
  it("is told so in one line", async () => {
    const text = await readFile(join(root, "interfaces/cli/bin.mjs"), "utf8");
    const file = join(await newDirectory(), "bin.mjs");
    await writeFile(file, text.replace("process.versions.node.split", '"20.20.2".split'));
    await chmod(file, 0o755);
    const child = spawn(process.execPath, [file], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (data: Buffer) => {
      said += String(data);
    });
    await vi.waitFor(() => expect(child.exitCode).toBe(2), 5_000);
    expect(said.trim().split("\n")).toHaveLength(1);
    expect(said).toContain("needs Node.js 24 or newer");
  });
});
