import type { Suspect } from "./evidence.ts";
import type { Failure, FailureKind } from "./failures.ts";
import type { Hypothesis } from "./hypotheses.ts";

export type Complexity = "simple" | "complex";

/** A way to mend it. `type`, so that it is plain JSON. */
export type Option = {
  readonly title: string;
  readonly files: readonly string[];
  readonly risk: "low" | "medium" | "high";
};

export interface Verdict {
  /** Null when nothing that was seen says where the cause is. */
  readonly cause: string | null;
  /** 0 to 1. */
  readonly confidence: number;
  readonly complexity: Complexity;
  /** Why it is simple or complex. */
  readonly complexityReasons: readonly string[];
  readonly options: readonly Option[];
}

/** What a cause needs that is believed without doubt. */
const FULL_WEIGHT = 16;
/** Below it nothing that was seen points anywhere. */
const LEAST_WEIGHT = 2;
const MOST_BRANCHES = 10;
const MOST_IMPORTERS = 5;

/** Decides from what was seen. Pure. */
export function decide(
  hypotheses: readonly Hypothesis[],
  suspects: readonly Suspect[],
  failure: Failure | undefined,
): Verdict {
  const [best, second] = hypotheses;
  const suspect = suspects.find((each) => each.file === best?.file && each.line === best.line);
  if (best === undefined || suspect === undefined || best.weight < LEAST_WEIGHT) {
    return {
      cause: null,
      confidence: 0,
      complexity: "complex",
      complexityReasons: ["where the cause is, is not known"],
      options: [],
    };
  }
  const lead = best.weight - Math.max(0, second?.weight ?? 0);
  const confidence = Math.min(
    0.95,
    (best.weight / FULL_WEIGHT) * (lead >= 3 || second === undefined ? 1 : 0.7),
  );
  const complexityReasons = hindrances(suspect, hypotheses, failure);
  return {
    cause: best.cause,
    confidence: Math.round(confidence * 100) / 100,
    complexity: complexityReasons.length === 0 ? "simple" : "complex",
    complexityReasons:
      complexityReasons.length === 0
        ? ["one place, easy to follow, few files that use it"]
        : complexityReasons,
    options: optionsFor(suspect, suspects, failure),
  };
}

/** What makes mending it more than a change at one place. */
function hindrances(
  suspect: Suspect,
  hypotheses: readonly Hypothesis[],
  failure: Failure | undefined,
): string[] {
  const [best, ...others] = hypotheses;
  const close = others.filter(
    ({ file, weight }) => file !== best?.file && weight >= (best?.weight ?? 0) - 2,
  );
  const { cyclomatic = 0, name } = suspect.function ?? {};
  return [
    ...(close.length === 0
      ? []
      : [
          `${close.length === 1 ? "another file is" : `${close.length} other files are`} as likely`,
        ]),
    ...(cyclomatic > MOST_BRANCHES ? [`${name} has a cyclomatic complexity of ${cyclomatic}`] : []),
    ...(suspect.importers.length > MOST_IMPORTERS
      ? [`${suspect.importers.length} files import ${suspect.file}`]
      : []),
    ...(failure !== undefined && FAR_REACHING.has(failure.kind)
      ? [`a failure of the kind ${failure.kind} seldom has its cause where it shows`]
      : []),
    ...(suspect.isTest ? ["only tests are named by what is known"] : []),
  ];
}

const FAR_REACHING: ReadonlySet<FailureKind> = new Set([
  "timeout",
  "no-connection",
  "out-of-memory",
  "endless-recursion",
]);

const FIXES: Readonly<Record<FailureKind, string>> = {
  "missing-value": "handle the missing value where it is used",
  "not-a-function": "call what is there, or give the object the method",
  "unknown-name": "declare or import the name",
  "missing-module": "mend the import, or install what it names",
  "missing-file": "check that the file is there before it is used, or make it",
  "no-permission": "do it with the rights that it needs, or where it is allowed",
  "no-connection": "handle that nothing answers, and check the address",
  timeout: "find out what takes so long before the limit is raised",
  assertion: "make the code answer what the test expects",
  "wrong-type": "give the value the type that the code takes",
  "out-of-range": "check the number before it is used",
  "unreadable-data": "check the data before it is read, and say what is wrong with it",
  "out-of-memory": "keep less in memory at a time",
  "endless-recursion": "give the recursion an end",
  other: "mend the place where it fails",
};

function optionsFor(
  suspect: Suspect,
  suspects: readonly Suspect[],
  failure: Failure | undefined,
): Option[] {
  const { file, line, change, importers } = suspect;
  const isWide = importers.length > MOST_IMPORTERS;
  const here: Option = {
    title: `${FIXES[failure?.kind ?? "other"]} (${file}:${line})`,
    files: [file],
    risk: isWide ? "medium" : "low",
  };
  const caller = suspects.find(
    (each) => !each.isTest && each.file !== file && each.depth !== undefined,
  );
  const fromCaller =
    caller !== undefined && CALLERS_FAULT.has(failure?.kind ?? "other")
      ? [
          {
            title: `mend what is handed over at ${caller.file}:${caller.line}`,
            files: [caller.file],
            risk: "medium" as const,
          },
        ]
      : [];
  const undo =
    change === undefined
      ? []
      : [
          {
            title: `look at what ${change.commit} changed there ("${change.summary}"), and undo it if it is the cause`,
            files: [file],
            risk: isWide ? ("high" as const) : ("medium" as const),
          },
        ];
  return [here, ...fromCaller, ...undo];
}

const CALLERS_FAULT: ReadonlySet<FailureKind> = new Set([
  "missing-value",
  "wrong-type",
  "out-of-range",
  "not-a-function",
  "unreadable-data",
]);
