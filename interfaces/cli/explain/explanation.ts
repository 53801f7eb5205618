import { ERROR_CODES, type ErrorCode } from "../../../core/errors.ts";
import type { Warning } from "../../../language/diagnostic.ts";
import { CASCADE_EXPLANATIONS } from "./cascade-explanations.ts";
import { FIXER_EXPLANATIONS } from "./fixer-explanations.ts";
import { INPUT_EXPLANATIONS } from "./input-explanations.ts";
import { RUN_EXPLANATIONS } from "./run-explanations.ts";
import { SWARM_EXPLANATIONS } from "./swarm-explanations.ts";

/** What a person wants to know of an error beyond its message. */
export interface Explanation {
  /** The usual ones first. */
  readonly causes: readonly string[];
  readonly remedies: readonly string[];
  /** Such an error as it is shown. */
  readonly example: string;
}

/** The codes that stand in messages: those of errors, and those of warnings about cascades. */
export type ExplainedCode = ErrorCode | Warning["code"];

/** Every code has one: a new code without an explanation does not compile. */
export const EXPLANATIONS: Readonly<Record<ExplainedCode, Explanation>> = {
  ...CASCADE_EXPLANATIONS,
  ...INPUT_EXPLANATIONS,
  ...FIXER_EXPLANATIONS,
  ...RUN_EXPLANATIONS,
  ...SWARM_EXPLANATIONS,
};

const WARNINGS: Readonly<Record<Warning["code"], string>> = {
  "unused-input": "A warning: no stage of the cascade uses this input.",
};

/** What each code means, in one sentence. */
export const MEANINGS: Readonly<Record<ExplainedCode, string>> = { ...ERROR_CODES, ...WARNINGS };

export function isExplained(code: string): code is ExplainedCode {
  return Object.hasOwn(MEANINGS, code);
}
