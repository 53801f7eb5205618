import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSkillCatalog, shippedSkillsFolder } from "../../language/skill-catalog.ts";
import { makePlace } from "../support/place.ts";

const SKILL = (name: string, metadata = ""): string =>
  `---\nname: ${name}\ndescription: Does ${name}.\n${metadata}---\n`;

describe("openSkillCatalog", () => {
  it("holds every skill that comes with the package, and each can be run", async () => {
    const catalog = await openSkillCatalog([shippedSkillsFolder]);

    expect(catalog.names()).toEqual(
      expect.arrayContaining([
        "complexity-analysis",
        "discover-files",
        "lint-code",
        "merge-quality-reports",
      ]),
    );
    for (const name of catalog.names()) {
      const manifest = catalog.find(name);
      const module = await import(join(manifest?.folder ?? "", manifest?.entry ?? ""));
      expect({ name, run: typeof module.run }).toEqual({ name, run: "function" });
    }
  });

  it("finds skills of several folders by name and passes over what is no skill", async () => {
    await using place = await makePlace({
      "one/alpha/SKILL.md": SKILL("alpha"),
      "one/notes/README.md": "no skill",
      "one/shared.ts": "",
      "two/beta/SKILL.md": SKILL("beta"),
    });

    const catalog = await openSkillCatalog([place.path("one"), place.path("two")]);

    expect([catalog.names(), catalog.find("beta")?.folder, catalog.find("gamma")]).toEqual([
      ["alpha", "beta"],
      place.path("two/beta"),
      undefined,
    ]);
  });

  it.each([
    [{ "one/alpha/SKILL.md": SKILL("beta") }, "invalid-skill", "but its folder `alpha`"],
    [
      { "one/alpha/SKILL.md": SKILL("alpha", 'metadata:\n  version: "1"\n  entry: run.ts\n') },
      "invalid-skill",
      "has no file run.ts",
    ],
    [
      { "one/alpha/SKILL.md": SKILL("alpha"), "two/alpha/SKILL.md": SKILL("alpha") },
      "invalid-skill",
      "two skills are called alpha",
    ],
    [{ "two/alpha/SKILL.md": SKILL("alpha") }, "path-not-found", "does not exist"],
  ])("refuses %j with %s", async (files, code, message) => {
    await using place = await makePlace({ "two/.keep": "", ...files });

    await expect(openSkillCatalog([place.path("one"), place.path("two")])).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
