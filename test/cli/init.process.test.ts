import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatYaml } from "../../interfaces/cli/format/format-yaml.ts";
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
