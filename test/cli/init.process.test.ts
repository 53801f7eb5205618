import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseCommandLine } from "../../interfaces/cli/command-line.ts";
import { formatYaml } from "../../interfaces/cli/format/format-yaml.ts";
import { githubWorkflow } from "../../interfaces/cli/init/github-workflow.ts";
import { starterCascade } from "../../interfaces/cli/init/starter-cascade.ts";
import { openInstalled } from "../../interfaces/cli/installed.ts";
import { compileCascade } from "../../language/compile.ts";
import { endOfCommand, STARTS_MS } from "../support/command.ts";

const newDirectory = () => mkdtemp(join(tmpdir(), "cascade init "));

describe("the first cascade", () => {
  const text = starterCascade("first", "./s.json");

  it("is valid, without a warning", async () => {
    const { skills } = await openInstalled({ directory: await newDirectory(), env: {} });
    expect(compileCascade({ text, file: "first.yaml" }, skills)).toMatchObject({
      ok: true,
      warnings: [],
      plan: { cascade: "first" },
    });
  });

  it("names the schema in its first line and is formatted", () => {
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=./s.json");
    expect(formatYaml({ text, file: "first.yaml" })).toEqual({ ok: true, text });
  });
});

describe("cascade-swarm init", { timeout: STARTS_MS }, () => {
  it("writes the cascade and names commands that work where one stands", async () => {
    const directory = await newDirectory();
    await writeFile(join(directory, "cascade.schema.json"), "{}");
    const end = await endOfCommand(directory, ["init", "it's new"]);
    const word = "'it'\\''s new/cascades/starter.yaml'";
    expect({
      ...end,
      stdout: end.stdout.replaceAll(/^npm .*run cascade --/gm, "cascade-swarm"),
    }).toEqual({
      code: 0,
      stdout: `wrote  it's new/cascades/starter.yaml\n\ncascade-swarm validate ${word}\ncascade-swarm run ${word}\ncascade-swarm fmt ${word}\n`,
      stderr: "",
    });
    const file = join(directory, "it's new/cascades/starter.yaml");
    expect(await readFile(file, "utf8")).toBe(
      starterCascade("starter", "../../cascade.schema.json"),
    );
    expect(await endOfCommand(directory, ["validate", file])).toEqual({
      code: 0,
      stdout: "ok  starter  3 stages\n",
      stderr: "",
    });
  });

  it("never overwrites a file", async () => {
    const directory = await newDirectory();
    await mkdir(join(directory, "cascades"));
    const file = join(directory, "cascades/mine.yaml");
    await writeFile(file, "mine");
    expect(await endOfCommand(directory, ["init", "--name", "mine"])).toEqual({
      code: 2,
      stdout: "",
      stderr: `error usage: ${file}: the file is there already\n  give the cascade another name with --name, or name another folder\n`,
    });
    expect(await readFile(file, "utf8")).toBe("mine");
  });

  it("answers JSON", async () => {
    const directory = await newDirectory();
    const { code, stdout } = await endOfCommand(directory, ["init", "--json", "--name", "a_b"]);
    expect({ code, answer: JSON.parse(stdout) }).toEqual({
      code: 0,
      answer: {
        schemaVersion: 1,
        cascade: "a_b",
        file: join(directory, "cascades/a_b.yaml"),
        next: ["validate", "run", "fmt"].map((command) =>
          expect.stringMatching(new RegExp(` ${command} cascades/a_b\\.yaml$`)),
        ),
      },
    });
  });

  it.each([
    ["a name that is none", ["--name", "../x"], /^error usage: "\.\.\/x" cannot name a cascade\n/],
    [
      "a file where a folder is needed",
      ["file"],
      /^error path-unreadable: .*cannot be written \(E/,
    ],
  ])("refuses %s", async (_, args, expected) => {
    const directory = await newDirectory();
    await writeFile(join(directory, "file"), "");
    const { code, stdout, stderr } = await endOfCommand(directory, ["init", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(expected);
  });
});

describe("the workflow for GitHub", () => {
  const text = githubWorkflow("npx --no-install cascade-swarm");
  const workflow = parse(text, { strict: true, uniqueKeys: true, version: "1.2" }) as Workflow;
  const { steps } = workflow.jobs.quality;

  it("runs on pull requests, with no right but to read and to upload findings", () => {
    expect(workflow).toMatchObject({ on: "pull_request", permissions: { contents: "read" } });
    expect(workflow.jobs.quality).toMatchObject({
      "timeout-minutes": 30,
      permissions: { contents: "read", "security-events": "write" },
    });
    expect(steps[0]).toMatchObject({ with: { "persist-credentials": false } });
    expect(text).not.toMatch(/pull_request_target|secrets\.|write-all/);
  });

  it("takes each action by its major version", () => {
    expect(steps.flatMap(({ uses }) => uses ?? [])).toEqual([
      ...["actions/checkout@v5", "actions/setup-node@v5"],
      ...["github/codeql-action/upload-sarif@v4", "actions/upload-artifact@v4"],
    ]);
  });

  it("puts nothing of the pull request into a command", () => {
    for (const { run } of steps) expect(run ?? "").not.toContain("${{");
  });

  it("starts commands that the program understands, and uploads the file that they write", () => {
    const started = steps
      .flatMap(({ run }) => /^npx --no-install cascade-swarm (.*)$/.exec(run ?? "")?.[1] ?? [])
      .map((args) => parseCommandLine(args.split(" "), () => {}));
    expect(started).toMatchObject([
      { kind: "validate", targets: ["cascades"] },
      {
        kind: "run",
        once: true,
        ...{ cascade: "code-quality-swarm", inputs: ["path=."], failOn: "high" },
        output: "cascade-report",
      },
    ]);
    expect(steps.find(({ uses }) => uses?.includes("upload-sarif"))).toMatchObject({
      with: { sarif_file: "cascade-report/report.sarif" },
    });
  });
});

interface Workflow {
  readonly jobs: {
    readonly quality: {
      readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
    };
  };
}

describe("cascade-swarm init --github", { timeout: STARTS_MS }, () => {
  const file = ".github/workflows/cascade.yml";

  it("writes the workflow, says what is missing, and replaces it only when it is told to", async () => {
    const directory = await newDirectory();
    const { code, stdout } = await endOfCommand(directory, ["init", "--github"]);
    expect({ code, lines: stdout.trim().split("\n") }).toEqual({
      code: 0,
      lines: [
        `wrote  ${file}`,
        expect.stringContaining("note   there is no .git here"),
        expect.stringContaining("note   package.json has no dependency cascade-swarm"),
      ],
    });
    const written = await readFile(join(directory, file), "utf8");
    expect(written).toBe(githubWorkflow("npx --no-install cascade-swarm"));
    await writeFile(join(directory, file), "mine\n");
    expect(await endOfCommand(directory, ["init", "--github"])).toEqual({
      code: 2,
      stdout: "",
      stderr: `error usage: ${join(directory, file)}: the file is there already\n  replace it with --force, or name another folder\n`,
    });
    expect(await readFile(join(directory, file), "utf8")).toBe("mine\n");
    await mkdir(join(directory, ".git"));
    const manifest = { devDependencies: { "cascade-swarm": "file:../cascade" } };
    await writeFile(join(directory, "package.json"), JSON.stringify(manifest));
    const forced = await endOfCommand(directory, ["init", "--github", "--force", "--json"]);
    expect({ code: forced.code, answer: JSON.parse(forced.stdout) }).toEqual({
      code: 0,
      answer: { schemaVersion: 1, file: join(directory, file), missing: [] },
    });
    expect(await readFile(join(directory, file), "utf8")).toBe(written);
  });

  it.each([
    [["--github", "--name", "x"], "init --github does not take --name"],
    [["--force"], "init takes --force with --github only"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await endOfCommand(await newDirectory(), ["init", ...args]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
