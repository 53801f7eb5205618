import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SwarmError } from "../../../core/errors.ts";
import type { SkillKind } from "../../../core/skill.ts";
import { skillName } from "../../../language/skill-declarations.ts";
import { isInside } from "../../../language/skill-folder.ts";
import type { SwarmCatalog } from "../../../language/swarm-catalog.ts";
import { templateOf } from "./skill-templates.ts";

const FOLDER = ".cascade/skills";

export interface NewSkill {
  readonly name: string;
  readonly kind: SkillKind;
  /** Where the person stood. */
  readonly directory: string;
  /** How they start this program there. */
  readonly program: string;
}

/**
 * Writes a skill that works and says what comes next. Nothing is ever overwritten.
 * @throws SwarmError `usage` for a name that none can have, or one that is there
 */
export async function writeNewSkill(
  { name, kind, directory, program }: NewSkill,
  catalog: SwarmCatalog,
): Promise<readonly string[]> {
  const checked = skillName.safeParse(name);
  if (!checked.success) {
    const why = checked.error.issues[0]?.message ?? "it cannot name a skill";
    throw new SwarmError("usage", `${JSON.stringify(name)} cannot name a skill: ${why}`);
  }
  const folder = await newFolder(directory, name);
  const files = Object.entries(templateOf(kind, name));
  for (const [file, content] of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content, { flag: "wx" });
  }
  const [taken] = catalog.entries.filter((entry) => entry.name === name);
  return [
    ...files.map(([file]) => `wrote ${FOLDER}/${name}/${file}`),
    ...(taken === undefined
      ? []
      : [`${taken.source} has a skill of this name, too: see skills ls`]),
    "",
    "Next:",
    ...nextSteps(kind, name).map((step) => `  ${program} ${step}`),
  ];
}

async function newFolder(directory: string, name: string): Promise<string> {
  const parent = join(directory, FOLDER);
  await mkdir(parent, { recursive: true });
  if (!(await isInside(parent, directory))) {
    throw new SwarmError("usage", `${FOLDER} is a link out of ${directory}`);
  }
  try {
    await mkdir(join(parent, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new SwarmError("usage", `${FOLDER}/${name} is there already, and is not overwritten`, {
      hint: "take another name, or remove it",
    });
  }
  return join(parent, name);
}

function nextSteps(kind: SkillKind, name: string): readonly string[] {
  const show = `skills show ${name}`;
  if (kind === "prompt") return [show];
  const flag = kind === "code" ? "--allow-project-skills" : "--allow-host-commands";
  return [`skills test ${name} ${flag}`, show];
}
