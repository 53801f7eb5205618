import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { endOfCommand, STARTS_MS } from "../../support/command.ts";

const CASCADE = `cascade: small
inputs: [{ name: path, type: path, default: . }, { name: words, type: array }]
stages:
  - { stage: find, skill: discover-files }
  - { stage: each, transform: "\${size(words)}" }
`;

async function directoryWith(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cascade plan "));
  await writeFile(join(directory, "c.yaml"), text);
  return directory;
}

describe("cascade-swarm plan", { timeout: STARTS_MS }, () => {
  it("shows what a run would do and starts nothing", async () => {
    const directory = await directoryWith(CASCADE);
    const { code, stdout, stderr } = await endOfCommand(directory, ["plan", "c.yaml"]);
    expect({ code, stdout, stderr, files: await readdir(directory) }).toEqual({
      code: 0,
      stdout: `small

2 stages in 2 waves, 1 task

Inputs
  path   path   "." (default)
  words  array  to be given

Wave 1
  find · sequential · 1 task
    skill     discover-files (heavy)
    attempts  at most 4 of 10m each; waits of at most 500ms, 1s, 2s

Wave 2
  each · transform
    after     find
    value     \${size(words)}

Worst case
  attempts    4
  time        40m 4s, if every attempt takes its whole time and no task waits for an agent
  model cost  none: no model is used

Side effects
  not declared: skills do not say what they write, send or start
`,
      stderr: "",
      files: ["c.yaml"],
    });
  });

  it("answers JSON and Mermaid, the same for the same cascade", async () => {
    const directory = await directoryWith(CASCADE);
    const json = ["--json", "plan", "c.yaml", "--input", "words=[1]"];
    const [first, second, mermaid] = await Promise.all([
      endOfCommand(directory, json),
      endOfCommand(directory, json),
      endOfCommand(directory, ["plan", "--mermaid", "code-quality-swarm"]),
    ]);
    expect(first).toEqual(second);
    expect(JSON.parse(first.stdout)).toMatchObject({
      schemaVersion: 1,
      cascade: "small",
      tasks: 1,
    });
    expect(mermaid).toEqual({
      code: 0,
      stdout: `flowchart TD
  n0["discover<br/>discover-files"]
  n1["quality-checks<br/>lint-code<br/>security-scan<br/>complexity-analysis<br/>3 tasks for each entry"]
  n2["coverage<br/>test-coverage"]
  n3["aggregate<br/>merge-quality-reports"]
  n0 --> n1
  n1 --> n2
  n2 --> n3
`,
      stderr: "",
    });
  });

  it.each([
    ["an invalid cascade", CASCADE.replace("discover-files", "discover-file"), []],
    ["no YAML", "cascade: [", []],
    ["a required input that is missing", CASCADE, ["--input", "path=."]],
    ["an input of the wrong type", CASCADE, ["--input", "words=1"]],
    ["an input that there is not", CASCADE, ["--input", "word=1"]],
    ["a path that there is not", CASCADE, ["--input", "words=[]", "--input", "path=nowhere"]],
  ])("refuses %s as run does", async (_, text, inputs) => {
    const directory = await directoryWith(text);
    const [plan, run] = await Promise.all([
      endOfCommand(directory, ["plan", "c.yaml", ...inputs]),
      endOfCommand(directory, ["run", "c.yaml", ...inputs]),
    ]);
    expect(plan).toEqual(run);
    expect(plan).toMatchObject({ code: 2, stdout: "" });
  });
});
