import { assign, fromPromise, setup } from "xstate";

/** How much is tried. */
export interface FixLoopSettings {
  /** False: failing tests are reproduced and escalated at once. */
  readonly autoFix: boolean;
  /** Calls of fixers for one group of failing tests. */
  readonly maxAttempts: number;
  /** Fixers there are, the cheapest first. */
  readonly fixers: number;
  /** False: only the tests that failed decide about a fix. */
  readonly regressionCheck: boolean;
}

/** Failing tests that one fix is looked for, by their ids. */
export type TestGroup = readonly string[];

/** A candidate that did not hold. */
export interface TriedCandidate {
  readonly description: string;
  readonly why: string;
  /** Index of its fixer. */
  readonly fixer: number;
}

export type Proposal =
  | {
      readonly status: "candidate";
      readonly key: string;
      readonly description: string;
      /** It was tried before on its tests alone, and mends at least one of them. */
      readonly isKnownToMend: boolean;
    }
  /** @param isFresh whether this attempt brought a candidate that was not tried before */
  | { readonly status: "exhausted"; readonly isFresh: boolean };

/** Whether a candidate passed a check. */
export type Verdict =
  | { readonly holds: true }
  | {
      readonly holds: false;
      readonly why: string;
      /** What stays the same when the same thing goes wrong again. */
      readonly signature: string;
    };

/** Why nothing more is tried for a group. */
export type EscalationReason =
  | "auto-fix-off"
  | "no-fixer"
  | "attempts-used-up"
  | "nothing-new"
  | "no-progress";

export interface FixLoopContext {
  readonly settings: FixLoopSettings;
  /** Groups that were not looked at yet. */
  readonly waiting: readonly TestGroup[];
  readonly group: TestGroup;
  /** Counted from 1. */
  readonly attempt: number;
  readonly candidate: string;
  readonly description: string;
  readonly tried: readonly TriedCandidate[];
  /** Of the last candidate of this attempt, and of the attempt before. */
  readonly signature: string;
  readonly signatureBefore: string;
  readonly isFresh: boolean;
}

/** A call of a fixer. */
export interface FixTurn {
  readonly group: TestGroup;
  readonly attempt: number;
  /** Index of the fixer to ask. */
  readonly fixer: number;
  readonly tried: readonly TriedCandidate[];
}

/** A candidate and the tests that it is for. */
export interface FixTarget {
  readonly group: TestGroup;
  readonly key: string;
}

/**
 * Mends failing tests, one fix after the other. A fix is accepted only because our own runs of the tests say so.
 *
 * ```
 * preflight ─▶ reproducing ─▶ choosing ─no group left─▶ concluding ─▶ ended
 *                               │  ▲  ▲
 *              group and fixers │  │  └───────────────────── escalating ◀─no attempt left, nothing new, no progress─┐
 *                               ▼  │                                                                              │
 *            ┌──────────────▶ proposing ──exhausted──▶ attemptOver ──────────────────────────────────────────────┤
 *            │                  │  │    (known to mend)    │                                                       │
 *            │        candidate │  └────────────┐          └── next attempt, next fixer ──▶ proposing
 *            │                  ▼               │
 *            ├─refused──── checkingPolicy       │
 *            │                  ▼               │
 *            ├─still red── verifyingTests       │
 *            │                  ▼               ▼
 *            └─broke────── verifyingSuite ◀─────┘
 *                               ▼
 *                           accepting ─▶ choosing, with what fails now
 * ```
 *
 * Whatever is thrown ends it in `broken`, with the error as it is.
 */
export const fixLoopMachine = setup({
  types: {
    context: {} as FixLoopContext,
    input: {} as FixLoopSettings,
  },
  actors: {
    /** Copies the project and finds its test runner. */
    prepare: fromPromise<void>(() => provideFirst("prepare")),
    /** Runs the tests and answers the groups that fail in every run. */
    reproduce: fromPromise<readonly TestGroup[]>(() => provideFirst("reproduce")),
    propose: fromPromise<Proposal, FixTurn>(() => provideFirst("propose")),
    checkPolicy: fromPromise<Verdict, FixTarget>(() => provideFirst("checkPolicy")),
    verifyTests: fromPromise<Verdict, FixTarget>(() => provideFirst("verifyTests")),
    verifySuite: fromPromise<Verdict, FixTarget>(() => provideFirst("verifySuite")),
    /** Commits it and answers the groups that fail with it. */
    accept: fromPromise<readonly TestGroup[], FixTarget & { readonly attempt: number }>(() =>
      provideFirst("accept"),
    ),
    escalate: fromPromise<void, FixTurn & { readonly reason: EscalationReason }>(() =>
      provideFirst("escalate"),
    ),
    conclude: fromPromise<void>(() => provideFirst("conclude")),
  },
  guards: {
    hasNoGroup: ({ context }) => context.waiting.length === 0,
    mayFix: ({ context }) => context.settings.autoFix && context.settings.fixers > 0,
    isCandidate: (_, params: { readonly proposal: Proposal }) =>
      params.proposal.status === "candidate",
    isKnownToMend: (_, params: { readonly proposal: Proposal }) =>
      params.proposal.status === "candidate" && params.proposal.isKnownToMend,
    holds: (_, params: { readonly verdict: Verdict }) => params.verdict.holds,
    checksNoRegression: ({ context }, params: { readonly verdict: Verdict }) =>
      params.verdict.holds && !context.settings.regressionCheck,
    mayTryAgain: ({ context }) => reasonToStop(context) === undefined,
  },
  actions: {
    takeGroup: assign(({ context }) => ({
      group: context.waiting[0] ?? [],
      waiting: context.waiting.slice(1),
      ...FRESH_GROUP,
    })),
    setWaiting: assign({
      waiting: (_, params: { readonly groups: readonly TestGroup[] }) => params.groups,
    }),
    takeCandidate: assign((_, { proposal }: { readonly proposal: Proposal }) =>
      proposal.status === "candidate"
        ? { candidate: proposal.key, description: proposal.description }
        : {},
    ),
    recordRefusal: assign(({ context }, { verdict }: { readonly verdict: Verdict }) =>
      verdict.holds
        ? {}
        : {
            tried: [...context.tried, refusalOf(context, verdict.why)],
            signature: verdict.signature,
          },
    ),
    endAttempt: assign((_, { proposal }: { readonly proposal: Proposal }) => ({
      isFresh: proposal.status === "exhausted" && proposal.isFresh,
    })),
    beginAttempt: assign(({ context }) => ({
      attempt: context.attempt + 1,
      signatureBefore: context.signature,
      signature: "",
    })),
  },
}).createMachine({
  id: "fix-loop",
  initial: "preflight",
  context: ({ input }) => ({
    settings: input,
    waiting: [],
    group: [],
    attempt: 1,
    candidate: "",
    description: "",
    tried: [],
    signature: "",
    signatureBefore: "",
    isFresh: true,
  }),
  states: {
    preflight: { invoke: { src: "prepare", onDone: "reproducing", onError: "broken" } },
    reproducing: {
      invoke: {
        src: "reproduce",
        onDone: {
          target: "choosing",
          actions: { type: "setWaiting", params: ({ event }) => ({ groups: event.output }) },
        },
        onError: "broken",
      },
    },
    choosing: {
      always: [
        { guard: "hasNoGroup", target: "concluding" },
        { guard: "mayFix", target: "proposing", actions: "takeGroup" },
        { target: "escalating", actions: "takeGroup" },
      ],
    },
    proposing: {
      invoke: {
        src: "propose",
        input: ({ context }) => turnOf(context),
        onDone: [
          {
            guard: { type: "isKnownToMend", params: ({ event }) => ({ proposal: event.output }) },
            target: "verifyingSuite",
            actions: { type: "takeCandidate", params: ({ event }) => ({ proposal: event.output }) },
          },
          {
            guard: { type: "isCandidate", params: ({ event }) => ({ proposal: event.output }) },
            target: "checkingPolicy",
            actions: { type: "takeCandidate", params: ({ event }) => ({ proposal: event.output }) },
          },
          {
            target: "attemptOver",
            actions: { type: "endAttempt", params: ({ event }) => ({ proposal: event.output }) },
          },
        ],
        onError: "broken",
      },
    },
    checkingPolicy: {
      invoke: {
        src: "checkPolicy",
        input: ({ context }) => candidateOf(context),
        onDone: [
          {
            guard: { type: "holds", params: ({ event }) => ({ verdict: event.output }) },
            target: "verifyingTests",
          },
          {
            target: "proposing",
            actions: { type: "recordRefusal", params: ({ event }) => ({ verdict: event.output }) },
          },
        ],
        onError: "broken",
      },
    },
    verifyingTests: {
      invoke: {
        src: "verifyTests",
        input: ({ context }) => candidateOf(context),
        onDone: [
          {
            guard: {
              type: "checksNoRegression",
              params: ({ event }) => ({ verdict: event.output }),
            },
            target: "accepting",
          },
          {
            guard: { type: "holds", params: ({ event }) => ({ verdict: event.output }) },
            target: "verifyingSuite",
          },
          {
            target: "proposing",
            actions: { type: "recordRefusal", params: ({ event }) => ({ verdict: event.output }) },
          },
        ],
        onError: "broken",
      },
    },
    verifyingSuite: {
      invoke: {
        src: "verifySuite",
        input: ({ context }) => candidateOf(context),
        onDone: [
          {
            guard: { type: "holds", params: ({ event }) => ({ verdict: event.output }) },
            target: "accepting",
          },
          {
            target: "proposing",
            actions: { type: "recordRefusal", params: ({ event }) => ({ verdict: event.output }) },
          },
        ],
        onError: "broken",
      },
    },
    accepting: {
      invoke: {
        src: "accept",
        input: ({ context }) => ({ ...candidateOf(context), attempt: context.attempt }),
        onDone: {
          target: "choosing",
          actions: { type: "setWaiting", params: ({ event }) => ({ groups: event.output }) },
        },
        onError: "broken",
      },
    },
    attemptOver: {
      always: [
        { guard: "mayTryAgain", target: "proposing", actions: "beginAttempt" },
        { target: "escalating" },
      ],
    },
    escalating: {
      invoke: {
        src: "escalate",
        input: ({ context }) => ({
          ...turnOf(context),
          reason: reasonToStop(context) ?? "attempts-used-up",
        }),
        onDone: "choosing",
        onError: "broken",
      },
    },
    concluding: { invoke: { src: "conclude", onDone: "ended", onError: "broken" } },
    ended: { type: "final" },
    broken: { type: "final" },
  },
});

const FRESH_GROUP = {
  attempt: 1,
  candidate: "",
  description: "",
  tried: [],
  signature: "",
  signatureBefore: "",
  isFresh: true,
} as const;

/** Undefined while another attempt may help. Each attempt asks the next fixer, and the last one again. */
function reasonToStop({
  settings,
  attempt,
  isFresh,
  signature,
  signatureBefore,
}: FixLoopContext): EscalationReason | undefined {
  if (!settings.autoFix) return "auto-fix-off";
  if (settings.fixers === 0) return "no-fixer";
  if (attempt >= settings.maxAttempts) return "attempts-used-up";
  const isLastFixer = attempt >= settings.fixers;
  if (isLastFixer && !isFresh) return "nothing-new";
  if (isLastFixer && signature !== "" && signature === signatureBefore) return "no-progress";
  return undefined;
}

function turnOf({ group, attempt, settings, tried }: FixLoopContext): FixTurn {
  return { group, attempt, tried, fixer: Math.min(attempt, settings.fixers) - 1 };
}

function candidateOf({ group, candidate }: FixLoopContext): FixTarget {
  return { group, key: candidate };
}

function refusalOf(context: FixLoopContext, why: string): TriedCandidate {
  return { description: context.description, why, fixer: turnOf(context).fixer };
}

function provideFirst(actor: string): never {
  throw new Error(`provide the actor ${actor} first`);
}
