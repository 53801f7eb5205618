import type { SkillManifest } from "../core/skill.ts";
import { didYouMean } from "./nearest.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { WorkSyntax } from "./schema.ts";
import type { OutputField } from "./stage-graph.ts";

/** The outputs that are kept of a skill: each under its name, or another one. */
export interface PickedOutputs {
  /** From the name that it has from here on to the skill's own. */
  readonly names: Readonly<Record<string, string>>;
  readonly path: Path;
}

/** `outputs: [summary]`, or `outputs: { report: summary }`. */
export function pickedOutputs(
  written: WorkSyntax["outputs"],
  path: Path,
): { readonly outputs?: PickedOutputs } {
  if (written === undefined) return {};
  const names = Array.isArray(written)
    ? Object.fromEntries(written.map((name) => [name, name]))
    : (written as Readonly<Record<string, string>>);
  return { outputs: { names, path: [...path, "outputs"] } };
}

/** Names that the skill does not declare; one that declares none may answer anything. */
export function refuseUnknownOutputs(
  { names, path }: PickedOutputs,
  manifest: SkillManifest,
  reporter: Reporter,
): void {
  const known = manifest.outputs.map(({ name }) => name);
  if (known.length === 0) return;
  for (const name of new Set(Object.values(names))) {
    if (known.includes(name)) continue;
    const message = `the skill "${manifest.name}" has no output ${JSON.stringify(name)}`;
    reporter.report("unknown-reference", message, path, () => didYouMean(name, known));
  }
}

/** What later stages may name. */
export function fieldsOfPicked(
  { names }: PickedOutputs,
  manifest: SkillManifest | undefined,
): ReadonlyMap<string, OutputField> {
  return new Map(
    Object.entries(names).map(([name, own]) => {
      const spec = manifest?.outputs.find((each) => each.name === own);
      return [name, { type: spec?.type ?? "any", isOffered: spec?.required === true }];
    }),
  );
}
