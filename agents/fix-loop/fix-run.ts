import type { Logger } from "pino";
import { createActor, fromPromise, waitFor } from "xstate";
import type { Fixer, FixRequest } from "../../core/fixer.ts";
import type { JsonObject } from "../../core/json.ts";
import type { AcceptedFix, Escalation, RepairOrder, RepairOutcome } from "../../core/repairs.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { Steps } from "../../core/steps.ts";
import {
  type EscalationReason,
  type FixTarget,
  type FixTurn,
  fixLoopMachine,
  type Proposal,
  type TestGroup,
  type Verdict,
} from "../../machines/fix-loop.ts";
import { type Cases, countsOf, passesNow } from "../testing/compare-runs.ts";
import { idsOf } from "../testing/test-run.ts";
import { applyFixes } from "../workspaces/apply-fixes.ts";
import { requireCommitted } from "../workspaces/fix-branch.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import { type Candidate, CandidateSource } from "./candidate-source.ts";
import { failureOf } from "./failure-frames.ts";
import { commitMessage, evidenceOf } from "./fix-evidence.ts";
import { FIX_LIMITS, type FileChange, judgeChange } from "./policy.ts";
import { openProjectTests, type Reproduction, reproduce } from "./project-tests.ts";
import { withChanges } from "./recorded-run.ts";
import { suspectsOf } from "./suspects.ts";
import type { TestBench } from "./test-bench.ts";
import { groupsOf } from "./test-groups.ts";
import {
  casesOf,
  type SuiteOutcome,
  type TestsOutcome,
  Verification,
  verdictOf,
} from "./verification.ts";

export interface FixRunParts {
  readonly workspace: Workspace;
  readonly sandbox: Sandbox;
  readonly fixers: readonly Fixer[];
  readonly steps: Steps;
  readonly logger: Logger;
  readonly branch: string;
}

/** Drives the fix loop of one project to its end. @throws whatever a part of it throws */
export async function runFixLoop(
  order: RepairOrder,
  parts: FixRunParts,
  signal: AbortSignal,
): Promise<RepairOutcome> {
  const run = new FixRun(order, parts, signal);
  try {
    return await run.toItsEnd();
  } finally {
    await run.close();
  }
}

const EMPTY: Cases = new Map();

class FixRun {
  readonly #order: RepairOrder;
  readonly #parts: FixRunParts;
  readonly #signal: AbortSignal;
  readonly #notes: string[] = [];
  readonly #fixes: AcceptedFix[] = [];
  readonly #escalations = new Map<string, Escalation>();
  readonly #flaky = new Set<string>();
  readonly #testsOutcomes = new Map<string, TestsOutcome>();
  #bench: TestBench | undefined;
  #verification: Verification | undefined;
  #baseline: Reproduction | undefined;
  /** Of the tree with all fixes so far. */
  #cases: Cases = EMPTY;
  #suite: SuiteOutcome | undefined;
  #source: CandidateSource | undefined;
  #branch: string | undefined;
  #error: unknown;

  constructor(order: RepairOrder, parts: FixRunParts, signal: AbortSignal) {
    this.#order = order;
    this.#parts = parts;
    this.#signal = signal;
    this.#notes.push(...parts.workspace.notes);
    if (!order.networkDisabled) {
      this.#notes.push("network_disabled: false changes nothing: the sandbox has no network");
    }
  }

  async toItsEnd(): Promise<RepairOutcome> {
    const { autoFix, maxIterations, escalateAfter, regressionCheck } = this.#order;
    const maxAttempts = Math.min(maxIterations, escalateAfter);
    const fixers = this.#parts.fixers.length;
    const actor = createActor(this.#machine(), {
      input: { autoFix, maxAttempts, fixers, regressionCheck },
    });
    actor.start();
    const end = await waitFor(actor, ({ status }) => status === "done");
    if (end.matches("broken")) throw this.#error;
    return this.#outcome();
  }

  async close(): Promise<void> {
    await this.#source?.close();
  }

  #machine() {
    return fixLoopMachine.provide({
      actors: {
        prepare: fromPromise(() => this.#guarded(() => this.#prepare())),
        reproduce: fromPromise(() => this.#guarded(() => this.#reproduce())),
        propose: fromPromise<Proposal, FixTurn>(({ input }) =>
          this.#guarded(() => this.#propose(input)),
        ),
        checkPolicy: fromPromise<Verdict, FixTarget>(({ input }) =>
          this.#guarded(() => this.#checkPolicy(input.key)),
        ),
        verifyTests: fromPromise<Verdict, FixTarget>(({ input }) =>
          this.#guarded(() => this.#verifyTests(input)),
        ),
        verifySuite: fromPromise<Verdict, FixTarget>(({ input }) =>
          this.#guarded(() => this.#verifySuite(input)),
        ),
        accept: fromPromise<readonly TestGroup[], FixTarget & { readonly attempt: number }>(
          ({ input }) => this.#guarded(() => this.#accept(input)),
        ),
        escalate: fromPromise<void, FixTurn & { readonly reason: EscalationReason }>(({ input }) =>
          this.#guarded(() => this.#escalate(input)),
        ),
        conclude: fromPromise(() => this.#guarded(() => this.#conclude())),
      },
    });
  }

  /** Keeps what was thrown: the machine only knows that something was. */
  async #guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      this.#signal.throwIfAborted();
      return await work();
    } catch (error) {
      this.#error ??= error;
      throw error;
    }
  }

  async #prepare(): Promise<void> {
    if (this.#order.apply === "branch") {
      await requireCommitted(this.#parts.workspace, this.#signal);
    }
    this.#bench = await openProjectTests(this.#order, this.#parts);
    this.#notes.push(...this.#bench.notes);
    this.#verification = new Verification(this.#bench, this.#parts.steps);
  }

  async #reproduce(): Promise<readonly TestGroup[]> {
    const { workspace, steps } = this.#parts;
    const at = { tree: workspace.headTree, steps };
    this.#baseline = await reproduce(set(this.#bench), at, this.#signal);
    this.#cases = this.#baseline.cases;
    for (const id of this.#baseline.flaky) this.#flaky.add(id);
    const { failing, flaky } = this.#baseline;
    this.#say("fix.reproduced", { tests: this.#cases.size, failing, flaky });
    return this.#waiting();
  }

  /** Groups of tests that fail, are not flaky and were not given up. */
  #waiting(): readonly TestGroup[] {
    const failing = idsOf(this.#cases, "failed").filter(
      (id) => !this.#flaky.has(id) && !this.#escalations.has(id),
    );
    return groupsOf(failing.flatMap((id) => this.#cases.get(id) ?? []));
  }

  async #propose(turn: FixTurn): Promise<Proposal> {
    if (this.#source?.group !== turn.group) {
      await this.#source?.close();
      const { fixers, steps, workspace } = this.#parts;
      const requestOf = (asked: FixTurn, folder: string) => this.#request(asked, folder);
      this.#source = new CandidateSource(turn.group, { fixers, steps, workspace, requestOf });
    }
    const proposal = await this.#source.next(turn, this.#signal);
    if (proposal.status === "candidate") {
      const { description, key } = proposal;
      const fixer = this.#source.get(key).fixer;
      this.#say("fix.proposed", { tests: turn.group, attempt: turn.attempt, fixer, description });
    }
    return proposal;
  }

  async #request(turn: FixTurn, workspace: string): Promise<FixRequest> {
    const paths = new Set(this.#parts.workspace.paths);
    const failures = casesOf(turn.group, this.#cases).map((test) => failureOf(test, paths));
    const suspects = await suspectsOf(failures, paths, (path) => this.#parts.workspace.read(path));
    const earlier = turn.tried.map(({ description, why }) => ({ description, why }));
    const { task } = this.#order;
    const asked = task === undefined ? {} : { task };
    return { workspace, failures, suspects, attempt: turn.attempt, earlier, ...asked };
  }

  async #checkPolicy(key: string): Promise<Verdict> {
    const candidate = this.#candidate(key);
    if (candidate.problem !== undefined) {
      const why = `refused: ${candidate.problem}`;
      return this.#tell(candidate, { holds: false, why, signature: why });
    }
    const changes = await this.#changesOf(candidate);
    const bench = set(this.#bench);
    const reported = [...this.#cases.values()].flatMap(({ file }) => file ?? []);
    const testFiles = new Set([...bench.testFiles, ...reported]);
    return this.#tell(candidate, judgeChange(changes, { testFiles, ...FIX_LIMITS }));
  }

  async #changesOf({ key, edits }: Candidate): Promise<readonly FileChange[]> {
    const { workspace } = this.#parts;
    const changes = await workspace.changes(workspace.headTree, key);
    return Promise.all(
      changes.map(async ({ path, modeBefore, modeAfter }) => {
        const isNew = modeBefore === NO_FILE;
        const text = edits[path] ?? undefined;
        const after = text?.includes("\0") === true ? undefined : text;
        return {
          path,
          ...(isNew ? {} : { before: { mode: modeBefore, text: await workspace.read(path) } }),
          ...(modeAfter === NO_FILE ? {} : { after: { mode: modeAfter, text: after } }),
        };
      }),
    );
  }

  async #verifyTests(at: FixTarget): Promise<Verdict> {
    const group = casesOf(at.group, this.#cases);
    const outcome = await set(this.#verification).tests(
      { tree: at.key, group, isRecorded: this.#candidate(at.key).costUsd !== undefined },
      this.#signal,
    );
    this.#testsOutcomes.set(at.key, outcome);
    if (outcome.why !== "") this.#source?.noteMends(at.key, outcome.mended.length);
    return this.#tell(this.#candidate(at.key), verdictOf(outcome));
  }

  async #verifySuite({ key }: { readonly key: string }): Promise<Verdict> {
    const mended = casesOf(this.#mendedBy(key), this.#cases);
    const order = { tree: key, before: this.#cases, flaky: this.#flaky, mended };
    const outcome = await set(this.#verification).suite(order, this.#signal);
    for (const id of outcome.flaky) this.#flaky.add(id);
    this.#suite = outcome;
    return this.#tell(this.#candidate(key), verdictOf(outcome));
  }

  #mendedBy(key: string): readonly string[] {
    return this.#testsOutcomes.get(key)?.mended ?? [];
  }

  async #accept(at: {
    readonly key: string;
    readonly attempt: number;
  }): Promise<readonly TestGroup[]> {
    const { workspace, steps, sandbox } = this.#parts;
    const candidate = this.#candidate(at.key);
    const before = this.#cases;
    const head = workspace.headTree;
    const after = this.#casesAfter(at.key);
    const tests = idsOf(before, "failed").filter((id) => this.#isMended(id, before, after));
    const evidence = evidenceOf({
      trees: { before: head, after: at.key },
      tests: tests.map((id) => ({ id, after })),
      suite: this.#order.regressionCheck
        ? { before: countsOf(before, [...this.#flaky]), after: countsOf(after, [...this.#flaky]) }
        : undefined,
      outcomes: { tests: this.#testsOutcomes.get(at.key), suite: this.#suite },
      enforcement: sandbox.enforcement,
      adapter: set(this.#bench).adapter,
    });
    const fix = await steps.once<JsonObject>(`accept:${at.key.slice(0, 16)}`, async () => ({
      tests,
      description: candidate.description,
      fixer: candidate.fixer,
      attempts: at.attempt,
      candidates: this.#source?.count ?? 1,
      costUsd: candidate.costUsd ?? null,
      patch: await workspace.patch(head, at.key),
      evidence,
    }));
    const accepted = fix as unknown as Omit<AcceptedFix, "commit">;
    const commit = await workspace.commit(at.key, commitMessage(accepted));
    this.#fixes.push({ ...accepted, commit });
    this.#cases = after;
    this.#suite = undefined;
    this.#say("fix.accepted", { tests, fixer: candidate.fixer, commit, patch: accepted.patch });
    return this.#waiting();
  }

  #isMended(id: string, before: Cases, after: Cases): boolean {
    const test = before.get(id);
    return test !== undefined && !this.#flaky.has(id) && passesNow(test, after);
  }

  /** Without a run of all tests only those are known that were mended. */
  #casesAfter(key: string): Cases {
    if (this.#suite !== undefined) return withChanges(this.#cases, this.#suite.changes);
    const cases = new Map(this.#cases);
    for (const id of this.#mendedBy(key)) {
      const test = cases.get(id);
      if (test !== undefined) cases.set(id, { ...test, status: "passed", message: "" });
    }
    return cases;
  }

  async #escalate(turn: FixTurn & { readonly reason: EscalationReason }): Promise<void> {
    const tried = turn.tried.slice(-TRIED_SHOWN).map(({ description, why, fixer }) => ({
      description,
      why,
      fixer: this.#parts.fixers[fixer]?.name ?? "",
    }));
    await this.#escalateTests(turn.group, REASONS[turn.reason], tried);
    this.#say("fix.escalated", {
      tests: turn.group,
      reason: turn.reason,
      tried: turn.tried.length,
    });
  }

  async #escalateTests(
    group: TestGroup,
    reason: string,
    tried: Escalation["tried"],
  ): Promise<void> {
    const paths = new Set(this.#parts.workspace.paths);
    for (const test of casesOf(group, this.#cases)) {
      const failure = failureOf(test, paths);
      const read = (path: string) => this.#parts.workspace.read(path);
      const suspects = (await suspectsOf([failure], paths, read)).slice(0, SUSPECTS_SHOWN);
      this.#escalations.set(test.id, {
        test: test.id,
        ...(test.file === undefined ? {} : { file: test.file }),
        message: test.message.slice(0, MESSAGE_SHOWN).toWellFormed(),
        suspects,
        reason,
        tried,
      });
    }
  }

  async #conclude(): Promise<void> {
    if (this.#fixes.length === 0) return;
    const { workspace, branch } = this.#parts;
    if (!this.#order.regressionCheck) await this.#lookAgain();
    this.#branch = branch;
    const commits = await applyFixes(
      { workspace, how: this.#order.apply, branch, fixes: this.#fixes, messageOf: commitMessage },
      this.#signal,
    );
    for (const [index, commit] of commits.entries()) {
      const fix = this.#fixes[index];
      if (fix !== undefined) this.#fixes[index] = { ...fix, commit };
    }
  }

  /** Fixes were accepted without running all tests; the numbers at the end are of a run of all. */
  async #lookAgain(): Promise<void> {
    const { workspace } = this.#parts;
    const run = await set(this.#bench).run(workspace.headTree, undefined, this.#signal);
    if (run.status === "reported") {
      this.#cases = run.cases;
      const broken = idsOf(run.cases, "failed").filter(
        (id) => !this.#flaky.has(id) && !this.#escalations.has(id),
      );
      await this.#escalateTests(broken, "it fails with the fixes; regression_check is off", []);
    } else this.#notes.push(`with the fixes the tests cannot be read: ${run.why}`);
  }

  async #outcome(): Promise<RepairOutcome> {
    const { workspace, sandbox } = this.#parts;
    const baseline = set(this.#baseline);
    const failing = idsOf(this.#cases, "failed").filter((id) => !this.#flaky.has(id));
    const left = new Set(failing);
    const flaky = [...this.#flaky];
    const hasFixes = this.#fixes.length > 0;
    return {
      status: statusOf({ tests: baseline.cases.size, failing: failing.length, hasFixes }),
      adapter: set(this.#bench).adapter,
      baseline: countsOf(baseline.cases, flaky),
      after: countsOf(this.#cases, flaky),
      fixes: this.#fixes,
      escalations: [...this.#escalations.values()].filter(({ test }) => left.has(test)),
      patch: await workspace.patch(workspace.baseTree, workspace.headTree),
      ...(this.#branch === undefined ? {} : { branch: this.#branch }),
      ...(hasFixes ? { repository: workspace.gitDir } : {}),
      enforcement: sandbox.enforcement,
      notes: this.#notes,
    };
  }

  #candidate(key: string): Candidate {
    return set(this.#source).get(key);
  }

  #tell(candidate: Candidate, verdict: Verdict): Verdict {
    const { description, fixer } = candidate;
    if (!verdict.holds) this.#say("fix.refused", { fixer, description, why: verdict.why });
    return verdict;
  }

  #say(event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#parts.logger.info({ event, ...fields });
  }
}

const NO_FILE = "000000";
const TRIED_SHOWN = 20;
const SUSPECTS_SHOWN = 10;
const MESSAGE_SHOWN = 4_000;

const REASONS: Readonly<Record<EscalationReason, string>> = {
  "auto-fix-off": "auto_fix is off",
  "no-fixer": "this agent has no fixer",
  "attempts-used-up": "all attempts are used up",
  "nothing-new": "the fixers propose nothing that was not tried",
  "no-progress": "the failure stays the same from attempt to attempt",
};

function statusOf(found: {
  readonly tests: number;
  readonly failing: number;
  readonly hasFixes: boolean;
}): RepairOutcome["status"] {
  if (found.tests === 0) return "no-tests";
  if (found.failing === 0) return found.hasFixes ? "fixed" : "passed";
  return found.hasFixes ? "partly-fixed" : "escalated";
}

function set<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("the loop is not this far");
  return value;
}
