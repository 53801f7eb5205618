import type { Template } from "../core/plan.ts";
import { COMMAND_SKILL } from "../core/skill-allowance.ts";
import type { Path, Reporter } from "./reporter.ts";

/** The inputs of one call of a skill, and where they stand. */
export interface BoundInputs {
  readonly inputs: Readonly<Record<string, Template>>;
  /** Where an input is written, or else where the skill is named. */
  placeOf(input: string): Path;
}

/** Some inputs of shipped skills decide what may happen at all: they are what the cascade says, never what data says. */
export function refuseUnsafeInputs(skill: string, bound: BoundInputs, reporter: Reporter): void {
  if (skill === COMMAND_SKILL) refuseChosenProgram(bound, reporter);
}

function refuseChosenProgram({ inputs, placeOf }: BoundInputs, reporter: Reporter): void {
  const { argv } = inputs;
  if (argv === undefined || isLiteralProgram(argv)) return;
  const isList = argv.kind === "list" || (argv.kind === "literal" && Array.isArray(argv.value));
  const message = "the program that is run must be written here, without ${…}";
  const hint = "only its arguments may come from data: [program, ${…}]";
  const place = placeOf("argv");
  reporter.report("invalid-cascade", message, isList ? [...place, 0] : place, hint);
}

function isLiteralProgram(argv: Template): boolean {
  let first: unknown;
  if (argv.kind === "list") {
    const [item] = argv.items;
    first = item?.kind === "literal" ? item.value : undefined;
  } else if (argv.kind === "literal") {
    if (!Array.isArray(argv.value)) return true; // of the wrong type, which was reported
    [first] = argv.value;
  }
  return typeof first === "string" && first !== "";
}
