import type { Json } from "../core/json.ts";
import type { InputSpec, Template } from "../core/plan.ts";
import type { Resolved } from "./expression.ts";
import { fitsType } from "./inputs.ts";
import type { NamePlace, Names } from "./names.ts";
import { didYouMean } from "./nearest.ts";
import type { Path, Reporter } from "./reporter.ts";
import {
  mayBe,
  type SecretPlace,
  type TemplateCompiler,
  type TemplatePlace,
} from "./template-compiler.ts";

/** Inputs as they are written, in one mapping. */
export interface WrittenInputs {
  readonly values: Readonly<Record<string, Json>>;
  readonly path: Path;
  /** They are not written as inputs: this is where they stand. */
  readonly isElsewhere?: true;
}

/** What is given inputs: a skill or a cascade. */
export interface Callee {
  /** In errors: `the skill "lint-code"`. */
  readonly title: string;
  /** Where it is named. */
  readonly path: Path;
  /** The first that has an input gives it. */
  readonly inputs: readonly WrittenInputs[];
  /** Where in an input secrets may stand; absent when the callee is not given any. */
  readonly secretsIn?: (input: string) => SecretPlace;
}

/** Where an input of a callee is written; where that is named when it is not. */
export function placeOfInput({ inputs, path }: Callee, name: string): Path {
  const given = inputs.find(({ values }) => Object.hasOwn(values, name));
  if (given === undefined) return path;
  return given.isElsewhere === true ? given.path : [...given.path, name];
}

/** Finds out where each declared input of a skill or a cascade comes from. */
export class InputBinding {
  readonly #names: Names;
  readonly #templates: TemplateCompiler;
  readonly #reporter: Reporter;

  constructor(names: Names, templates: TemplateCompiler, reporter: Reporter) {
    this.#names = names;
    this.#templates = templates;
    this.#reporter = reporter;
  }

  /**
   * What is written; else the cascade input of that name; else the output of that name which the nearest needed stage
   * declares; else nothing, so that the declared default holds.
   */
  bind(spec: InputSpec, callee: Callee, names: NamePlace): Template | undefined {
    const given = callee.inputs.find(({ values }) => Object.hasOwn(values, spec.name));
    if (given !== undefined) {
      const secrets =
        callee.secretsIn === undefined ? {} : { secrets: callee.secretsIn(spec.name) };
      const place = { path: placeOfInput(callee, spec.name), names, ...secrets };
      return this.#written(given.values[spec.name] ?? null, spec, place);
    }
    const implied = this.#names.implied(spec.name, names);
    if (implied !== undefined) return this.#implied(implied, spec, callee);
    if (spec.required && spec.default === undefined) {
      const what = spec.description === undefined ? "" : `: ${spec.description}`;
      const message = `${callee.title} needs the input "${spec.name}"`;
      const hint = `add it under \`inputs\`${what}`;
      this.#reporter.report("missing-input", message, callee.path, hint);
    }
    return undefined;
  }

  /** @param who has no such input: `the skill "lint-code" has` */
  refuseUnknown({ values, path }: WrittenInputs, known: readonly string[], who: string): void {
    for (const key of Object.keys(values)) {
      if (known.includes(key)) continue;
      const message = `${who} no input ${JSON.stringify(key)}`;
      this.#reporter.reportKey("unknown-input", message, path, key, () => didYouMean(key, known));
    }
  }

  #written(value: Json, spec: InputSpec, place: TemplatePlace): Template {
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

  #implied(implied: Resolved, spec: InputSpec, callee: Callee): Template | undefined {
    const what = `the input "${spec.name}" of ${callee.title} is not given and`;
    if (!implied.ok) {
      this.#reporter.report("missing-input", `${what} ${implied.why}`, callee.path, implied.hint);
      return undefined;
    }
    const { reference, type } = implied;
    if (!mayBe(type, spec.type)) {
      const message = `${what} ${reference.source} is ${type}, not ${spec.type}`;
      this.#reporter.report("invalid-input", message, callee.path, "write it under `inputs`");
    }
    return { kind: "reference", reference };
  }
}
