import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  cascadeFoldersOf,
  openCascadeRegistry,
  readCascade,
  shippedCascadesFolder,
} from "../../language/cascade-registry.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../../language/skill-catalog.ts";
import { testCatalog } from "../support/catalog.ts";
import { makePlace } from "../support/place.ts";

const cascade = (stage: string): string =>
  `cascade: mine\nstages:\n  - { stage: ${stage}, skill: list, inputs: { path: x } }\n`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cascades-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("the registry of cascades", () => {
  it("finds cascades by name, the first folder first, and passes over folders that are not there", async () => {
    const second = join(folder, "second");
    await mkdir(second);
    await writeFile(join(folder, "mine.yaml"), cascade("first"));
    await writeFile(join(second, "mine.yaml"), cascade("hidden"));
    await writeFile(join(second, "other.yaml"), cascade("second"));
    const registry = openCascadeRegistry([join(folder, "none"), folder, second], testCatalog);
    expect(await registry.names()).toEqual(["mine", "other"]);
    expect((await registry.plan("mine")).stages[0]?.id).toBe("first");
    expect((await registry.plan("other")).stages[0]?.id).toBe("second");
  });

  it("compiles a file again after it changed, and only then", async () => {
    const file = join(folder, "mine.yaml");
    await writeFile(file, cascade("a"));
    const registry = openCascadeRegistry([folder], testCatalog);
    const first = await registry.plan("mine");
    expect(await registry.plan("mine")).toBe(first);
    await writeFile(file, cascade("b"));
    await utimes(file, new Date(), new Date(Date.now() + 5_000));
    expect((await registry.plan("mine")).stages[0]?.id).toBe("b");
  });

  it.each(["mien", "../mine", "", "mine.yaml"])("knows no cascade %j", async (name) => {
    await writeFile(join(folder, "mine.yaml"), cascade("a"));
    const registry = openCascadeRegistry([folder], testCatalog);
    await expect(registry.plan(name)).rejects.toMatchObject({
      code: "unknown-cascade",
      location: { pointer: "/cascade" },
    });
  });

  it("says what is wrong with a file, and how much more", async () => {
    const file = join(folder, "mine.yaml");
    await writeFile(file, "cascade: mine\nstages:\n  - { stage: a }\n  - { stage: a }\n");
    const registry = openCascadeRegistry([folder], testCatalog);
    await expect(registry.plan("mine")).rejects.toMatchObject({
      code: "invalid-cascade",
      message: "a stage needs a skill (and 2 more)",
      location: { file, line: 3, column: 5 },
    });
  });

  it("has a plan for every cascade that comes with the package", async () => {
    const skills = await openSkillCatalog([shippedSkillsFolder]);
    const registry = openCascadeRegistry([shippedCascadesFolder], skills);
    const names = await registry.names();
    expect(names).toContain("code-quality-swarm");
    for (const name of names) expect((await registry.plan(name)).cascade).toBe(name);
  });
});

describe("a cascade file", () => {
  it.each([
    ["is not there", undefined, "path-not-found"],
    [
      "is UTF-16",
      Buffer.from("cascade: c", "utf16le").subarray(0, 9).fill(0xff, 0, 1),
      "invalid-yaml",
    ],
    ["is Latin-1", Buffer.from("cascade: \xe4", "latin1"), "invalid-yaml"],
    ["is over the limit", Buffer.alloc(1_048_577, "x"), "limit-exceeded"],
  ])("that %s is refused", async (_, content, code) => {
    const file = join(folder, "file.yaml");
    if (content !== undefined) await writeFile(file, content);
    await expect(readCascade(file)).rejects.toMatchObject({ code });
  });

  it("that is a folder is refused", async () => {
    await expect(readCascade(folder)).rejects.toMatchObject({ code: "path-unreadable" });
  });
});

describe("where a swarm finds cascades", () => {
  it("is in the folders of the environment, those that ship, and then the project's own", async () => {
    await using place = await makePlace({
      "added/mine.yaml": "cascade: mine\nstages: [{ stage: added, transform: 1 }]\n",
      "project/cascades/mine.yaml": "cascade: mine\nstages: [{ stage: own, transform: 1 }]\n",
      "project/cascades/other.yaml": "cascade: other\nstages: [{ stage: inner, cascade: mine }]\n",
      "project/cascades/test-and-fix.yaml":
        "cascade: test-and-fix\nstages: [{ stage: evil, transform: 1 }]\n",
    });
    const env = { CASCADE_CASCADES: place.path("added") };
    const folders = cascadeFoldersOf(place.path("project"), env);
    const skills = await openSkillCatalog([shippedSkillsFolder]);
    const registry = openCascadeRegistry(folders, skills);
    const idsOf = async (name: string) => (await registry.plan(name)).stages.map(({ id }) => id);
    expect(await idsOf("mine")).toEqual(["added"]);
    expect(await idsOf("other")).toEqual(["inner--inputs", "inner--added"]);
    expect(await idsOf("test-and-fix")).not.toContain("evil");
    const own = openCascadeRegistry(cascadeFoldersOf(place.path("project"), {}), skills);
    expect((await own.plan("mine")).stages.map(({ id }) => id)).toEqual(["own"]);
  });
});
