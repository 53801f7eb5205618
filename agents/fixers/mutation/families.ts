/** What a failing test says about the kind of mistake; see `clues.ts`. */
export type Clue =
  | "off-by-one"
  | "opposite-sign"
  | "opposite-truth"
  | "not-a-number"
  | "infinite-number"
  | "other-number"
  | "undefined-value"
  | "promise"
  | "missing-object"
  | "unknown-name"
  | "reversed-list"
  | "other-length"
  | "other-text"
  | "other-case"
  | "other-space"
  | "endless"
  | "nothing-thrown"
  | "thrown";

interface Family {
  /** How often mistakes of this kind are what is wrong, between 0 and 1, before anything is known of the failure. */
  readonly prior: number;
  /** By how much a clue makes it more likely. */
  readonly clues?: Readonly<Partial<Record<Clue, number>>>;
}

/** Kinds of edits with what speaks for them. The order of all candidates follows from these numbers. */
export const FAMILIES = {
  /** `<` and `<=` */
  boundary: { prior: 0.9, clues: { "off-by-one": 1.6, "other-length": 1.5, endless: 1.3 } },
  /** `<` and `>=`, `==` and `!=` */
  comparison: {
    prior: 0.8,
    clues: { "opposite-truth": 1.4, "reversed-list": 1.6, "other-length": 1.2, endless: 1.4 },
  },
  /** `a == b` where the types count, and `a = b` in a condition */
  equality: { prior: 0.25 },
  arithmetic: {
    prior: 0.8,
    clues: { "other-number": 1.2, "opposite-sign": 1.5, "not-a-number": 1.2, endless: 1.2 },
  },
  assignment: { prior: 0.65, clues: { "other-number": 1.2, endless: 1.2, "not-a-number": 1.1 } },
  /** `i++` and `i--` */
  update: { prior: 0.6, clues: { endless: 2, "off-by-one": 1.2 } },
  logical: { prior: 0.8, clues: { "opposite-truth": 1.3, thrown: 1.1 } },
  /** One side of a condition alone. */
  "logical-side": { prior: 0.2, clues: { "opposite-truth": 1.1 } },
  /** A condition, negated or no longer negated. */
  negation: { prior: 0.7, clues: { "opposite-truth": 1.4, "other-length": 1.2, endless: 1.2 } },
  /** `-x` and `x` */
  sign: { prior: 0.45, clues: { "opposite-sign": 2, "reversed-list": 1.6 } },
  boolean: { prior: 0.65, clues: { "opposite-truth": 1.4 } },
  /** A number one up or one down. */
  number: { prior: 0.6, clues: { "off-by-one": 1.5, "other-number": 1.1, "other-length": 1.2 } },
  /** A literal that the failure names as wrong. */
  "literal-from-message": { prior: 0.55 },
  text: { prior: 0.25, clues: { "other-text": 1.5, "other-space": 1.6 } },
  /** A value one up or one down, by `+ 1` or `- 1`. */
  offset: { prior: 0.25, clues: { "off-by-one": 2, "other-length": 1.6, "undefined-value": 1.2 } },
  /** `+ 1` or `- 1` that should not be there. */
  "extra-offset": { prior: 0.55, clues: { "off-by-one": 1.6, "other-length": 1.4 } },
  /** Another method of the same kind, such as `min` and `max`. */
  method: {
    prior: 0.7,
    clues: { "other-case": 1.5, "other-space": 1.5, "reversed-list": 1.3, "other-number": 1.1 },
  },
  /** The two sides of an operator. */
  operands: { prior: 0.4, clues: { "opposite-sign": 2, "reversed-list": 2.2, "other-text": 1.2 } },
  /** Two neighbours among the arguments of a call. */
  "argument-order": { prior: 0.5, clues: { "other-number": 1.1, "other-text": 1.1 } },
  /** The two outcomes of a conditional expression. */
  branches: { prior: 0.55, clues: { "opposite-truth": 1.2 } },
  "missing-return": { prior: 0.45, clues: { "undefined-value": 2.2, "not-a-number": 1.2 } },
  "added-guard": {
    prior: 0.1,
    clues: {
      "missing-object": 4,
      "not-a-number": 4,
      "infinite-number": 5,
      "undefined-value": 2,
      endless: 2,
      thrown: 2,
    },
  },
  "removed-guard": { prior: 0.25, clues: { thrown: 1.5 } },
  /** `a.b` that should be `a?.b`. */
  optional: { prior: 0.05, clues: { "missing-object": 8 } },
  "missing-await": { prior: 0.2, clues: { promise: 4, "nothing-thrown": 2 } },
  /** Another variable with a like name, or of the same function. */
  variable: { prior: 0.3, clues: { "unknown-name": 2.5, "other-number": 1.1 } },
  /** Another property that the file uses. */
  property: { prior: 0.2, clues: { "undefined-value": 1.4, "not-a-number": 1.4 } },
  jump: { prior: 0.35, clues: { endless: 1.3, "other-length": 1.3 } },
  /** Which operator binds first. */
  grouping: { prior: 0.25, clues: { "other-number": 1.3 } },
  /** An argument whose absence has a meaning of its own, such as the comparator of `sort`. */
  "missing-argument": { prior: 0.3, clues: { "reversed-list": 1.5, "not-a-number": 1.2 } },
} as const satisfies Record<string, Family>;

export type MutationFamily = keyof typeof FAMILIES;

/** How likely an edit of this family is what is missing; not a probability, only larger for what should be tried first. */
export function likelihoodOf(family: MutationFamily, clues: ReadonlySet<Clue>): number {
  const { prior, clues: factors = {} }: Family = FAMILIES[family];
  let likelihood = prior;
  for (const clue of clues) likelihood *= factors[clue] ?? 1;
  return likelihood;
}
