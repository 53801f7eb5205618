import { SwarmError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { SkillCall, Template } from "../core/plan.ts";
import {
  type ModelPolicy,
  modelAskedBy,
  modelWish,
  type SkillCatalog,
  type SkillManifest,
} from "../core/skill.ts";
import type { CascadeSettings } from "./cascade-settings.ts";
import { originOfRequest, refuseUnsafeInputs, secretPlace } from "./guarded-inputs.ts";
import { inlineWork } from "./inline-work.ts";
import {
  type Callee,
  type InputBinding,
  placeOfInput,
  type WrittenInputs,
} from "./input-binding.ts";
import type { NamePlace } from "./names.ts";
import { didYouMean } from "./nearest.ts";
import type { Origins } from "./origins.ts";
import {
  fieldsOfPicked,
  type PickedOutputs,
  pickedOutputs,
  refuseUnknownOutputs,
} from "./picked-outputs.ts";
import { CONTEXT_INPUT, withContextApart } from "./prompt-context.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { WorkSyntax } from "./schema.ts";
import type { Fields, OutputField } from "./stage-graph.ts";
import type { SecretPlace } from "./template-compiler.ts";

/** A skill as a stage names it. Inputs of its own go before those that the stage gives to all its skills. */
export interface WrittenCall extends Callee {
  readonly skill: string;
  /** Those given to it alone. */
  readonly own?: WrittenInputs;
  readonly outputs?: PickedOutputs;
}

function callOf(skill: string, path: Path, inputs: readonly WrittenInputs[]): WrittenCall {
  const secretsIn = (input: string): SecretPlace => secretPlace(skill, input);
  const all = skill === PROMPT_SKILL ? [...inputs, { ...NO_MODEL_IMPLIED, path }] : inputs;
  return { skill, title: `the skill "${skill}"`, path, inputs: all, secretsIn };
}

/** The skill that stages of type `codex-sandbox` are carried out by. */
const SANDBOX_SKILL = "codex-sandbox";
/** The skill that a prompt alone is carried out by. */
const PROMPT_SKILL = "prompt";
/** Which model is asked, the stage says: it is not taken from an output that happens to have the name. */
const NO_MODEL_IMPLIED = { values: { model: null, features: null }, isElsewhere: true } as const;
/** The names by which skills take what they are to do in words. */
const PROMPT_INPUTS: readonly string[] = ["prompt", "task", "query", "text"];

export function writtenCalls(work: WorkSyntax, path: Path): readonly WrittenCall[] {
  const shared: WrittenInputs = { values: work.inputs ?? {}, path: [...path, "inputs"] };
  const inline = inlineWork(work, path);
  const written = inline === undefined ? [shared] : [inline.inputs, shared];
  const common = [
    ...written,
    ...promptOf(work.prompt, path),
    ...sandboxOf(work, path),
    ...autoFixOf(work, path),
  ];
  if (work.skills === undefined) {
    const { skill, type, prompt } = work;
    const picked = pickedOutputs(work.outputs, path);
    const only = (name: string, key: string): readonly WrittenCall[] => [
      { ...callOf(name, [...path, key], common), ...picked },
    ];
    if (skill !== undefined) return only(skill, "skill");
    if (inline !== undefined) return only(inline.skill, inline.key);
    if (type === "codex-sandbox") return only(SANDBOX_SKILL, "type");
    return prompt === undefined ? [] : only(PROMPT_SKILL, "prompt");
  }
  return work.skills.map((call, index) => {
    const place = [...path, "skills", index];
    if (typeof call === "string") return callOf(call, place, common);
    const own = { values: call.inputs ?? {}, path: [...place, "inputs"] };
    const inputs = [own, ...promptOf(call.prompt, place), ...common];
    return { ...callOf(call.skill, place, inputs), own, ...pickedOutputs(call.outputs, place) };
  });
}

/** What a stage needs that names no skill, by the key that says so. */
const NEEDS: Readonly<Record<string, string>> = {
  type: "a stage of type codex-sandbox needs the sandbox",
};

/** Skills that take no prompt do without: it says what the stage is for. */
function promptOf(prompt: string | undefined, path: Path): readonly WrittenInputs[] {
  if (prompt === undefined) return [];
  const values = Object.fromEntries(PROMPT_INPUTS.map((name) => [name, prompt]));
  return [{ values, path: [...path, "prompt"], isElsewhere: true }];
}

/** What the three mappings say of the sandbox; where they disagree, the most restrictive holds. */
function sandboxOf(work: WorkSyntax, path: Path): readonly WrittenInputs[] {
  if (work.type !== "codex-sandbox") return [];
  const { codex_config: config, fix_strategy: strategy, error_recovery: recovery } = work;
  const autoFix = [work, strategy, recovery].every((each) => each?.auto_fix !== false);
  const values: Record<string, Json> = {
    ...(work.test_suite === undefined ? {} : { test_suite: work.test_suite }),
    ...(work.tests === undefined ? {} : { tests: work.tests }),
    auto_fix: autoFix,
    max_iterations: least(config?.max_iterations, strategy?.max_iterations),
    escalate_after: least(recovery?.escalate_after),
    regression_check: unlessAllSayNo(config?.regression_check, strategy?.regression_check),
    network_disabled: unlessAllSayNo(config?.network_disabled, strategy?.network_disabled),
  };
  return [{ values, path: [...path, "type"], isElsewhere: true }];
}

/** Of a stage that names its skills: those take it that have such an input. */
function autoFixOf({ type, auto_fix: autoFix }: WorkSyntax, path: Path): readonly WrittenInputs[] {
  if (autoFix === undefined || type === "codex-sandbox") return [];
  const values = { [AUTO_FIX]: autoFix };
  return [{ values, path: [...path, AUTO_FIX], isElsewhere: true }];
}

const AUTO_FIX = "auto_fix";
const DEFAULT_ITERATIONS = 5;

/** What is on unless it is switched off, and nobody switches it on again. */
function unlessAllSayNo(...given: readonly (boolean | undefined)[]): boolean {
  return given.includes(true) || !given.includes(false);
}

function least(...given: readonly (number | undefined)[]): number {
  const numbers = given.filter((each) => each !== undefined);
  return numbers.length === 0 ? DEFAULT_ITERATIONS : Math.min(...numbers);
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
    const skills = calls.map(({ skill }) => catalog.find(skill)?.name ?? skill);
    const once = skills.filter((skill) => skills.indexOf(skill) === skills.lastIndexOf(skill));
    return new Map<string, OutputField>([
      ...once.map((skill) => [skill, { type, isOffered: false }] as const),
      ["results", { type: "array", isOffered: false }],
    ]);
  }
  const [call] = calls;
  const manifest = catalog.find(call?.skill ?? "");
  if (call?.outputs !== undefined) return fieldsOfPicked(call.outputs, manifest);
  const outputs = manifest?.outputs ?? [];
  if (outputs.length === 0) return undefined;
  return new Map(outputs.map(({ name, type, required }) => [name, { type, isOffered: required }]));
}

/** What a stage has beside its skills. */
interface StageFacts {
  /** What it goes through. */
  readonly foreach: Template | undefined;
  readonly policy: ModelPolicy;
  readonly context: CascadeSettings["context"];
}

/** Compiles the skills of stages: finds them, and finds out where each of their inputs comes from. */
export class SkillCalls {
  readonly #catalog: SkillCatalog;
  readonly #binding: InputBinding;
  readonly #reporter: Reporter;
  readonly #origins: Origins;

  constructor(parts: {
    readonly catalog: SkillCatalog;
    readonly binding: InputBinding;
    readonly reporter: Reporter;
    readonly origins: Origins;
  }) {
    this.#catalog = parts.catalog;
    this.#binding = parts.binding;
    this.#reporter = parts.reporter;
    this.#origins = parts.origins;
  }

  compile(
    call: WrittenCall,
    place: NamePlace,
    { foreach, policy, context }: StageFacts,
  ): SkillCall {
    const manifest = this.#catalog.find(call.skill);
    const refusal = this.#catalog.refusalOf(call.skill);
    if (refusal !== undefined) {
      this.#reporter.report(refusal.code, refusal.message, call.path, refusal.hint);
    }
    if (manifest === undefined) {
      if (refusal === undefined) this.#reportMissing(call);
      return { skill: call.skill, lane: "light", inputs: {} };
    }
    this.#refuseWithoutModel(call, manifest, policy);
    const inputs: Record<string, Template> = {};
    for (const spec of manifest.inputs) {
      const template = this.#binding.bind(spec, call, place);
      if (template !== undefined) inputs[spec.name] = template;
    }
    const placeOf = (input: string): Path => placeOfInput(call, input);
    const isFromStages = (template: Template): boolean =>
      this.#origins.isFromStages(template, foreach);
    const bound = { inputs, placeOf, isFromStages };
    if (context === "refused") this.#refuseContext(call, inputs);
    refuseUnsafeInputs(manifest.name, bound, this.#reporter);
    const within = originOfRequest(manifest.name, bound);
    const guarded = within === undefined ? inputs : { ...inputs, within };
    if (call.outputs !== undefined) refuseUnknownOutputs(call.outputs, manifest, this.#reporter);
    const picked = call.outputs === undefined ? {} : { outputs: call.outputs.names };
    const { name, lane, digest } = manifest;
    const pinned = digest === undefined ? {} : { digest };
    const takesContext = manifest.inputs.some((spec) => spec.name === CONTEXT_INPUT);
    const isApart = context === "apart" && takesContext && modelAskedBy(manifest) !== undefined;
    const given = isApart ? withContextApart(guarded, isFromStages) : guarded;
    return { skill: name, ...pinned, lane, inputs: given, ...picked };
  }

  #refuseContext(call: WrittenCall, inputs: Readonly<Record<string, Template>>): void {
    const written = call.inputs.some(({ values }) => Object.hasOwn(values, CONTEXT_INPUT));
    if (!written || inputs[CONTEXT_INPUT] === undefined) return;
    const message = "`context` cannot be used: `data_flow` does not list `multi_model_context`";
    const hint = "add `multi_model_context` to `data_flow`";
    this.#reporter.report("invalid-cascade", message, placeOfInput(call, CONTEXT_INPUT), hint);
  }

  /** Where nobody knows what models there are, an agent finds out. */
  #refuseWithoutModel(call: WrittenCall, manifest: SkillManifest, policy: ModelPolicy): void {
    const { models } = this.#catalog;
    if (models === undefined || modelAskedBy(manifest) === undefined) return;
    try {
      models.choose(modelWish(manifest, policy));
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error;
      const message = `the skill "${call.skill}" asks a model: ${error.message}`;
      this.#reporter.report(error.code, message, call.path, error.hint);
    }
  }

  #reportMissing({ skill, path }: WrittenCall): void {
    const key = path.at(-1);
    const need = typeof key === "number" ? undefined : NEEDS[String(key)];
    if (need !== undefined) {
      this.#reporter.report("not-supported", `${need}, which this version cannot run`, path);
      return;
    }
    const message = `no skill is called ${JSON.stringify(skill)}`;
    this.#reporter.report("unknown-skill", message, path, () =>
      didYouMean(skill, this.#catalog.names()),
    );
  }

  #refuseAutoFix(
    work: WorkSyntax,
    path: Path,
    manifests: readonly (SkillManifest | undefined)[],
  ): void {
    const isTaken = manifests.some((each) => each?.inputs.some(({ name }) => name === AUTO_FIX));
    if (work.auto_fix === undefined || isTaken) return;
    const message = "no skill of this stage fixes anything: `auto_fix` would be without effect";
    const hint = "it belongs to a `codex-sandbox` stage, or a skill with an input of that name";
    this.#reporter.reportKey("invalid-cascade", message, path, AUTO_FIX, hint);
  }

  /** Inputs that a stage gives to all its skills must be known to one of them, a skill's own to that skill. */
  refuseUnknownInputs(work: WorkSyntax, path: Path, calls: readonly WrittenCall[]): void {
    const specsOf = (manifest: SkillManifest): readonly string[] =>
      manifest.inputs.map((spec) => spec.name);
    const manifests = calls.map((call) => this.#catalog.find(call.skill));
    for (const [index, call] of calls.entries()) {
      const manifest = manifests[index];
      const { own } = call;
      if (manifest === undefined || own === undefined) continue;
      const who = `the skill "${call.skill}" has`;
      this.#binding.refuseUnknown(own, specsOf(manifest), who);
    }
    // An unknown skill, reported on its own, may know any input.
    if (manifests.includes(undefined) || manifests.length === 0) return;
    this.#refuseAutoFix(work, path, manifests);
    const known = manifests.flatMap((manifest) =>
      manifest === undefined ? [] : specsOf(manifest),
    );
    const who =
      calls.length === 1 ? `the skill "${calls[0]?.skill}" has` : "the skills of this stage have";
    const given = { values: work.inputs ?? {}, path: [...path, "inputs"] };
    this.#binding.refuseUnknown(given, [...new Set(known)], who);
  }
}
