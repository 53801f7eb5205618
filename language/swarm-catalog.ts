import { relative } from "node:path";
import { formatLocation, SwarmError } from "../core/errors.ts";
import type { ModelOutlook } from "../core/model.ts";
import { kindOf, type SkillCatalog, type SkillManifest } from "../core/skill.ts";
import { allows, COMMAND_SKILLS, type SkillAllowance } from "../core/skill-allowance.ts";
import { readProjectSkills } from "./project-skills.ts";
import { claimsOfAliases, sharedAlias } from "./skill-aliases.ts";
import { openSkillCatalog, shippedSkillsFolder } from "./skill-catalog.ts";

/** A skill as people are told of it. */
export interface SkillEntry {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  /** `.cascade/skills`, `.claude/skills`, `skills`, or `shipped`. */
  readonly source: string;
  /** Undefined when it is broken. */
  readonly manifest?: SkillManifest;
  /** Why it cannot be used: it is broken, or not allowed. */
  readonly refusal?: SwarmError;
  /** The source whose skill of that name is used instead. */
  readonly shadowedBy?: string;
}

/** The skills that a swarm has: those of the project that it is started for, then the shipped ones. */
export interface SwarmCatalog extends SkillCatalog {
  /** Folders of the project that are there, as people write them. */
  readonly folders: readonly string[];
  /** Every skill that was found, by name; of one name, the one that is used is first. */
  readonly entries: readonly SkillEntry[];
  /** Folders of the project that are not read, with the reason. */
  readonly problems: readonly SwarmError[];
}

export interface SwarmCatalogOptions {
  /** The project: where the swarm is started. */
  readonly directory: string;
  /** What the user allows of the project's own code. */
  readonly allowance: SkillAllowance;
  /** `CASCADE_SKILLS` adds folders, separated by colons, that are trusted as the shipped ones are. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** With it, cascades whose models cannot be had are refused. */
  readonly models?: ModelOutlook;
}

const SHIPPED = "shipped";

/**
 * Opens the catalog of a swarm. The command line, the coordinator and the agents each do it, with the same directory and
 * allowance, so that they agree. The first skill of a name wins; but what may not run takes no shipped skill's name, so a
 * project cannot keep the shipped cascades from working.
 * @throws SwarmError when a shipped skill is broken; one of the project is only refused
 */
export async function openSwarmCatalog(options: SwarmCatalogOptions): Promise<SwarmCatalog> {
  const { directory, allowance, env, models } = options;
  const added = (env["CASCADE_SKILLS"] ?? "").split(":").filter((folder) => folder !== "");
  const shipped = await openSkillCatalog([shippedSkillsFolder, ...added]);
  const project = await readProjectSkills(directory, [shippedSkillsFolder, ...added]);
  const own = project.skills.map((skill): SkillEntry => {
    const { name, folder, source } = skill;
    if ("problem" in skill) {
      return { name, folder, source, refusal: brokenSkill(name, skill.problem, directory) };
    }
    const refused = refusalFor(skill.manifest, allowance, directory);
    const refusal = refused === undefined ? {} : { refusal: refused };
    return { name, folder, source, manifest: skill.manifest, ...refusal };
  });
  const entries = inOrder([...own, ...shippedEntries(shipped, allowance)], allowance);
  const used = new Map(
    entries.filter((entry) => entry.shadowedBy === undefined).map((entry) => [entry.name, entry]),
  );
  const meant = openAliases(used, allowance);
  return {
    ...(models === undefined ? {} : { models }),
    find: (name) => meant(name)?.manifest,
    refusalOf: (name) => meant(name)?.refusal,
    names: () =>
      [...used.values()].filter(({ refusal }) => refusal === undefined).map(({ name }) => name),
    folders: project.folders,
    entries,
    problems: project.problems,
  };
}

function shippedEntries(catalog: SkillCatalog, allowance: SkillAllowance): readonly SkillEntry[] {
  return catalog.names().flatMap((name): SkillEntry[] => {
    const manifest = catalog.find(name);
    if (manifest === undefined) return [];
    const refused = COMMAND_SKILLS.has(name) ? commandRefusal(allowance) : undefined;
    const refusal = refused === undefined ? {} : { refusal: refused };
    return [{ name, folder: manifest.folder, source: SHIPPED, manifest, ...refusal }];
  });
}

/** By name, and of one name the one that is used first. */
function inOrder(found: readonly SkillEntry[], allowance: SkillAllowance): readonly SkillEntry[] {
  const byName = Map.groupBy(found, ({ name }) => name);
  return [...byName.keys()].sort().flatMap((name) => {
    const candidates = byName.get(name) ?? [];
    const isShipped = candidates.some(({ source }) => source === SHIPPED);
    const winner = candidates.find((entry) => !isShipped || mayReplace(entry, allowance));
    if (winner === undefined) return candidates;
    const others = candidates.filter((entry) => entry !== winner);
    return [winner, ...others.map((entry) => ({ ...entry, shadowedBy: winner.source }))];
  });
}

/**
 * Finds what a name or second name means. A name goes before a second one; but as with names, what may not run takes no
 * second name of a shipped skill.
 */
function openAliases(
  used: ReadonlyMap<string, SkillEntry>,
  allowance: SkillAllowance,
): (name: string) => Pick<SkillEntry, "manifest" | "refusal"> | undefined {
  const claims = claimsOfAliases(
    [...used.values()].map((entry) => ({ ...entry, aliases: entry.manifest?.aliases ?? [] })),
  );
  return (name) => {
    const own = used.get(name);
    const claimants = claims.get(name) ?? [];
    const isShipped = claimants.some(({ source }) => source === SHIPPED);
    if (own !== undefined && (!isShipped || mayReplace(own, allowance))) return own;
    const [first, second] = claimants.filter((entry) => !isShipped || mayReplace(entry, allowance));
    if (first === undefined || second === undefined) return first;
    return { refusal: sharedAlias(name, first, second) };
  };
}

/** Whether the entry may stand where a shipped skill does. */
function mayReplace({ source, manifest }: SkillEntry, allowance: SkillAllowance): boolean {
  if (source === SHIPPED || allowance.projectSkills) return true;
  return manifest !== undefined && kindOf(manifest) === "argv" && allowance.hostCommands;
}

function brokenSkill(name: string, problem: SwarmError, directory: string): SwarmError {
  const { file, ...rest } = problem.location ?? {};
  const place = formatLocation({
    ...(file === undefined ? {} : { file: relative(directory, file) }),
    ...rest,
  });
  const message = `the skill "${name}" is broken: ${place}: ${problem.message}`;
  return new SwarmError(problem.code, message, {
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    ...(problem.location === undefined ? {} : { location: problem.location }),
    cause: problem,
  });
}

function refusalFor(
  manifest: SkillManifest,
  allowance: SkillAllowance,
  directory: string,
): SwarmError | undefined {
  if (COMMAND_SKILLS.has(manifest.name)) {
    const refused = commandRefusal(allowance);
    if (refused !== undefined) return refused;
  }
  const kind = kindOf(manifest);
  if (allows(allowance, kind)) return undefined;
  const flags =
    kind === "argv" ? "--allow-project-skills or --allow-host-commands" : "--allow-project-skills";
  const where = relative(directory, manifest.folder);
  return new SwarmError(
    "not-allowed",
    `the skill "${manifest.name}" is code that this project brings (${where})`,
    {
      hint: `when you trust it, allow it with ${flags}; a swarm that runs already has to be started again`,
      location: { file: manifest.folder },
    },
  );
}

/** Whoever writes a cascade chooses the program, so that a shipped skill runs it changes nothing. */
function commandRefusal({ hostCommands }: SkillAllowance): SwarmError | undefined {
  if (hostCommands) return undefined;
  return new SwarmError(
    "not-allowed",
    "a command of a cascade can do on this machine all that you may do",
    {
      hint: "when you trust the cascade, allow it with --allow-host-commands; a swarm that runs already has to be started again",
    },
  );
}
