import { readFile } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { makePlace } from "../support/place.ts";
import { isGone } from "../support/processes.ts";
import { startSwarmProcess } from "../support/swarm-process.ts";

const FILES = {
  "c.yaml": "cascade: own\nstages:\n  - { stage: a, skill: shout, inputs: { text: hello } }\n",
  "skills/shout/SKILL.md": `---
name: shout
description: Makes a text loud.
metadata:
  version: "1.0.0"
  entry: run.mts
  inputs: |
    - { name: text, type: string }
  outputs: |
    - { name: loud, type: string }
---
`,
  "skills/shout/run.mts":
    "export const run = async ({ text }: { text: string }) => ({ loud: text.toUpperCase() });\n",
  "skills/broken/SKILL.md": "no frontmatter",
};

async function endOf(directory: string, args: readonly string[]) {
  await using swarm = startSwarmProcess(directory, ["run", "c.yaml", "--agents", "1", ...args]);
  const code = await swarm.ended;
  return { code, text: swarm.text.join("\n"), lines: swarm.lines };
}

describe("a project's own skill", () => {
  it("does not run unless the user allows it, and the error names the flag", async () => {
    await using place = await makePlace(FILES);
    expect(await endOf(place.root, [])).toEqual({
      code: 2,
      lines: [],
      text: [
        'c.yaml:3:24  error not-allowed  the skill "shout" is code that this project brings (skills/shout)',
        "  3 |   - { stage: a, skill: shout, inputs: { text: hello } }",
        "    |                        ^",
        "  when you trust it, allow it with --allow-project-skills; a swarm that runs already has to be started again",
        "1 error(s) in c.yaml",
      ].join("\n"),
    });
  });

  it("runs when it is allowed, which the log says, beside a broken one", async () => {
    await using place = await makePlace(FILES);
    const { code, lines } = await endOf(place.root, ["--json", "--allow-project-skills"]);
    expect(code).toBe(0);
    expect(lines.find((line) => line["schemaVersion"] === 1)).toMatchObject({
      output: { loud: "HELLO" },
    });
    expect(lines.find((line) => line.event === "skills.allowed")).toMatchObject({
      allowed: "project-skills",
      folders: [place.path("skills")],
    });
  });

  it("is refused by a running swarm that was started without the flag", async () => {
    await using place = await makePlace(FILES);
    await using swarm = startSwarmProcess(place.root, ["up", "--agents", "1"]);
    await swarm.seen("swarm.ready");
    const { code, text } = await endOf(place.root, ["--allow-project-skills"]);
    expect({ code, text }).toEqual({
      code: 2,
      text: expect.stringContaining("error not-allowed: own:3:24: the skill"),
    });
  });
});

describe("a project's skill that is a program", () => {
  const PROGRAM = {
    "c.yaml": "cascade: own\nstages:\n  - { stage: a, skill: tool, inputs: { text: a b c } }\n",
    ".cascade/skills/tool/skill.yaml": `description: Counts words.
run: [node, run.mjs]
inputs:
  - { name: text, type: string }
outputs:
  - { name: words, type: integer }
`,
  };
  const run = (program: string) => ({ ...PROGRAM, ".cascade/skills/tool/run.mjs": program });

  it("runs when programs are allowed, with its output checked and its words in the log", async () => {
    await using place = await makePlace(
      run(
        'console.error("counting"); console.log(JSON.stringify({ words: process.env.INPUT_TEXT.split(" ").length }));',
      ),
    );
    const { code, lines } = await endOf(place.root, ["--json", "--allow-host-commands"]);
    expect(code).toBe(0);
    expect(lines.find((line) => line["schemaVersion"] === 1)).toMatchObject({
      output: { words: 3 },
    });
    expect(lines.find((line) => line.event === "skill.said")).toMatchObject({
      line: "counting",
      stageId: "a",
      service: "agent-1",
    });
  });

  it("fails the run when its output is not what it declares", async () => {
    await using place = await makePlace(run('console.log(JSON.stringify({ words: "three" }));'));
    const { code, text } = await endOf(place.root, ["--allow-host-commands"]);
    expect({ code, text }).toEqual({
      code: 1,
      text: expect.stringContaining('"words" of the skill tool must be of type integer'),
    });
  });

  it("does not outlive its agent, even one that is killed", async () => {
    await using place = await makePlace(
      run(
        'import { writeFileSync } from "node:fs"; writeFileSync("pid", String(process.pid)); setInterval(() => {}, 1000);',
      ),
    );
    await using swarm = startSwarmProcess(place.root, [
      "run",
      "c.yaml",
      "--agents",
      "1",
      "--allow-host-commands",
    ]);
    const pid = await vi.waitFor(async () => {
      const written = Number(await readFile(place.path(".cascade/skills/tool/pid"), "utf8"));
      expect(written).toBeGreaterThan(0);
      return written;
    }, 30_000);
    process.kill(swarm.pidOf("agent-1"), "SIGKILL");
    await vi.waitFor(() => expect(isGone(pid)).toBe(true), 10_000);
  });
});
