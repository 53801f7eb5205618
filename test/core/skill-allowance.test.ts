import { describe, expect, it } from "vitest";
import { allowanceAsText, allowanceFromText } from "../../core/skill-allowance.ts";

describe("what is allowed of a project's skills", () => {
  it.each([
    [undefined, false, false],
    ["", false, false],
    ["project-skills", true, false],
    ["host-commands", false, true],
    ["project-skills,host-commands", true, true],
  ])("is read from %j and written as it", (text, projectSkills, hostCommands) => {
    const allowance = allowanceFromText(text);
    expect(allowance).toEqual({ projectSkills, hostCommands });
    expect(allowanceAsText(allowance)).toBe(text ?? "");
  });

  it("is no word that is not known", () => {
    expect(() => allowanceFromText("project-skill")).toThrow("project-skill is not known");
  });
});
