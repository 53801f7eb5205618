import { createHash } from "node:crypto";
import type { FixCandidate, Fixer, FixRequest } from "../../core/fixer.ts";
import type { Json } from "../../core/json.ts";
import type { Steps } from "../../core/steps.ts";
import type { FixTurn, Proposal, TestGroup } from "../../machines/fix-loop.ts";
import type { Workspace } from "../workspaces/workspace.ts";

/** A proposal of a fixer, with the tree that it makes. */
export interface Candidate extends FixCandidate {
  readonly fixer: string;
  /** Hash of the tree, or what says that there is none. */
  readonly key: string;
  /** Why git makes no tree of it. */
  readonly problem?: string;
}

/** New ones; what a fixer has beyond them comes at the next attempt. */
const CANDIDATES_PER_ATTEMPT = 100;
/** When one mends some of the tests, so many more are looked at for one that mends all. */
const CANDIDATES_AFTER_PARTIAL = 15;

/**
 * The candidates for one group of tests: what fixers propose, one at a time and each tree once. When a fixer has no more, those come again that
 * mend some of the tests, the best first: they are better than nothing.
 */
export class CandidateSource {
  readonly group: TestGroup;
  /** Looked at so far. */
  count = 0;
  readonly #given: SourceOptions;
  readonly #candidates = new Map<string, Candidate>();
  /** Fixers whose candidates cost nothing: they propose many, which are asked for again instead of recorded. */
  readonly #free = new Set<Fixer>();
  readonly #mends = new Map<string, number>();
  #open: OpenAttempt | undefined;

  constructor(group: TestGroup, given: SourceOptions) {
    this.group = group;
    this.#given = given;
  }

  /** @throws what the fixer throws */
  async next(turn: FixTurn, signal: AbortSignal): Promise<Proposal> {
    const open = await this.#attemptOf(turn, signal);
    while (open.fresh < open.most) {
      const candidate = await this.#ask(open, turn);
      if (candidate === undefined) break;
      if (this.#candidates.has(candidate.key)) continue;
      this.#candidates.set(candidate.key, candidate);
      open.fresh += 1;
      this.count += 1;
      const { key, description } = candidate;
      return { status: "candidate", key, description, isKnownToMend: false };
    }
    const known = this.#bestKnown();
    if (known !== undefined) {
      const { key, description } = known;
      return { status: "candidate", key, description, isKnownToMend: true };
    }
    const isFresh = open.fresh > 0;
    await this.close();
    return { status: "exhausted", isFresh };
  }

  get(key: string): Candidate {
    const candidate = this.#candidates.get(key);
    if (candidate === undefined) throw new Error(`no candidate ${key}`);
    return candidate;
  }

  /** Remembers one that mends some tests of the group, but not all. */
  noteMends(key: string, tests: number): void {
    if (tests === 0) return;
    this.#mends.set(key, tests);
    const open = this.#open;
    if (open !== undefined) {
      open.most = Math.min(open.most, open.fresh + CANDIDATES_AFTER_PARTIAL);
    }
  }

  /** Ends the fixer's sequence and throws its worktree away. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    await open.iterator?.return?.();
    await open.editing?.[Symbol.asyncDispose]();
  }

  #bestKnown(): Candidate | undefined {
    const [best] = [...this.#mends].sort(([, a], [, b]) => b - a);
    if (best === undefined) return undefined;
    this.#mends.delete(best[0]);
    return this.get(best[0]);
  }

  async #attemptOf(turn: FixTurn, signal: AbortSignal): Promise<OpenAttempt> {
    if (this.#open?.attempt === turn.attempt) return this.#open;
    await this.close();
    const fixer = this.#given.fixers[turn.fixer];
    if (fixer === undefined) throw new Error(`no fixer ${turn.fixer}`);
    this.#open = {
      attempt: turn.attempt,
      fixer,
      signal,
      taken: 0,
      fresh: 0,
      most: CANDIDATES_PER_ATTEMPT,
    };
    return this.#open;
  }

  /** The next of the sequence; what was paid for is recorded and not asked for again. */
  async #ask(open: OpenAttempt, turn: FixTurn): Promise<Candidate | undefined> {
    const { steps, workspace } = this.#given;
    const number = open.taken;
    open.taken += 1;
    const name = `proposal:${shortHash([workspace.headTree, this.group])}:${turn.attempt}:${number}`;
    if (this.#free.has(open.fixer)) return this.#made(await this.#nextOf(open, turn), open);
    let asked: FixCandidate | undefined;
    const ask = async (): Promise<void> => {
      asked = await this.#nextOf(open, turn);
    };
    const recorded = await steps.once<Json>(name, async () => {
      await ask();
      if (asked === undefined) return "end";
      return asked.costUsd === undefined ? "free" : { ...asked };
    });
    if (recorded === "end") return undefined;
    if (recorded === "free") this.#free.add(open.fixer);
    if (recorded === "free" && asked === undefined) await ask();
    const candidate = recorded === "free" ? asked : (recorded as unknown as FixCandidate);
    return this.#made(candidate, open);
  }

  #made(candidate: FixCandidate | undefined, open: OpenAttempt): Promise<Candidate> | undefined {
    return candidate === undefined ? undefined : this.#withTree(candidate, open.fixer.name);
  }

  async #nextOf(open: OpenAttempt, turn: FixTurn): Promise<FixCandidate | undefined> {
    if (open.iterator === undefined) {
      open.editing = await this.#given.workspace.openEditing();
      const request = await this.#given.requestOf(turn, open.editing.folder);
      open.iterator = open.fixer.candidates(request, open.signal)[Symbol.asyncIterator]();
    }
    const next = await open.iterator.next();
    return next.done === true ? undefined : next.value;
  }

  async #withTree(candidate: FixCandidate, fixer: string): Promise<Candidate> {
    try {
      const key = await this.#given.workspace.treeWith(candidate.edits);
      return { ...candidate, fixer, key };
    } catch (error) {
      const problem = (error as Error).message;
      return { ...candidate, fixer, key: `none-${shortHash(candidate.edits)}`, problem };
    }
  }
}

interface SourceOptions {
  readonly fixers: readonly Fixer[];
  readonly steps: Steps;
  readonly workspace: Workspace;
  readonly requestOf: (turn: FixTurn, folder: string) => Promise<FixRequest>;
}

interface OpenAttempt {
  readonly attempt: number;
  readonly fixer: Fixer;
  readonly signal: AbortSignal;
  taken: number;
  fresh: number;
  most: number;
  iterator?: AsyncIterator<FixCandidate>;
  editing?: { readonly folder: string } & AsyncDisposable;
}

/** Names a thing by its content, short enough for the name of a step. */
export function shortHash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
