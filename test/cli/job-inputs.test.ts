import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CascadeRefused, jobFromCommandLine } from "../../interfaces/cli/job-inputs.ts";

const newDirectory = () => mkdtemp(join(tmpdir(), "cascade inputs "));
const YAML = `cascade: own
inputs:
  - { name: where, type: path }
  - { name: count, type: integer, default: 1 }
  - { name: text, type: string, default: "" }
  - { name: list, type: array, default: [] }
stages:
  - { stage: find, skill: discover-files, inputs: { path: "\${inputs.where}" } }
`;

async function withCascade() {
  const directory = await newDirectory();
  await writeFile(join(directory, "own.yaml"), YAML);
  await mkdir(join(directory, "src"));
  return (cascade: string, ...inputs: string[]) =>
    jobFromCommandLine({ cascade, inputs, directory, env: {} }).then(({ job }) => ({
      ...job,
      isHere: job.directory === directory,
    }));
}

describe("a job from the command line", () => {
  it("carries a cascade file's text and inputs of their declared types", async () => {
    const job = await withCascade();
    expect(await job("own.yaml", "where=src", "count=3", "text=3=4", "list=[1]")).toMatchObject({
      cascade: "own",
      definition: YAML,
      isHere: true,
      inputs: { where: "src", count: 3, text: "3=4", list: [1] },
    });
    expect(await job("./own.yaml", "where=.")).toMatchObject({ definition: YAML });
  });

  it("names a registered cascade and leaves its text out", async () => {
    const job = await withCascade();
    const { definition, ...rest } = await job("code-quality-swarm", "path=src");
    expect(definition).toBeUndefined();
    expect(rest).toMatchObject({ cascade: "code-quality-swarm", inputs: { path: "src" } });
  });

  it.each([
    [["own.yaml"], "missing-input", /"where" is required/],
    [["own.yaml", "where=nowhere"], "path-not-found", /nowhere does not exist/],
    [["own.yaml", "where=own.yaml/x"], "path-not-found", /own\.yaml\/x does not exist/],
    [["own.yaml", "where"], "usage", /--input where: expected key=value/],
    [["own.yaml", "=x"], "usage", /--input =x: expected key=value/],
    [["own.yaml", "where=src", "where=src"], "usage", /where is given twice/],
    [["own.yaml", "were=src"], "unknown-input", /has no input "were"/],
    [["own.yaml", "where=src", "count=many"], "invalid-input", /must be of type integer/],
    [["own.yaml", "where=src", "list=x"], "invalid-input", /must be of type array/],
    [["code-quality"], "unknown-cascade", /code-quality/],
    [["./code-quality-swarm"], "path-not-found", /code-quality-swarm/],
  ])("%j is refused: %s", async ([cascade = "", ...inputs], code, message) => {
    const job = await withCascade();
    await expect(job(cascade, ...inputs)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it("shows each error of a cascade file in its place", async () => {
    const directory = await newDirectory();
    await writeFile(join(directory, "bad.yaml"), "cascade: bad\nstages: []\nstagse: 1\n");
    await expect(
      jobFromCommandLine({ cascade: "bad.yaml", inputs: [], directory, env: {} }),
    ).rejects.toSatisfy(
      (error) => error instanceof CascadeRefused && /^bad\.yaml:3:1 {2}error/m.test(error.message),
    );
  });
});
