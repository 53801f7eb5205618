import type { SkillCall, Template } from "../core/plan.ts";
import type { SkillCatalog, SkillManifest } from "../core/skill.ts";
import type { Callee, InputBinding, WrittenInputs } from "./input-binding.ts";
import type { NamePlace } from "./names.ts";
import { didYouMean } from "./nearest.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { WorkSyntax } from "./schema.ts";
import type { Fields, OutputField } from "./stage-graph.ts";

/** A skill as a stage names it. Inputs of its own go before those that the stage gives to all its skills. */
export interface WrittenCall extends Callee {
  readonly skill: string;
}

function callOf(skill: string, path: Path, inputs: readonly WrittenInputs[]): WrittenCall {
  return { skill, title: `the skill "${skill}"`, path, inputs };
}

export function writtenCalls(work: WorkSyntax, path: Path): readonly WrittenCall[] {
  const shared: WrittenInputs = { values: work.inputs ?? {}, path: [...path, "inputs"] };
  if (work.skills === undefined) {
    if (work.skill === undefined) return [];
    return [callOf(work.skill, [...path, "skill"], [shared])];
  }
  return work.skills.map((call, index) => {
    const place = [...path, "skills", index];
    if (typeof call === "string") return callOf(call, place, [shared]);
    const own = { values: call.inputs ?? {}, path: [...place, "inputs"] };
    return callOf(call.skill, place, [own, shared]);
  });
}

/** What `${stage.…}` may name; undefined when nothing is declared about it. See `stageOutput`. */
export function fieldsOf(
  work: WorkSyntax,
  calls: readonly WrittenCall[],
  catalog: SkillCatalog,
): Fields {
  const isFanOut = work.foreach !== undefined || work.matrix !== undefined;
  if (isFanOut || calls.length > 1) {
    const type = isFanOut ? "array" : "object";
    const skills = calls.map((call) => call.skill);
    const once = skills.filter((skill) => skills.indexOf(skill) === skills.lastIndexOf(skill));
    return new Map<string, OutputField>([
      ...once.map((skill) => [skill, { type, isOffered: false }] as const),
      ["results", { type: "array", isOffered: false }],
    ]);
  }
  const outputs = catalog.find(calls[0]?.skill ?? "")?.outputs ?? [];
  if (outputs.length === 0) return undefined;
  return new Map(outputs.map(({ name, type, required }) => [name, { type, isOffered: required }]));
}

/** Compiles the skills of stages: finds them, and finds out where each of their inputs comes from. */
export class SkillCalls {
  readonly #catalog: SkillCatalog;
  readonly #binding: InputBinding;
  readonly #reporter: Reporter;

  constructor(catalog: SkillCatalog, binding: InputBinding, reporter: Reporter) {
    this.#catalog = catalog;
    this.#binding = binding;
    this.#reporter = reporter;
  }

  compile(call: WrittenCall, place: NamePlace): SkillCall {
    const manifest = this.#catalog.find(call.skill);
    if (manifest === undefined) {
      const message = `no skill is called ${JSON.stringify(call.skill)}`;
      this.#reporter.report("unknown-skill", message, call.path, () =>
        didYouMean(call.skill, this.#catalog.names()),
      );
      return { skill: call.skill, lane: "light", inputs: {} };
    }
    if (manifest.entry === undefined) {
      const message = `the skill "${call.skill}" instructs a model, which this version cannot run`;
      this.#reporter.report("not-supported", message, call.path);
    }
    const inputs: Record<string, Template> = {};
    for (const spec of manifest.inputs) {
      const template = this.#binding.bind(spec, call, place);
      if (template !== undefined) inputs[spec.name] = template;
    }
    return { skill: call.skill, lane: manifest.lane, inputs };
  }

  /** Inputs that a stage gives to all its skills must be known to one of them, a skill's own to that skill. */
  refuseUnknownInputs(work: WorkSyntax, path: Path, calls: readonly WrittenCall[]): void {
    const specsOf = (manifest: SkillManifest): readonly string[] =>
      manifest.inputs.map((spec) => spec.name);
    const manifests = calls.map((call) => this.#catalog.find(call.skill));
    for (const [index, call] of calls.entries()) {
      const manifest = manifests[index];
      const own = call.inputs.length > 1 ? call.inputs[0] : undefined;
      if (manifest === undefined || own === undefined) continue;
      const who = `the skill "${call.skill}" has`;
      this.#binding.refuseUnknown(own, specsOf(manifest), who);
    }
    // An unknown skill, reported on its own, may know any input.
    if (manifests.includes(undefined) || manifests.length === 0) return;
    const known = manifests.flatMap((manifest) =>
      manifest === undefined ? [] : specsOf(manifest),
    );
    const who =
      calls.length === 1 ? `the skill "${calls[0]?.skill}" has` : "the skills of this stage have";
    const given = { values: work.inputs ?? {}, path: [...path, "inputs"] };
    this.#binding.refuseUnknown(given, [...new Set(known)], who);
  }
}
