import { toErrorRecord } from "../../../core/errors.ts";
import { kindOf } from "../../../core/skill.ts";
import type { SkillEntry, SwarmCatalog } from "../../../language/swarm-catalog.ts";
import { printable } from "../terminal-text.ts";
import { aligned } from "../text-columns.ts";

/** `used`: a cascade that names it gets it. Of a name that is found twice, the others are `shadowed`. */
export type SkillState = "used" | "shadowed" | "refused" | "broken";

export function stateOf({ manifest, refusal, shadowedBy }: SkillEntry): SkillState {
  if (manifest === undefined) return "broken";
  if (shadowedBy !== undefined) return "shadowed";
  return refusal === undefined ? "used" : "refused";
}

const LONGEST_DESCRIPTION = 100;

/** One line a skill. Pure. */
export function skillLines(catalog: SwarmCatalog): readonly string[] {
  const rows = [
    ["name", "kind", "lane", "from", ""],
    ...catalog.entries.map((entry) => [
      entry.name,
      entry.manifest === undefined ? "-" : kindOf(entry.manifest),
      entry.manifest?.lane ?? "-",
      entry.source,
      remark(entry),
    ]),
  ].map((row) => row.map(printable));
  const lines = aligned(rows);
  const problems = catalog.problems.map(({ message }) => `not read: ${printable(message)}`);
  return problems.length === 0 ? lines : [...lines, "", ...problems];
}

function remark(entry: SkillEntry): string {
  const { refusal, shadowedBy, manifest } = entry;
  const state = stateOf(entry);
  const place = shadowedBy === undefined ? "" : `not used, ${shadowedBy} goes first: `;
  if (state === "broken") return `${place}${refusal?.message ?? ""}`;
  const note = state === "refused" ? "not allowed to run: " : place;
  return `${note}${firstSentence(manifest?.description ?? "")}`;
}

export function firstSentence(description: string): string {
  const text = description.replace(/\s+/g, " ").trim();
  const sentence = /^.*?[.!?](?= |$)/.exec(text)?.[0] ?? text;
  if (sentence.length <= LONGEST_DESCRIPTION) return sentence;
  return `${sentence.slice(0, LONGEST_DESCRIPTION - 1).toWellFormed()}…`;
}

/** The same for programs. Pure. */
export function skillsJson(catalog: SwarmCatalog): object {
  return {
    schemaVersion: 1,
    folders: catalog.folders,
    skills: catalog.entries.map(entryJson),
    problems: catalog.problems.map(toErrorRecord),
  };
}

export function entryJson(entry: SkillEntry): object {
  const { name, source, folder, manifest, refusal, shadowedBy } = entry;
  return {
    name,
    state: stateOf(entry),
    kind: manifest === undefined ? null : kindOf(manifest),
    lane: manifest?.lane ?? null,
    from: source,
    folder,
    version: manifest?.version ?? null,
    ...(manifest?.aliases === undefined ? {} : { aliases: manifest.aliases }),
    description: manifest?.description ?? null,
    ...(shadowedBy === undefined ? {} : { shadowedBy }),
    ...(refusal === undefined ? {} : { error: toErrorRecord(refusal) }),
  };
}
