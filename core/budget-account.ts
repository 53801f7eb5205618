import {
  type AskedCall,
  type Budget,
  type BudgetStanding,
  NOTHING_SPENT,
  plus,
  type Spending,
} from "./budget.ts";
import type { EventOf, RunEvent } from "./events.ts";
import type { StageId } from "./ids.ts";
import type { Plan, PlanBudget } from "./plan.ts";

/** A call that was allowed. */
export interface Reservation {
  readonly id: string;
  readonly stage: StageId;
  readonly index: number;
  readonly attempt: number;
  readonly asked: AskedCall;
  /** It counts for that day's budget, too. */
  readonly day?: string;
  /** What the vendor counted; null where it is not known. */
  readonly counted?: { readonly tokens: number | null; readonly usd: number | null };
}

/** What the calls of a run came to, as far as that is known. */
export interface ModelSpending {
  readonly calls: number;
  /** Null: of some call it is not known. */
  readonly tokens: number | null;
  readonly usd: number | null;
}

/**
 * What a run has reserved and spent on models, from its facts: the fold that the owner of its shard decides by, and that anybody
 * can make of the published events. A call that was never settled, or not counted by its vendor, stays at its worst.
 */
export class BudgetAccount {
  readonly #budgets: readonly PlanBudget[];
  /** Those of the whole run. */
  readonly #ofAll: readonly number[];
  /** All that hold for a stage that has some of its own. */
  readonly #byStage: ReadonlyMap<StageId, readonly number[]>;
  readonly #reservations = new Map<string, Reservation>();
  /** Ids of those that are not settled. */
  readonly #open = new Set<string>();
  readonly #charged: Spending[];
  readonly #startedMs: (number | undefined)[];

  constructor({ budgets = [], stages }: Pick<Plan, "budgets" | "stages">) {
    this.#budgets = budgets;
    this.#ofAll = budgets.flatMap(({ stages: own }, at) => (own === undefined ? [at] : []));
    this.#byStage = budgetsByStage(budgets, stages, this.#ofAll);
    this.#charged = budgets.map(() => NOTHING_SPENT);
    this.#startedMs = budgets.map(() => undefined);
  }

  apply(event: RunEvent, atMs: number): void {
    switch (event.type) {
      case "run.started":
        this.#start(undefined, atMs);
        break;
      case "stage.started":
      case "stage.paused":
        this.#start(event.stage, atMs);
        break;
      case "budget.reserved":
        this.#reserve(event);
        break;
      case "budget.settled":
        this.#settle(event);
        break;
    }
  }

  reservation(id: string): Reservation | undefined {
    return this.#reservations.get(id);
  }

  /** The budgets that hold for a stage, by their position in the plan. */
  of(stage: StageId): readonly number[] {
    return this.#byStage.get(stage) ?? this.#ofAll;
  }

  limit(at: number): PlanBudget | undefined {
    return this.#budgets[at];
  }

  /** When the run, or the first of its stages, was started: wall time. */
  startedMs(at: number): number | undefined {
    return this.#startedMs[at];
  }

  /**
   * How the budgets of a stage stand, or all of them.
   * @param isUnderWay false for a call whose attempt is over: it will not be settled any more
   */
  standings(
    isUnderWay: (reservation: Reservation) => boolean,
    stage?: StageId,
  ): readonly BudgetStanding[] {
    const wanted = stage === undefined ? this.#budgets.map((_, at) => at) : this.of(stage);
    return wanted.map((at) => {
      const { name, limit } = this.#budgets[at] ?? { name: "", limit: {} as Budget };
      const charged = this.#charged[at] ?? NOTHING_SPENT;
      const reserved = this.#reservedOf(at, isUnderWay);
      const spent = plus(charged, { calls: 0, tokens: -reserved.tokens, usd: -reserved.usd });
      return { of: name, limit, spent, reserved };
    });
  }

  /** Undefined when nothing was reserved: then nobody counted. */
  get spending(): ModelSpending | undefined {
    if (this.#reservations.size === 0) return undefined;
    const all = [...this.#reservations.values()].map(({ counted }) => counted);
    const sum = (what: "tokens" | "usd"): number | null => {
      const known = all.flatMap((counted) => counted?.[what] ?? []);
      return known.length < all.length ? null : known.reduce((total, each) => total + each, 0);
    };
    return { calls: all.length, tokens: sum("tokens"), usd: sum("usd") };
  }

  /** A call that is made is a call, however it ends: only tokens and money come back. */
  #reservedOf(at: number, isUnderWay: (reservation: Reservation) => boolean): Spending {
    let reserved = NOTHING_SPENT;
    for (const id of this.#open) {
      const reservation = this.#reservations.get(id);
      if (reservation === undefined || !this.of(reservation.stage).includes(at)) continue;
      if (!isUnderWay(reservation)) continue;
      const { tokens, usd } = reservation.asked;
      reserved = plus(reserved, { calls: 0, tokens, usd: usd ?? 0 });
    }
    return reserved;
  }

  #start(stage: StageId | undefined, atMs: number): void {
    for (const [at, { stages }] of this.#budgets.entries()) {
      const isIts = stage === undefined ? stages === undefined : this.of(stage).includes(at);
      if (isIts) this.#startedMs[at] ??= atMs;
    }
  }

  #reserve(event: EventOf<"budget.reserved">): void {
    const { id, stage, index, attempt, tokens, usd, day } = event;
    if (this.#reservations.has(id)) return;
    this.#reservations.set(id, {
      ...{ id, stage, index, attempt, asked: { tokens, usd } },
      ...(day === undefined ? {} : { day }),
    });
    this.#open.add(id);
    this.#charge(stage, { calls: 1, tokens, usd: usd ?? 0 });
  }

  #settle({ id, tokens, usd }: EventOf<"budget.settled">): void {
    const reservation = this.#reservations.get(id);
    if (reservation === undefined || !this.#open.delete(id)) return;
    this.#reservations.set(id, { ...reservation, counted: { tokens, usd } });
    const { asked, stage } = reservation;
    this.#charge(stage, {
      calls: 0,
      tokens: tokens === null ? 0 : tokens - asked.tokens,
      usd: usd === null ? 0 : usd - (asked.usd ?? 0),
    });
  }

  #charge(stage: StageId, amount: Spending): void {
    for (const at of this.of(stage)) {
      this.#charged[at] = plus(this.#charged[at] ?? NOTHING_SPENT, amount);
    }
  }
}

function budgetsByStage(
  budgets: readonly PlanBudget[],
  stages: Plan["stages"],
  ofAll: readonly number[],
): ReadonlyMap<StageId, readonly number[]> {
  const byStage = new Map<StageId, number[]>();
  for (const [at, { stages: own = [] }] of budgets.entries()) {
    for (const position of own) {
      const id = stages[position]?.id;
      if (id !== undefined) byStage.set(id, [...(byStage.get(id) ?? ofAll), at]);
    }
  }
  return byStage;
}
