import type { InputSpec, InputType } from "../../../core/plan.ts";
import { kindOf, modelAskedBy, type SkillManifest } from "../../../core/skill.ts";
import { COMMAND_SKILL, DEPLOY_SKILL } from "../../../core/skill-allowance.ts";
import { HTTP_SKILL } from "../../../language/inline-work.ts";
import type { SkillEntry } from "../../../language/swarm-catalog.ts";
import { printable } from "../terminal-text.ts";
import { aligned } from "../text-columns.ts";
import { entryJson } from "./list-skills.ts";

/** A skill that is found, with the others of its name. */
export interface ShownSkill {
  readonly entry: SkillEntry;
  readonly manifest: SkillManifest;
  readonly others: readonly SkillEntry[];
}

/** Everything that a person who writes a stage has to know. Pure. */
export function showLines({ entry, manifest, others }: ShownSkill): readonly string[] {
  const { name, version, lane, description, inputs, outputs, argv, entry: module } = manifest;
  const { refusal } = entry;
  const aliases = manifest.aliases ?? [];
  const asked = modelAskedBy(manifest);
  const lines = [
    `${name} ${version} (${kindOf(manifest)}, ${lane})`,
    ...(aliases.length === 0 ? [] : [`also called ${aliases.join(", ")}`]),
    ...description.split("\n").map((line) => `  ${line}`),
    "",
    `from ${entry.source}: ${entry.folder}`,
    ...(module === undefined ? [] : [`entry: ${module}`]),
    ...(argv === undefined ? [] : [`run: ${JSON.stringify(argv)}`]),
    ...others.map((other) => `not used: the one in ${other.source} (${other.folder})`),
    ...(refusal === undefined ? [] : [`not allowed to run: ${refusal.hint ?? refusal.message}`]),
    "",
    ...table("inputs", inputs),
    ...table("outputs", outputs),
    ...(asked === undefined ? [] : [`It asks a model: ${asked}, unless a stage says otherwise.`]),
    "A stage that uses it:",
    ...exampleStage(manifest).map((line) => `  ${line}`),
  ];
  return lines.map(printable);
}

function table(title: string, specs: readonly InputSpec[]): readonly string[] {
  if (specs.length === 0) return [`${title}: none declared`, ""];
  const rows = specs.map((spec) => [
    `  ${spec.name}`,
    spec.type,
    demand(spec),
    (spec.description ?? "").replace(/\s+/g, " "),
  ]);
  return [`${title}:`, ...aligned(rows), ""];
}

function demand({ required, default: fallback }: InputSpec): string {
  if (fallback !== undefined) return `default ${JSON.stringify(fallback)}`;
  return required ? "required" : "optional";
}

/** The lines of a stage, with a value of the right type for each input that must be given. */
export function exampleStage({ name, inputs }: SkillManifest): readonly string[] {
  const given = inputs.filter(({ required }) => required);
  const first = `- stage: ${/^[a-z]/.test(name) ? name : `use-${name}`}`;
  const inline = INLINE_EXAMPLES.get(name);
  if (inline !== undefined) return [first, `  ${inline}`];
  if (name === DEPLOY_SKILL) return DEPLOY_EXAMPLE;
  return [
    first,
    `  skill: ${/^\d+$/.test(name) ? `"${name}"` : name}`,
    ...(given.length === 0 ? [] : ["  inputs:"]),
    ...given.map((input) => `    ${input.name}: ${EXAMPLES[input.type]}`),
  ];
}

/** Of skills that stages have a short form for, with values that those skills do not refuse. */
const INLINE_EXAMPLES: ReadonlyMap<string, string> = new Map([
  [COMMAND_SKILL, "run: [program, argument]"],
  [HTTP_SKILL, 'http: { url: "https://…" }'],
]);

/** It takes an approval from a stage before it. */
const DEPLOY_EXAMPLE: readonly string[] = [
  "- stage: confirm",
  "  approve: Deploy it?",
  `- stage: ${DEPLOY_SKILL}`,
  `  skill: ${DEPLOY_SKILL}`,
  "  inputs:",
  "    argv: [program, argument]",
  "    approval: ${confirm}",
];

const EXAMPLES: Readonly<Record<InputType, string>> = {
  string: '"…"',
  path: ".",
  number: "1.5",
  integer: "1",
  boolean: "true",
  array: "[]",
  object: "{}",
  any: "null",
};

/** The same for programs. Pure. */
export function showJson({ entry, manifest, others }: ShownSkill): object {
  const { inputs, outputs, argv, entry: module, prompt } = manifest;
  return {
    schemaVersion: 1,
    ...entryJson(entry),
    ...(module === undefined ? {} : { entry: module }),
    ...(argv === undefined ? {} : { run: argv }),
    ...(prompt === undefined ? {} : { prompt }),
    inputs,
    outputs,
    example: kindOf(manifest) === "prompt" ? null : exampleStage(manifest).join("\n"),
    others: others.map(entryJson),
  };
}
