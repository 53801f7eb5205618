import { SwarmError } from "./errors.ts";
import type { SkillKind } from "./skill.ts";

/** What the user allows of the code that a project brings with it. */
export interface SkillAllowance {
  /** Its modules and programs. */
  readonly projectSkills: boolean;
  /** Its programs, and the commands of its cascades. */
  readonly hostCommands: boolean;
}

/** The skill that carries out the commands of cascades, their `run`. */
export const COMMAND_SKILL = "run-command";
/** The skill that runs the command by which a project is deployed, once a person has approved it. */
export const DEPLOY_SKILL = "deploy-fast";

/** The skills that run programs which a cascade names: their input `argv`. */
export const COMMAND_SKILLS: ReadonlySet<string> = new Set([COMMAND_SKILL, DEPLOY_SKILL]);

export const NOTHING_ALLOWED: SkillAllowance = { projectSkills: false, hostCommands: false };

/** The environment variable by which the supervisor tells its children; a list of the two words below. */
export const ALLOWANCE_VARIABLE = "CASCADE_ALLOW";
const PROJECT_SKILLS = "project-skills";
const HOST_COMMANDS = "host-commands";

export function allowanceAsText({ projectSkills, hostCommands }: SkillAllowance): string {
  const words = [projectSkills ? PROJECT_SKILLS : "", hostCommands ? HOST_COMMANDS : ""];
  return words.filter((word) => word !== "").join(",");
}

/** @throws SwarmError `usage` for a word that means nothing: a misspelt one must not look like an allowance */
export function allowanceFromText(text: string | undefined): SkillAllowance {
  const words = (text ?? "").split(",").filter((word) => word !== "");
  for (const word of words) {
    if (word === PROJECT_SKILLS || word === HOST_COMMANDS) continue;
    throw new SwarmError("usage", `${ALLOWANCE_VARIABLE}=${text}: ${word} is not known`, {
      hint: `known: ${PROJECT_SKILLS}, ${HOST_COMMANDS}`,
    });
  }
  return {
    projectSkills: words.includes(PROJECT_SKILLS),
    hostCommands: words.includes(HOST_COMMANDS),
  };
}

/** Whether a project's skill of this kind may be used. A prompt is text: reading it runs nothing. */
export function allows(allowance: SkillAllowance, kind: SkillKind): boolean {
  switch (kind) {
    case "prompt":
      return true;
    case "code":
      return allowance.projectSkills;
    case "argv":
      return allowance.projectSkills || allowance.hostCommands;
    default:
      return kind satisfies never;
  }
}
