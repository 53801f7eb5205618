import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import { startSwarmProcess } from "../support/swarm-process.ts";

const root = resolve(import.meta.dirname, "../..");
const newDirectory = () => mkdtemp(join(tmpdir(), "cascade main job "));

async function endOf(directory: string, ...args: readonly string[]) {
  await using swarm = startSwarmProcess(directory, args);
  const code = await swarm.ended;
  const json = swarm.lines.find((line) => line["schemaVersion"] === 1);
  return { code, text: swarm.text.join("\n"), json, lines: swarm.lines };
}

/** Two files with findings, one of them with more than travel in one message; both older than any run. */
async function writeSources(directory: string): Promise<void> {
  const files = {
    "few.js": "if (x === NaN) debugger;\n",
    "many.js": Array.from({ length: 400 }, (_, at) => `if (x${at} === NaN) debugger;\n`).join(""),
  };
  for (const [file, text] of Object.entries(files)) {
    await writeFile(join(directory, file), text);
    await utimes(join(directory, file), new Date(0), new Date(0));
  }
}

describe("verify", () => {
  let directory: string;
  let run: string;

  beforeAll(async () => {
    directory = await newDirectory();
    await writeSources(directory);
    expect(await endOf(directory, "--once")).toMatchObject({ code: 0 });
    [run = ""] = await readdir(join(directory, ".cascade/runs"));
  });

  const reportOf = async (): Promise<{ findings: JsonObject[] }> =>
    JSON.parse(await readFile(join(directory, ".cascade/runs", run, "report.json"), "utf8")) as {
      findings: JsonObject[];
    };

  it("confirms an honest report by executing it again", async () => {
    const { findings } = await reportOf();
    const { code, text } = await endOf(directory, "verify", run, "--share", "100");
    expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining("The report holds") });
    expect(text).toContain(`  confirmed       ${findings.length}\n`);
  });

  it("executes a share when asked for no more", async () => {
    const { findings } = await reportOf();
    const executed = Math.ceil(findings.length * 0.2);
    const { code, json } = await endOf(directory, "verify", run, "--json");
    expect({ code, json }).toEqual({
      code: 0,
      json: {
        schemaVersion: 1,
        run,
        holds: true,
        findings: findings.length,
        executed,
        confirmed: executed,
        changed: [],
        notReproduced: [],
        agents: expect.arrayContaining([expect.stringMatching(/^agent-/)]),
      },
    });
  });

  it("catches a finding that somebody made up, and one that was made worse", async () => {
    const report = await reportOf();
    const [first, second, ...rest] = report.findings;
    const invented = { ...first, line: 77, rule: "eslint/no-honesty", message: "made up" };
    const worse = { ...second, severity: "critical" };
    const tampered = { ...report, findings: [first, worse, invented, ...rest] };
    await writeFile(join(directory, "tampered.json"), JSON.stringify(tampered));
    const { code, json } = await endOf(
      directory,
      "verify",
      "tampered.json",
      "--share",
      "100",
      "--json",
    );
    expect({ code, json }).toMatchObject({
      code: 1,
      json: {
        holds: false,
        confirmed: report.findings.length - 1,
        notReproduced: expect.arrayContaining([
          expect.objectContaining({ rule: "eslint/no-honesty", line: 77 }),
          expect.objectContaining({ severity: "critical" }),
        ]),
      },
    });
  });

  it("blames nobody for a file that was changed", async () => {
    await writeFile(join(directory, "few.js"), "// mended\n");
    const { code, text } = await endOf(directory, "verify", run, "--share", "100");
    expect({ code, text }).toEqual({
      code: 0,
      text: expect.stringMatching(/file changed {4}[1-9]/),
    });
  });

  it.each([
    ["r-none", 2, "error path-not-found: no report of r-none"],
    ["few.js", 2, "few.js is no code-quality report"],
  ])("refuses %s with exit code %i and starts nothing", async (named, code, words) => {
    expect(await endOf(directory, "verify", named)).toMatchObject({
      code,
      text: expect.stringContaining(words),
      lines: [],
    });
  });
});

describe("the main job", () => {
  it("copies the reports and writes nothing else beside .cascade", async () => {
    const directory = await newDirectory();
    await writeSources(directory);
    const { code, text } = await endOf(directory, "--once", "--format", "md", "--output", "out");
    expect({ code, text }).toEqual({
      code: 0,
      text: expect.stringContaining("report    out/report.md"),
    });
    expect(await readdir(join(directory, "out"))).toEqual(["report.md"]);
    expect((await readdir(directory)).sort()).toEqual([".cascade", "few.js", "many.js", "out"]);
  });

  it("prints the whole result, also one that is too large to travel with its event", async () => {
    const directory = await newDirectory();
    const names = Array.from({ length: 700 }, (_, at) => `${"n".repeat(100)}${at}.js`).sort();
    await Promise.all(names.map((name) => writeFile(join(directory, name), "")));
    await writeFile(
      join(directory, "c.yaml"),
      "cascade: list\nstages:\n  - { stage: find, skill: discover-files, inputs: { path: . } }\n",
    );
    const { code, json } = await endOf(directory, "run", "c.yaml", "--json", "--agents", "1");
    if (json === undefined) throw new Error("no result was printed");
    const { batches } = json["output"] as { batches: { files: string[] }[] };
    expect({ code, files: batches.flatMap(({ files }) => files).sort() }).toEqual({
      code: 0,
      files: names,
    });
  });

  it("exits with 3 and says why when the quality gate that was asked for is not met", async () => {
    const directory = await newDirectory();
    await writeSources(directory);
    const { code, text } = await endOf(directory, "--once", "--fail-on", "low");
    expect({ code, text }).toEqual({
      code: 3,
      text: expect.stringContaining("  gate      NOT MET: "),
    });
  });

  it("refuses a baseline that is not there before anything starts", async () => {
    const directory = await newDirectory();
    expect(await endOf(directory, "--once", "--baseline", "r-none")).toMatchObject({
      code: 2,
      text: expect.stringContaining("path-not-found: no report of r-none"),
      lines: [],
    });
  });

  it("shows a live view on a terminal, gives the cursor back and keeps the log lines in a file", async () => {
    const directory = await newDirectory();
    await writeSources(directory);
    const command = `stty cols 90 rows 24; "${process.execPath}" "${join(root, "interfaces/cli/bin.mjs")}" --once; echo ended with $?`;
    const terminal = spawn("script", ["-qec", command, "/dev/null"], {
      cwd: root,
      env: {
        ...process.env,
        INIT_CWD: directory,
        LANG: "C.UTF-8",
        LC_ALL: "C.UTF-8",
        TERM: "xterm",
        LOG_FORMAT: "",
        NO_COLOR: "1",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let raw = "";
    terminal.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      raw += chunk;
    });
    await new Promise((done) => terminal.once("close", done));
    const shown = stripVTControlCharacters(raw);
    expect(shown).toContain("ended with 0");
    expect(shown).toContain("  · quality-checks");
    expect(shown).not.toMatch(/"event":|WARN/);
    expect(raw.lastIndexOf("\u001b[?25h")).toBeGreaterThan(raw.lastIndexOf("\u001b[?25l"));
    const [log = ""] = await readdir(join(directory, ".cascade/logs"));
    const lines = (await readFile(join(directory, ".cascade/logs", log), "utf8"))
      .trim()
      .split("\n");
    const events = lines.map((line) => (JSON.parse(line) as { event?: string }).event);
    expect(events).toEqual(
      expect.arrayContaining(["swarm.ready", "run.started", "run.succeeded", "swarm.stopped"]),
    );
  });
});

describe("doctor", () => {
  it("says that the main job can run, of what, and beside which swarm", async () => {
    const directory = await newDirectory();
    const { code, json } = await endOf(directory, "doctor", "--json");
    expect({ code, json }).toMatchObject({ code: 0, json: { canRun: true } });
    await using swarm = startSwarmProcess(directory, ["up", "--agents", "1"]);
    await swarm.seen("swarm.ready");
    const { text } = await endOf(directory, "doctor");
    expect(text).toMatch(
      /ok {6}swarm here {3}process \d+ at nats:\/\/127\.0\.0\.1:\d+, 1 agents: agent-1/,
    );
    expect(text).toMatch(/ok {6}nats-server {2}\d+\.\d+\.\d+ from .*JetStream is up in \d+ ms/);
    expect(text).toContain("npm run swarm can run here.");
  });

  it("exits with 5 when the main job cannot run, and names what is missing", () => {
    const env = {
      ...process.env,
      NATS_SERVER_BIN: "/nowhere/nats-server",
      OPENAI_API_KEY: "canary-5k3j2h",
    };
    let failure: { status?: number; stdout?: string } = {};
    try {
      execFileSync(process.execPath, [join(root, "interfaces/cli/bin.mjs"), "doctor"], {
        env,
        encoding: "utf8",
      });
    } catch (error) {
      failure = error as typeof failure;
    }
    expect(failure).toMatchObject({
      status: 5,
      stdout: expect.stringContaining("npm run swarm cannot run here: nats-server."),
    });
    expect(failure.stdout).toContain("OPENAI_API_KEY present");
    expect(failure.stdout).not.toContain("canary");
  });
});
