import type { Json, JsonObject } from "./json.ts";
import type { InputType } from "./plan.ts";
import type { SkillContext, SkillRun } from "./skill.ts";

/** What a value of each declared type is in TypeScript. */
interface TypeOf {
  readonly string: string;
  readonly path: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly array: readonly Json[];
  readonly object: JsonObject;
  readonly any: Json;
}

/** One input or output, as `SKILL.md` declares it. */
export type Declaration = {
  readonly [Type in InputType]: {
    readonly type: Type;
    readonly required?: boolean;
    readonly default?: TypeOf[Type];
  };
}[InputType];

export type Declarations = Readonly<Record<string, Declaration>>;

type MayBeMissing<Given extends Declaration> = Given extends { readonly default: Json }
  ? false
  : Given extends { readonly required: false }
    ? true
    : false;

/** The values that declarations stand for: each is there, unless it is `required: false` and has no default. */
export type ValuesOf<Given extends Declarations> = {
  readonly [Name in keyof Given as MayBeMissing<Given[Name]> extends true
    ? never
    : Name]: TypeOf[Given[Name]["type"]];
} & {
  readonly [Name in keyof Given as MayBeMissing<Given[Name]> extends true
    ? Name
    : never]?: TypeOf[Given[Name]["type"]];
};

/** A `run` that knows what it was written for: agents refuse it when `SKILL.md` says something else. */
export type DefinedRun = SkillRun & {
  readonly declares: { readonly inputs: Declarations; readonly outputs: Declarations };
};

/**
 * The `run` of a skill whose inputs and outputs are typed by what it declares:
 * `export const run = defineSkill({ inputs: { text: { type: "string" } }, outputs: …, run: async ({ text }) => … })`.
 * `SKILL.md` declares the same, for it is read without running any code.
 */
export function defineSkill<
  const Inputs extends Declarations,
  const Outputs extends Declarations,
>(skill: {
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  /** Contract: as that of `SkillRun`. */
  readonly run: (
    inputs: ValuesOf<Inputs>,
    context: SkillContext,
  ) => Promise<ValuesOf<Outputs>> | ValuesOf<Outputs>;
}): DefinedRun {
  const { inputs, outputs } = skill;
  const run: SkillRun = async (given, context) => {
    // The agent checked them against SKILL.md, and SKILL.md against `declares`.
    const output = await skill.run(given as ValuesOf<Inputs>, context);
    return output as unknown as Record<string, Json>;
  };
  return Object.assign(run, { declares: { inputs, outputs } });
}
