import { SwarmError } from "../core/errors.ts";
import type { SkillManifest } from "../core/skill.ts";

/** Who says that it has a second name, by that name. */
export function claimsOfAliases<Skill extends Pick<SkillManifest, "aliases">>(
  skills: readonly Skill[],
): ReadonlyMap<string, readonly Skill[]> {
  const claims = new Map<string, Skill[]>();
  for (const skill of skills) {
    for (const alias of skill.aliases ?? []) {
      claims.set(alias, [...(claims.get(alias) ?? []), skill]);
    }
  }
  return claims;
}

/** The error of a name that means two skills. */
export function sharedAlias(
  alias: string,
  first: Pick<SkillManifest, "name" | "folder">,
  second: Pick<SkillManifest, "name" | "folder">,
): SwarmError {
  return new SwarmError(
    "invalid-skill",
    `${alias} means two skills: ${first.name} (${first.folder}) and ${second.name} (${second.folder})`,
    { hint: "take it from the aliases of one of them", location: { file: first.folder } },
  );
}
