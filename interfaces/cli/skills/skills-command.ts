import { SwarmError } from "../../../core/errors.ts";
import type { Scrubber } from "../../../core/scrub.ts";
import { NOTHING_ALLOWED } from "../../../core/skill-allowance.ts";
import { didYouMean } from "../../../language/nearest.ts";
import { openSwarmCatalog, type SwarmCatalog } from "../../../language/swarm-catalog.ts";
import { EXIT } from "../exit-code.ts";
import { programFor } from "../program-name.ts";
import type { SkillsCommand } from "./command.ts";
import { skillLines, skillsJson } from "./list-skills.ts";
import { writeNewSkill } from "./new-skill.ts";
import { type ShownSkill, showJson, showLines } from "./show-skill.ts";
import { hasPassed, testJson, testLines, testSkill } from "./test-skill.ts";

interface Surroundings {
  /** Where the person stood. */
  readonly directory: string;
  readonly scrubber: Scrubber;
}

/** Carries out `skills …` and answers its exit code. */
export async function runSkillsCommand(
  command: SkillsCommand,
  { directory, scrubber }: Surroundings,
): Promise<number> {
  const say = (lines: readonly string[]): void =>
    void process.stdout.write(scrubber.scrub(`${lines.join("\n")}\n`));
  const { env } = process;
  const allowance = ("allowance" in command ? command.allowance : undefined) ?? NOTHING_ALLOWED;
  const catalog = await openSwarmCatalog({ directory, allowance, env });
  switch (command.action) {
    case "ls":
      say(command.json ? [JSON.stringify(skillsJson(catalog))] : skillLines(catalog));
      return EXIT.ok;
    case "show": {
      const shown = findSkill(catalog, command.name);
      say(command.json ? [JSON.stringify(showJson(shown))] : showLines(shown));
      return EXIT.ok;
    }
    case "test": {
      const shown = findSkill(catalog, command.name);
      const test = await testSkill(shown, { directory, allowance, env });
      say(command.json ? [JSON.stringify(testJson(test))] : testLines(test));
      return hasPassed(test) ? EXIT.ok : EXIT.runFailed;
    }
    case "new": {
      const { name, form } = command;
      const program = programFor(directory, env);
      say(await writeNewSkill({ name, kind: form, directory, program }, catalog));
      return EXIT.ok;
    }
    default:
      return command satisfies never;
  }
}

/** @throws SwarmError `unknown-skill`, or what is wrong with the skill */
export function findSkill(catalog: SwarmCatalog, name: string): ShownSkill {
  const meant = catalog.find(name)?.name ?? name;
  const [entry, ...others] = catalog.entries.filter((candidate) => candidate.name === meant);
  if (entry === undefined) {
    const names = new Set(catalog.entries.map((candidate) => candidate.name));
    throw new SwarmError("unknown-skill", `no skill is called ${JSON.stringify(name)}`, {
      hint: didYouMean(name, [...names]),
    });
  }
  if (entry.manifest === undefined) {
    throw entry.refusal ?? new SwarmError("invalid-skill", `the skill ${name} is broken`);
  }
  return { entry, manifest: entry.manifest, others };
}
