import type { Json } from "../core/json.ts";
import type { InputSpec, SkillCall, Template } from "../core/plan.ts";
import type { SkillCatalog, SkillManifest } from "../core/skill.ts";
import type { Resolved } from "./expression.ts";
import { fitsType } from "./inputs.ts";
import type { NamePlace, Names } from "./names.ts";
import { didYouMean } from "./nearest.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { WorkSyntax } from "./schema.ts";
import type { Fields, OutputField } from "./stage-graph.ts";
import { mayBe, type TemplateCompiler, type TemplatePlace } from "./template-compiler.ts";

/** A skill as a stage names it. Inputs of its own go before those that the stage gives to all its skills. */
export interface WrittenCall {
  readonly skill: string;
  readonly path: Path;
  readonly inputs: readonly WrittenInputs[];
}

interface WrittenInputs {
  readonly values: Readonly<Record<string, Json>>;
  readonly path: Path;
}

export function writtenCalls(work: WorkSyntax, path: Path): readonly WrittenCall[] {
  const shared: WrittenInputs = { values: work.inputs ?? {}, path: [...path, "inputs"] };
  if (work.skills === undefined) {
    if (work.skill === undefined) return [];
    return [{ skill: work.skill, path: [...path, "skill"], inputs: [shared] }];
  }
  return work.skills.map((call, index) => {
    const place = [...path, "skills", index];
    if (typeof call === "string") return { skill: call, path: place, inputs: [shared] };
    const own = { values: call.inputs ?? {}, path: [...place, "inputs"] };
    return { skill: call.skill, path: place, inputs: [own, shared] };
  });
}

/** What `${stage.…}` may name; undefined when nothing is declared about it. See `stageOutput`. */
export function fieldsOf(
  work: WorkSyntax,
  calls: readonly WrittenCall[],
  catalog: SkillCatalog,
): Fields {
  if (work.foreach !== undefined || calls.length > 1) {
    const type = work.foreach === undefined ? "object" : "array";
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
  readonly #names: Names;
  readonly #templates: TemplateCompiler;
  readonly #reporter: Reporter;

  constructor(
    catalog: SkillCatalog,
    names: Names,
    templates: TemplateCompiler,
    reporter: Reporter,
  ) {
    this.#catalog = catalog;
    this.#names = names;
    this.#templates = templates;
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
      const template = this.#bind(spec, call, place);
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
      this.#refuseUnknownKeys(Object.keys(own.values), specsOf(manifest), own.path, who);
    }
    // An unknown skill, reported on its own, may know any input.
    if (manifests.includes(undefined) || manifests.length === 0) return;
    const known = manifests.flatMap((manifest) =>
      manifest === undefined ? [] : specsOf(manifest),
    );
    const who =
      calls.length === 1 ? `the skill "${calls[0]?.skill}" has` : "the skills of this stage have";
    const given = Object.keys(work.inputs ?? {});
    this.#refuseUnknownKeys(given, [...new Set(known)], [...path, "inputs"], who);
  }

  #refuseUnknownKeys(
    given: readonly string[],
    known: readonly string[],
    path: Path,
    who: string,
  ): void {
    for (const key of given) {
      if (known.includes(key)) continue;
      const message = `${who} no input ${JSON.stringify(key)}`;
      this.#reporter.reportKey("unknown-input", message, path, key, () => didYouMean(key, known));
    }
  }

  /**
   * Where an input comes from: what is written; else the cascade input of that name; else the output of that
   * name which the nearest needed stage declares; else the skill's own default.
   */
  #bind(spec: InputSpec, call: WrittenCall, names: NamePlace): Template | undefined {
    for (const { values, path } of call.inputs) {
      if (!Object.hasOwn(values, spec.name)) continue;
      const place = { path: [...path, spec.name], names };
      return this.#writtenInput(values[spec.name] ?? null, spec, place);
    }
    const implied = this.#names.implied(spec.name, names);
    if (implied !== undefined) return this.#impliedInput(implied, spec, call);
    if (spec.required && spec.default === undefined) {
      const what = spec.description === undefined ? "" : `: ${spec.description}`;
      const message = `the skill "${call.skill}" needs the input "${spec.name}"`;
      this.#reporter.report("missing-input", message, call.path, `add it under \`inputs\`${what}`);
    }
    return undefined;
  }

  #writtenInput(value: Json, spec: InputSpec, place: TemplatePlace): Template {
    const { template, type, isBroken } = this.#templates.compile(value, place);
    if (isBroken === true) return template;
    const isEmpty = template.kind === "literal" && template.value === null && !spec.required;
    const fits =
      template.kind === "literal" ? fitsType(template.value, spec.type) : mayBe(type, spec.type);
    if (!fits && !isEmpty) {
      const given = template.kind === "literal" ? "" : `, but ${JSON.stringify(value)} is ${type}`;
      const message = `"${spec.name}" must be of type ${spec.type}${given}`;
      this.#reporter.report("invalid-input", message, place.path);
    }
    return template;
  }

  #impliedInput(implied: Resolved, spec: InputSpec, call: WrittenCall): Template | undefined {
    const what = `the input "${spec.name}" of the skill "${call.skill}" is not given and`;
    if (!implied.ok) {
      this.#reporter.report("missing-input", `${what} ${implied.why}`, call.path, implied.hint);
      return undefined;
    }
    const { reference, type } = implied;
    if (!mayBe(type, spec.type)) {
      const message = `${what} ${reference.source} is ${type}, not ${spec.type}`;
      this.#reporter.report("invalid-input", message, call.path, "write it under `inputs`");
    }
    return { kind: "reference", reference };
  }
}
