import {
  chmod,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { endOfCommand, STARTS_MS } from "../../support/command.ts";

const UNTIDY = "cascade:   c\nstages:\n- {stage: a,skill: b}\n";
const TIDY = "cascade: c\nstages:\n  - { stage: a, skill: b }\n";

async function directoryWith(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cascade fmt "));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}

const textOf = (directory: string, name: string) => readFile(join(directory, name), "utf8");

describe("cascade-swarm fmt", { timeout: STARTS_MS }, () => {
  it("writes files in place, keeps their mode and links, and leaves nothing beside them", async () => {
    const directory = await directoryWith({ "a.yaml": UNTIDY, "b.yaml": TIDY });
    await chmod(join(directory, "a.yaml"), 0o640);
    await symlink("a.yaml", join(directory, "link.yml"));
    const end = await endOfCommand(directory, ["fmt", "link.yml", "."]);
    expect(end).toEqual({
      code: 0,
      stdout: "formatted  link.yml\nunchanged  a.yaml\nunchanged  b.yaml\nunchanged  link.yml\n",
      stderr: "",
    });
    expect(await textOf(directory, "a.yaml")).toBe(TIDY);
    expect((await stat(join(directory, "a.yaml"))).mode & 0o777).toBe(0o640);
    expect((await lstat(join(directory, "link.yml"))).isSymbolicLink()).toBe(true);
    expect(await readdir(directory)).toEqual(["a.yaml", "b.yaml", "link.yml"]);
  });

  it("changes nothing with --check, and exits with 1 when a file would change", async () => {
    const directory = await directoryWith({ "a.yaml": UNTIDY, "b.yaml": TIDY });
    expect(await endOfCommand(directory, ["fmt", "--check", "a.yaml", "b.yaml"])).toEqual({
      code: 1,
      stdout: "would change  a.yaml\nunchanged  b.yaml\n",
      stderr: "",
    });
    expect(await textOf(directory, "a.yaml")).toBe(UNTIDY);
    expect(await endOfCommand(directory, ["fmt", "--check", "b.yaml"])).toMatchObject({ code: 0 });
  });

  it("shows where a file is no YAML, leaves it, and formats the others", async () => {
    const directory = await directoryWith({ "a.yaml": "a: b: c\n", "b.yaml": UNTIDY });
    expect(await endOfCommand(directory, ["fmt", "a.yaml", "none.yaml", "b.yaml"])).toEqual({
      code: 2,
      stdout: "invalid  a.yaml\nrefused  none.yaml\nformatted  b.yaml\n",
      stderr: `a.yaml:1:4  error invalid-yaml  Nested mappings are not allowed in compact mappings
  1 | a: b: c
    |    ^
  a text that holds \`: \` needs quotes
error path-not-found: ${join(directory, "none.yaml")}: ${join(directory, "none.yaml")} does not exist
`,
    });
    expect(await textOf(directory, "a.yaml")).toBe("a: b: c\n");
  });

  it("corrects with --fix, and a second time finds nothing to do", async () => {
    const directory = await directoryWith({ "a.yaml": UNTIDY.replace("stages", "stagse") });
    await writeFile(join(directory, "cascade.schema.json"), "{}");
    expect(await endOfCommand(directory, ["fmt", "--fix", "a.yaml"])).toEqual({
      code: 0,
      stdout: "formatted  a.yaml\n",
      stderr:
        'a.yaml:2:1  fix  "stagse" → "stages"\na.yaml:1:1  fix  the first line names the schema to editors\n',
    });
    expect(await textOf(directory, "a.yaml")).toBe(
      `# yaml-language-server: $schema=./cascade.schema.json\n${TIDY}`,
    );
    expect(await endOfCommand(directory, ["fmt", "--check", "--fix", "."])).toEqual({
      code: 0,
      stdout: "unchanged  a.yaml\n",
      stderr: "",
    });
  });

  it("is a filter from standard input to standard output", async () => {
    const directory = await directoryWith({});
    const end = { code: 0, stdout: TIDY, stderr: "" };
    expect(await endOfCommand(directory, ["fmt", "-"], UNTIDY)).toEqual(end);
    expect(await endOfCommand(directory, ["fmt", "-"], "a: b: c")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^<stdin>:1:4 {2}error invalid-yaml/),
    });
    expect(await endOfCommand(directory, ["fmt", "-", "a.yaml"])).toEqual({
      code: 2,
      stdout: "",
      stderr: "error usage: - goes alone: standard output has room for one text\n",
    });
  });
});
