import { describe, expect, it } from "vitest";
import { SwarmError } from "../../core/errors.ts";
import { parseCommandLine } from "../../interfaces/cli/command-line.ts";

const parse = (...args: string[]) => parseCommandLine(args, () => {});

describe("the command line", () => {
  const quality = {
    kind: "run",
    cascade: "code-quality-swarm",
    inputs: ["path=."],
    once: false,
    json: false,
    agents: 4,
    logs: false,
  };
  const own = { ...quality, cascade: "c.yaml", inputs: [], once: true };

  it.each([
    [[], quality],
    [["~/my app"], { ...quality, inputs: ["path=~/my app"] }],
    [["--once", "src"], { ...quality, inputs: ["path=src"], once: true }],
    [["--json"], { ...quality, once: true, json: true }],
    [["run", "c.yaml"], own],
    [["run", "c.yaml", "--input", "a=1", "--input", "b=x=y"], { ...own, inputs: ["a=1", "b=x=y"] }],
    [["run", "c.yaml", "--json", "--agents", "1"], { ...own, json: true, agents: 1 }],
    [
      ["--fail-on", "high", "--baseline", "r1", "--once"],
      { ...quality, failOn: "high", baseline: "r1", once: true },
    ],
    [
      ["--format", "sarif", "--output", "out", "--logs"],
      { ...quality, format: "sarif", output: "out", logs: true },
    ],
    [["run", "c.yaml", "--format", "all"], { ...own, format: "all" }],
    [["--output", "out", "run", "c.yaml"], { ...own, output: "out" }],
    [
      ["run", "c.yaml", "--allow-project-skills"],
      { ...own, allowance: { projectSkills: true, hostCommands: false } },
    ],
    [
      ["--allow-host-commands", "up"],
      { kind: "up", agents: 4, allowance: { projectSkills: false, hostCommands: true } },
    ],
    [
      ["verify", "r1"],
      { kind: "verify", run: "r1", share: 20, json: false, agents: 4, logs: false },
    ],
    [
      ["--agents", "2", "verify", "r1", "--share", "100", "--json", "--logs"],
      { kind: "verify", run: "r1", share: 100, json: true, agents: 2, logs: true },
    ],
    [["skills"], { kind: "skills", action: "ls", json: false }],
    [["skills", "ls", "--json"], { kind: "skills", action: "ls", json: true }],
    [["--json", "skills"], { kind: "skills", action: "ls", json: true }],
    [
      ["skills", "show", "x", "--allow-host-commands"],
      {
        kind: "skills",
        action: "show",
        name: "x",
        json: false,
        allowance: { projectSkills: false, hostCommands: true },
      },
    ],
    [["skills", "test", "x", "--json"], { kind: "skills", action: "test", name: "x", json: true }],
    [["skills", "new", "x"], { kind: "skills", action: "new", name: "x", form: "code" }],
    [
      ["skills", "new", "x", "--kind", "argv"],
      { kind: "skills", action: "new", name: "x", form: "argv" },
    ],
    [["sandbox", "doctor"], { kind: "sandbox", action: "doctor", json: false }],
    [
      [
        "sandbox",
        "exec",
        "--write",
        "out",
        "--timeout",
        "30s",
        "--memory",
        "1g",
        "--",
        "ls",
        "--all",
      ],
      {
        kind: "sandbox",
        action: "exec",
        argv: ["ls", "--all"],
        read: [],
        write: ["out"],
        limits: { wallMs: 30_000, memoryBytes: 1_073_741_824 },
      },
    ],
    [
      ["sandbox", "exec", "make", "--json", "test"],
      {
        kind: "sandbox",
        action: "exec",
        argv: ["make", "--json", "test"],
        read: [],
        write: [],
        limits: {},
      },
    ],
    [["up", "--sandbox", "none"], { kind: "up", agents: 4, sandbox: "none" }],
    [["doctor"], { kind: "doctor", json: false }],
    [["doctor", "--json"], { kind: "doctor", json: true }],
    [["--json", "doctor"], { kind: "doctor", json: true }],
    [["validate", "a.yaml", "-"], { kind: "validate", targets: ["a.yaml", "-"], json: false }],
    [
      ["validate", "x", "--allow-project-skills"],
      {
        kind: "validate",
        targets: ["x"],
        json: false,
        allowance: { projectSkills: true, hostCommands: false },
      },
    ],
    [["--json", "validate", "x"], { kind: "validate", targets: ["x"], json: true }],
    [["plan", "c.yaml"], { kind: "plan", cascade: "c.yaml", inputs: [], form: "text" }],
    [
      ["--json", "plan", "c", "--input", "a=1"],
      { kind: "plan", cascade: "c", inputs: ["a=1"], form: "json" },
    ],
    [["plan", "c", "--mermaid"], { kind: "plan", cascade: "c", inputs: [], form: "mermaid" }],
    [["explain"], { kind: "explain", json: false }],
    [["explain", "usage", "--json"], { kind: "explain", code: "usage", json: true }],
    [["schema"], { kind: "schema" }],
    [["init"], { kind: "init", folder: ".", name: "starter", json: false }],
    [
      ["init", "a b", "--name", "x", "--json"],
      { kind: "init", folder: "a b", name: "x", json: true },
    ],
    [["fmt", "a.yaml", "b"], { kind: "fmt", targets: ["a.yaml", "b"], check: false, fix: false }],
    [["fmt", "--check", "--fix", "-"], { kind: "fmt", targets: ["-"], check: true, fix: true }],
    [["up"], { kind: "up", agents: 4 }],
    [["up", "--agents", "256"], { kind: "up", agents: 256 }],
    [["--agents", "2", "up"], { kind: "up", agents: 2 }],
    [["--agents", "2", "up", "--agents", "3"], { kind: "up", agents: 3 }],
    [["--agents", "2", "--json", "run", "c.yaml"], { ...own, json: true, agents: 2 }],
  ])("%j is understood", (args, expected) => {
    expect(parse(...args)).toEqual(expected);
  });

  it.each([
    [["--onec"], "unknown option '--onec'", "(Did you mean --once?)"],
    [["run"], "missing required argument 'cascade'", expect.stringContaining("--help")],
    [["rnu", "c.yaml"], expect.stringMatching(/too many arguments/), expect.any(String)],
    [["valdate", "c.yaml"], expect.anything(), 'did you mean the command "validate"?'],
    [["--agents", "2", "validate", "x"], "validate does not take --agents", expect.any(String)],
    [["--json", "schema"], "schema does not take --json", expect.any(String)],
    [["--agents", "0"], expect.stringContaining("from 1 to 256"), expect.any(String)],
    [["--agents", "257"], expect.stringContaining("from 1 to 256"), expect.any(String)],
    [["--agents", "1e1"], expect.stringContaining("from 1 to 256"), expect.any(String)],
    [["--agents", ""], expect.stringContaining("from 1 to 256"), expect.any(String)],
    [["up", "--once"], "unknown option '--once'", expect.any(String)],
    [
      ["--fail-on", "dire"],
      expect.stringContaining("Allowed choices are critical, high, medium, low"),
      expect.any(String),
    ],
    [["--format", "pdf"], expect.stringContaining("Allowed choices are html"), expect.any(String)],
    [
      ["--fail-on", "high", "run", "c.yaml"],
      "run does not take --fail-on",
      expect.stringContaining("--input fail_on="),
    ],
    [
      ["--output", "x", "--baseline", "y", "up"],
      "up does not take --baseline, --output",
      expect.any(String),
    ],
    [
      ["--agents", "2", "--logs", "doctor"],
      "doctor does not take --logs, --agents",
      expect.any(String),
    ],
    [["--logs", "up"], "up does not take --logs", expect.any(String)],
    [["--once", "verify", "r1"], "verify does not take --once", expect.any(String)],
    [["verify"], "missing required argument 'run'", expect.any(String)],
    [
      ["verify", "r1", "--share", "0"],
      expect.stringContaining("from 1 to 100"),
      expect.any(String),
    ],
    [
      ["--allow-project-skills", "verify", "r1"],
      "verify does not take --allow-project-skills",
      expect.any(String),
    ],
    [["sandbox"], "sandbox needs a command", "known: doctor, exec"],
    [["sandbox", "exce", "x"], 'sandbox has no command "exce"', expect.any(String)],
    [
      ["sandbox", "exec", "--memory", "1.5x", "--", "ls"],
      expect.stringContaining("a whole number and a unit"),
      expect.any(String),
    ],
    [
      ["--sandbox", "off", "up"],
      expect.stringContaining("Allowed choices are bubblewrap, none"),
      expect.any(String),
    ],
    [["--sandbox", "none", "verify", "r1"], "verify does not take --sandbox", expect.any(String)],
    [["skills", "show"], "missing required argument 'name'", expect.any(String)],
    [["skills", "shw", "x"], 'skills has no command "shw"', 'did you mean "show"?'],
    [["skills", "ls", "--jsno"], "unknown option '--jsno'", "(Did you mean --json?)"],
    [["--once", "skills", "ls"], "skills ls does not take --once", expect.any(String)],
    [
      ["skills", "new", "x", "--kind", "shell"],
      expect.stringContaining("Allowed choices are code, argv, prompt"),
      expect.any(String),
    ],
    [["--json", "skills", "new", "x"], "skills new does not take --json", expect.any(String)],
    [
      ["skills", "show", "x", "y"],
      expect.stringMatching(/too many arguments/),
      expect.stringContaining("--help"),
    ],
    [
      ["--allow-host-commands", "fmt", "x"],
      "fmt does not take --allow-host-commands",
      expect.any(String),
    ],
    [["--once", "doctor"], "doctor does not take --once", expect.any(String)],
    [["--once", "up"], expect.stringContaining("takes neither"), undefined],
  ])("%j is refused with what is wrong", (args, message, hint) => {
    const refusal = (() => {
      try {
        return parse(...args);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(SwarmError);
    expect(refusal).toMatchObject({ code: "usage", message, hint });
  });

  it("shows help, with examples and exit codes, and asks for nothing", () => {
    let shown = "";
    const write = (text: string): void => {
      shown += text;
    };
    expect(parseCommandLine(["--help"], write)).toBeUndefined();
    expect(shown).toContain("npm run swarm -- --once ~/code/my-app");
    expect(shown).toContain("130 interrupted");
    shown = "";
    expect(parseCommandLine(["run", "--help"], write)).toBeUndefined();
    expect(shown).toContain("--input <key=value>");
  });
});
