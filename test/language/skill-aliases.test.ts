import { describe, expect, it } from "vitest";
import { NOTHING_ALLOWED } from "../../core/skill-allowance.ts";
import { compileCascade } from "../../language/compile.ts";
import { openSkillCatalog } from "../../language/skill-catalog.ts";
import { parseSkill } from "../../language/skill-manifest.ts";
import { openSwarmCatalog } from "../../language/swarm-catalog.ts";
import { makePlace } from "../support/place.ts";

const SKILL = (name: string, aliases = "", outputs = "[]"): string =>
  `---\nname: ${name}\ndescription: Does ${name}.\nmetadata:\n  entry: run.mts\n  outputs: ${outputs}\n${aliases === "" ? "" : `  aliases: ${aliases}\n`}---\n`;
const PROMPT = (name: string, aliases = ""): string =>
  `---\nname: ${name}\ndescription: Does ${name}.\n${aliases === "" ? "" : `metadata:\n  aliases: ${aliases}\n`}---\nDo.\n`;
const FOLDER = "/skills/alpha";

describe("second names of skills", () => {
  it.each(["one-name, another", "[one-name, another]"])("are read from SKILL.md: %s", (aliases) => {
    expect(parseSkill({ skillFile: PROMPT("alpha", aliases) }, FOLDER).aliases).toEqual([
      "one-name",
      "another",
    ]);
  });

  it("are read from skill.yaml", () => {
    const declarationFile = "description: Does it.\nrun: [./run.sh]\naliases: [beta]\n";
    expect(parseSkill({ declarationFile }, FOLDER).aliases).toEqual(["beta"]);
  });

  it.each([
    ["Bad_Name", "must be lower-case letters and digits"],
    ["beta, beta", "has a name twice"],
  ])("must be names: %s", (aliases, message) => {
    expect(() => parseSkill({ skillFile: PROMPT("alpha", aliases) }, FOLDER)).toThrow(message);
  });

  it("find the skill, and the plan has its own name", async () => {
    await using place = await makePlace({
      "s/alpha/SKILL.md": SKILL("alpha", "beta", "[{ name: words, type: integer }]"),
      "s/alpha/run.mts": "",
      "s/gamma/SKILL.md": SKILL("gamma"),
      "s/gamma/run.mts": "",
    });
    const catalog = await openSkillCatalog([place.path("s")]);
    const text = `cascade:
  name: c
  stages:
    - { stage: a, type: parallel, skills: [beta, gamma] }
  outputs: { n: "\${a.alpha.words}" }
`;

    const compiled = compileCascade({ text, file: "c.yaml" }, catalog);

    expect(compiled.ok ? [] : compiled.diagnostics).toEqual([]);
    expect(compiled.ok && compiled.plan.stages[0]?.skills.map(({ skill }) => skill)).toEqual([
      "alpha",
      "gamma",
    ]);
    expect(catalog.names()).toEqual(["alpha", "gamma"]);
  });

  it.each([
    [{ "s/alpha/SKILL.md": PROMPT("alpha", "same"), "s/beta/SKILL.md": PROMPT("beta", "same") }],
    [{ "s/alpha/SKILL.md": PROMPT("alpha", "beta"), "s/beta/SKILL.md": PROMPT("beta") }],
  ])("belong to one trusted skill only: %j", async (files) => {
    await using place = await makePlace(files);

    await expect(openSkillCatalog([place.path("s")])).rejects.toMatchObject({
      code: "invalid-skill",
      message: expect.stringContaining("means two skills: alpha"),
    });
  });

  it("that two skills of a project claim are refused where they are used", async () => {
    await using place = await makePlace({
      "skills/alpha/SKILL.md": PROMPT("alpha", "same"),
      "skills/beta/SKILL.md": PROMPT("beta", "same, other"),
    });

    const catalog = await openSwarmCatalog({
      directory: place.root,
      allowance: NOTHING_ALLOWED,
      env: {},
    });

    expect([catalog.find("same"), catalog.refusalOf("same")?.code]).toEqual([
      undefined,
      "invalid-skill",
    ]);
    expect(catalog.find("other")?.name).toBe("beta");
  });

  it("of trusted skills are not taken over by a project without allowance", async () => {
    await using place = await makePlace({
      "added/alpha/SKILL.md": PROMPT("alpha", "wanted"),
      "skills/wanted/SKILL.md": PROMPT("wanted"),
      "skills/thief/SKILL.md": PROMPT("thief", "wanted"),
    });
    const env = { CASCADE_SKILLS: place.path("added") };
    const open = (projectSkills: boolean) =>
      openSwarmCatalog({
        directory: place.root,
        allowance: { projectSkills, hostCommands: false },
        env,
      });

    expect((await open(false)).find("wanted")?.name).toBe("alpha");
    expect((await open(true)).find("wanted")?.name).toBe("wanted");
  });
});
