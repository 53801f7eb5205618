import { describe, expect, it } from "vitest";
import { NOTHING_ALLOWED } from "../../core/skill-allowance.ts";
import { compileCascade } from "../../language/compile.ts";
import { shippedSkillsFolder } from "../../language/skill-catalog.ts";
import { openSwarmCatalog } from "../../language/swarm-catalog.ts";
import { problems } from "./stage-problems.ts";

const deploy = (approval: string, argv = "[deploy, now]"): string =>
  `  - { stage: confirm, approve: "Deploy?" }\n  - { stage: said, transform: { approved: true, by: "me" } }\n  - { stage: ship, skill: deploy-fast, inputs: { argv: ${argv}, approval: ${approval} } }\n`;

describe("a stage that deploys", () => {
  it("takes the approval of a stage before it", () => {
    expect(problems(deploy('"${confirm}"'))).toEqual([]);
  });

  const WRITTEN = {
    code: "invalid-cascade",
    message: "the approval must be what a stage with `approve` has put out",
  };
  it.each([
    ["that is written", "{ approved: true, by: me }"],
    ["that a transform writes", '"${said}"'],
    ["that an input brings", '"${list}"'],
  ])("refuses an approval %s", (_, approval) => {
    expect(problems(deploy(approval))).toContainEqual(expect.objectContaining(WRITTEN));
  });

  it("refuses a program that data chooses", () => {
    expect(problems(deploy('"${confirm}"', '["${name}"]'))).toMatchObject([
      { message: "the program that is run must be written here, without ${…}" },
    ]);
  });

  it("is refused without the allowance for commands of this machine", async () => {
    const directory = `${shippedSkillsFolder}/..`;
    const skills = await openSwarmCatalog({ directory, allowance: NOTHING_ALLOWED, env: {} });
    const text = `cascade: c\nstages:\n${deploy('"${confirm}"')}`;
    expect(compileCascade({ text, file: "c.yaml" }, skills)).toMatchObject({
      ok: false,
      diagnostics: [
        { code: "not-allowed", hint: expect.stringContaining("--allow-host-commands") },
      ],
    });
  });
});
