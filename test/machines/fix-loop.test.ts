import { describe, expect, it } from "vitest";
import { createActor, fromPromise, waitFor } from "xstate";
import {
  type EscalationReason,
  type FixLoopSettings,
  type FixTarget,
  type FixTurn,
  fixLoopMachine,
  type Proposal,
  type TestGroup,
  type Verdict,
} from "../../machines/fix-loop.ts";

const HOLDS: Verdict = { holds: true };
const fails = (why: string): Verdict => ({ holds: false, why, signature: why });
const candidate = (key: string, isKnownToMend = false): Proposal => ({
  status: "candidate",
  key,
  description: key,
  isKnownToMend,
});
const exhausted = (isFresh = true): Proposal => ({ status: "exhausted", isFresh });
const SETTINGS: FixLoopSettings = {
  autoFix: true,
  maxAttempts: 3,
  fixers: 1,
  regressionCheck: true,
};

/** Runs the machine on what is written down, and answers what it did, in order. */
async function trace(
  script: {
    readonly proposals?: readonly Proposal[];
    readonly verdicts?: Readonly<Record<string, Verdict>>;
    readonly groups?: readonly TestGroup[];
    readonly left?: readonly TestGroup[];
  },
  settings: Partial<FixLoopSettings> = {},
) {
  const said: string[] = [];
  const proposals = [...(script.proposals ?? [])];
  const verdict = (kind: string, key: string): Verdict => {
    said.push(`${kind} ${key}`);
    return script.verdicts?.[`${kind} ${key}`] ?? HOLDS;
  };
  const turn = ({ group, attempt, fixer }: FixTurn): string =>
    `${group.join("+")} attempt ${attempt} fixer ${fixer}`;
  const actor = createActor(
    fixLoopMachine.provide({
      actors: {
        prepare: fromPromise<void>(async () => {}),
        reproduce: fromPromise(async () => script.groups ?? [["a"]]),
        propose: fromPromise<Proposal, FixTurn>(async ({ input }) => {
          said.push(`ask ${turn(input)}`);
          const next = proposals.shift();
          if (next === undefined) throw new Error("asked too often");
          return next;
        }),
        checkPolicy: fromPromise<Verdict, FixTarget>(async ({ input }) =>
          verdict("policy", input.key),
        ),
        verifyTests: fromPromise<Verdict, FixTarget>(async ({ input }) =>
          verdict("tests", input.key),
        ),
        verifySuite: fromPromise<Verdict, FixTarget>(async ({ input }) =>
          verdict("suite", input.key),
        ),
        accept: fromPromise<readonly TestGroup[], FixTarget & { readonly attempt: number }>(
          async ({ input }) => {
            said.push(`accept ${input.key} attempt ${input.attempt}`);
            return script.left ?? [];
          },
        ),
        escalate: fromPromise<void, FixTurn & { readonly reason: EscalationReason }>(
          async ({ input }) => {
            said.push(
              `escalate ${input.group.join("+")} ${input.reason} tried ${input.tried.length}`,
            );
          },
        ),
        conclude: fromPromise<void>(async () => void said.push("conclude")),
      },
    }),
    { input: { ...SETTINGS, ...settings } },
  );
  actor.start();
  const end = await waitFor(actor, ({ status }) => status === "done");
  return { said, state: end.value };
}

describe("the fix loop", () => {
  it("has nothing to do when no test fails", async () => {
    expect(await trace({ groups: [] })).toEqual({ said: ["conclude"], state: "ended" });
  });

  it("accepts only what keeps to the policy, mends its tests and breaks no other", async () => {
    const { said } = await trace({
      proposals: ["1", "2", "3", "4"].map((key) => candidate(key)),
      verdicts: { "policy 1": fails("p"), "tests 2": fails("t"), "suite 3": fails("s") },
    });
    expect(said.filter((each) => !each.startsWith("ask"))).toEqual([
      ...["policy 1"],
      ...["policy 2", "tests 2"],
      ...["policy 3", "tests 3", "suite 3"],
      ...["policy 4", "tests 4", "suite 4", "accept 4 attempt 1"],
      "conclude",
    ]);
  });

  it("asks the next fixer at the next attempt, and the last one again", async () => {
    const { said } = await trace(
      {
        proposals: [candidate("1"), exhausted(), candidate("2"), exhausted(), exhausted()],
        verdicts: { "tests 1": fails("x"), "tests 2": fails("y") },
      },
      { fixers: 2 },
    );
    expect(said.filter((each) => each.startsWith("ask"))).toEqual([
      ...["ask a attempt 1 fixer 0", "ask a attempt 1 fixer 0"],
      ...["ask a attempt 2 fixer 1", "ask a attempt 2 fixer 1"],
      "ask a attempt 3 fixer 1",
    ]);
    expect(said.slice(-2)).toEqual(["escalate a attempts-used-up tried 2", "conclude"]);
  });

  it("goes straight to all tests with a candidate that is known to mend some", async () => {
    const { said } = await trace({ proposals: [candidate("1", true)] });
    expect(said).toEqual(["ask a attempt 1 fixer 0", "suite 1", "accept 1 attempt 1", "conclude"]);
  });

  it("goes on with what still fails after a fix", async () => {
    const { said } = await trace({
      groups: [["a", "b"], ["c"]],
      proposals: [candidate("1"), exhausted(false)],
      left: [["c"]],
    });
    expect(said.slice(-3)).toEqual([
      "ask c attempt 1 fixer 0",
      "escalate c nothing-new tried 0",
      "conclude",
    ]);
  });

  it.each([
    ["auto-fix-off", { autoFix: false }, []],
    ["no-fixer", { fixers: 0 }, []],
    ["nothing-new", {}, [exhausted(false)]],
    ["attempts-used-up", { maxAttempts: 1 }, [exhausted()]],
    ["no-progress", { maxAttempts: 9 }, [candidate("1"), exhausted(), candidate("2"), exhausted()]],
  ] as const)("escalates with the reason %s", async (reason, settings, proposals) => {
    const verdicts = { "tests 1": fails("same"), "tests 2": fails("same") };
    const { said, state } = await trace({ proposals, verdicts }, settings);
    expect(said.at(-2)).toContain(`escalate a ${reason}`);
    expect(state).toBe("ended");
  });

  it("does not run all tests without the regression check", async () => {
    const { said } = await trace({ proposals: [candidate("1")] }, { regressionCheck: false });
    expect(said).not.toContain("suite 1");
    expect(said).toContain("accept 1 attempt 1");
  });

  it("is broken when a part of it throws", async () => {
    expect(await trace({})).toMatchObject({ state: "broken" });
  });
});
