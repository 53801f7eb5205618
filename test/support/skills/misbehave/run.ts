import type { SkillRun } from "../../../../core/skill.ts";

export const run: SkillRun = async (inputs, context) => {
  switch (inputs["how"]) {
    case "exit":
      process.exit(3);
      break;
    case "throw":
      throw new Error("thrown on purpose");
    case "spin":
      for (;;) Math.hypot(1, 1);
    case "wrong":
      return { fine: "not a boolean" };
    case "large":
      return { fine: true, padding: "x".repeat(1_000_000) };
    case "write":
      await context.writeArtifact("note.txt", "written");
      return { fine: true };
    default:
      return { fine: true };
  }
};
