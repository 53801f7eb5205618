import { z } from "zod";
import { openSwarmCatalog } from "../../../language/swarm-catalog.ts";
import { firstSentence, stateOf } from "../../cli/skills/list-skills.ts";
import { showJson } from "../../cli/skills/show-skill.ts";
import { findSkill } from "../../cli/skills/skills-command.ts";
import { defineTool } from "../tool.ts";

export const skillList = defineTool({
  name: "skill_list",
  description: "Lists the skills that stages can use; with name, everything about one.",
  effect: "reads",
  input: z.object({ name: z.string().optional() }).strict(),
  output: z.object({ skills: z.array(z.unknown()) }),
  async call({ name }, { directory, allowance, env }) {
    const catalog = await openSwarmCatalog({ directory, allowance, env });
    if (name !== undefined) {
      const shown = showJson(findSkill(catalog, name));
      return { data: { skills: [shown] }, text: JSON.stringify(shown) };
    }
    const skills = catalog.entries.map((entry) => ({
      name: entry.name,
      state: stateOf(entry),
      from: entry.source,
      lane: entry.manifest?.lane ?? null,
      description: firstSentence(entry.manifest?.description ?? entry.refusal?.message ?? ""),
    }));
    const lines = skills.map((each) => `${each.name}: ${each.description}`);
    return { data: { skills }, text: lines.join("\n") };
  },
});
