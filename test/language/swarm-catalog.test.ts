import { symlink } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { NOTHING_ALLOWED } from "../../core/skill-allowance.ts";
import { compileCascade } from "../../language/compile.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../../language/skill-catalog.ts";
import { openSwarmCatalog, type SwarmCatalog } from "../../language/swarm-catalog.ts";
import { makePlace } from "../support/place.ts";

const PROMPT = (name: string): string =>
  `---\nname: ${name}\ndescription: Does ${name}.\n---\nDo.\n`;
const CODE = (name: string): string =>
  `---\nname: ${name}\ndescription: Does ${name}.\nmetadata:\n  entry: run.mts\n---\n`;
const PROGRAM = "description: Does it.\nrun: [./run.sh]\n";

const PROJECT_SKILLS = { projectSkills: true, hostCommands: false };
const HOST_COMMANDS = { projectSkills: false, hostCommands: true };
const open = (directory: string, allowance = NOTHING_ALLOWED): Promise<SwarmCatalog> =>
  openSwarmCatalog({ directory, allowance, env: {} });

const told = (catalog: SwarmCatalog, ...names: string[]) =>
  catalog.entries
    .filter(({ name }) => names.includes(name))
    .map(({ name, source, refusal, shadowedBy }) => [name, source, refusal?.code, shadowedBy]);

describe("the skills of a swarm", () => {
  it("come from the project's folders in their order, then from what is shipped", async () => {
    await using place = await makePlace({
      ".cascade/skills/alpha/SKILL.md": PROMPT("alpha"),
      ".claude/skills/alpha/SKILL.md": PROMPT("alpha"),
      ".claude/skills/beta/SKILL.md": PROMPT("beta"),
      "skills/beta/SKILL.md": PROMPT("beta"),
      "skills/gamma/SKILL.md": PROMPT("gamma"),
      "skills/notes/README.md": "no skill",
    });

    const catalog = await open(place.root);

    expect(told(catalog, "alpha", "beta", "gamma", "notes")).toEqual([
      ["alpha", ".cascade/skills", undefined, undefined],
      ["alpha", ".claude/skills", undefined, ".cascade/skills"],
      ["beta", ".claude/skills", undefined, undefined],
      ["beta", "skills", undefined, ".claude/skills"],
      ["gamma", "skills", undefined, undefined],
    ]);
    expect(catalog.find("beta")?.folder).toBe(place.path(".claude/skills/beta"));
    expect(catalog.find("lint-code")?.folder).toContain(shippedSkillsFolder);
  });

  it("do not depend on a broken one: only a cascade that names it fails, with its error", async () => {
    await using place = await makePlace({
      "skills/bad/SKILL.md": "---\nname: bad\ndescription: [\n---\n",
      "skills/good/SKILL.md": PROMPT("good"),
    });

    const catalog = await open(place.root);

    expect([
      catalog.find("good")?.name,
      catalog.find("bad"),
      catalog.names().includes("bad"),
    ]).toEqual(["good", undefined, false]);
    const text = "cascade: c\nstages:\n  - { stage: a, skill: bad }\n";
    expect(compileCascade({ text, file: "c.yaml" }, catalog)).toEqual({
      ok: false,
      diagnostics: [
        expect.objectContaining({
          code: "invalid-skill",
          message: expect.stringContaining(
            'the skill "bad" is broken: skills/bad/SKILL.md:4:1: not valid YAML',
          ),
          location: { file: "c.yaml", line: 3, column: 24 },
        }),
      ],
    });
  });

  it.each([
    [NOTHING_ALLOWED, "not-allowed", "not-allowed"],
    [HOST_COMMANDS, "not-allowed", undefined],
    [PROJECT_SKILLS, undefined, undefined],
  ])("that are code of the project are refused unless allowed: %j", async (allowance, code, argv) => {
    await using place = await makePlace({
      "skills/alpha/SKILL.md": CODE("alpha"),
      "skills/alpha/run.mts": "",
      "skills/beta/skill.yaml": PROGRAM,
      "skills/beta/run.sh": "",
      "skills/gamma/SKILL.md": PROMPT("gamma"),
    });

    const catalog = await open(place.root, allowance);

    expect(["alpha", "beta", "gamma"].map((name) => catalog.refusalOf(name)?.code)).toEqual([
      code,
      argv,
      undefined,
    ]);
    const text = "cascade: c\nstages:\n  - { stage: a, skill: alpha }\n";
    expect(compileCascade({ text, file: "c.yaml" }, catalog)).toMatchObject(
      code === undefined
        ? { ok: true }
        : {
            ok: false,
            diagnostics: [
              {
                code,
                message: 'the skill "alpha" is code that this project brings (skills/alpha)',
                hint: expect.stringContaining("allow it with --allow-project-skills"),
                location: { file: "c.yaml", line: 3, column: 24 },
              },
            ],
          },
    );
  });

  it.each([
    [NOTHING_ALLOWED, "not-allowed"],
    [PROJECT_SKILLS, "not-allowed"],
    [HOST_COMMANDS, undefined],
  ])("run commands of cascades only when that is allowed, whoever brings the skill: %j", async (allowance, code) => {
    await using place = await makePlace({});
    await using own = await makePlace({
      "skills/run-command/SKILL.md": CODE("run-command"),
      "skills/run-command/run.mts": "",
    });

    for (const { root } of [place, own]) {
      const catalog = await open(root, allowance);
      expect(catalog.refusalOf("run-command")?.code).toBe(code);
      expect(catalog.names().includes("run-command")).toBe(code === undefined);
    }
  });

  it("keep the shipped ones' names from what may not run", async () => {
    await using place = await makePlace({
      "skills/lint-code/SKILL.md": CODE("lint-code"),
      "skills/lint-code/run.mts": "",
      "skills/security-scan/SKILL.md": "broken",
      ".claude/skills/test-coverage/SKILL.md": PROMPT("test-coverage"),
    });
    const names = ["lint-code", "security-scan", "test-coverage"];

    expect(told(await open(place.root), ...names)).toEqual([
      ["lint-code", "shipped", undefined, undefined],
      ["lint-code", "skills", "not-allowed", "shipped"],
      ["security-scan", "shipped", undefined, undefined],
      ["security-scan", "skills", "invalid-skill", "shipped"],
      ["test-coverage", "shipped", undefined, undefined],
      ["test-coverage", ".claude/skills", undefined, "shipped"],
    ]);
    expect(told(await open(place.root, PROJECT_SKILLS), ...names)).toEqual([
      ["lint-code", "skills", undefined, undefined],
      ["lint-code", "shipped", undefined, "skills"],
      ["security-scan", "skills", "invalid-skill", undefined],
      ["security-scan", "shipped", undefined, "skills"],
      ["test-coverage", ".claude/skills", undefined, undefined],
      ["test-coverage", "shipped", undefined, ".claude/skills"],
    ]);
  });

  it("are not read through links that lead out of the project or the skill", async () => {
    await using outside = await makePlace({
      "skills/far/SKILL.md": PROMPT("far"),
      "secret.md": PROMPT("near"),
    });
    await using place = await makePlace({
      "skills/near/README.md": "",
      "skills/inner/SKILL.md": CODE("inner"),
      "shared/real/SKILL.md": PROMPT("linked"),
    });
    await symlink(outside.path("skills/far"), place.path("skills/far"));
    await symlink(outside.path("secret.md"), place.path("skills/near/SKILL.md"));
    await symlink(outside.path("secret.md"), place.path("skills/inner/run.mts"));
    await symlink(place.path("shared/real"), place.path("skills/linked"));
    await symlink(outside.root, place.path(".claude"));

    const catalog = await open(place.root, PROJECT_SKILLS);

    expect(told(catalog, "far", "inner", "linked", "near")).toEqual(
      ["far", "inner", "linked", "near"].map((name) => [
        name,
        "skills",
        "invalid-skill",
        undefined,
      ]),
    );
    expect(catalog.problems.map(({ message }) => message)).toEqual([
      ".claude/skills is a link out of the project",
    ]);
  });

  it("are read once when the project is this program, or one folder a link to another", async () => {
    await using place = await makePlace({
      "skills/alpha/SKILL.md": PROMPT("alpha"),
      ".claude/x": "",
    });
    await symlink("../skills", place.path(".claude/skills"));

    expect(told(await open(place.root), "alpha")).toEqual([
      ["alpha", ".claude/skills", undefined, undefined],
    ]);
    const shipped = await openSkillCatalog([shippedSkillsFolder]);
    const here = await open(`${shippedSkillsFolder}/..`);
    expect(here.entries.map(({ name }) => name)).toEqual(shipped.names());
  });
});
