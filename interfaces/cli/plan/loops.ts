import type { Decision, Plan, PlanStage } from "../../../core/plan.ts";
import { branchOf } from "./guard-branch.ts";

/** A loop, told again from the stages that its turns became. */
export interface Loop {
  /** How often its stages run, at most. */
  readonly turns: number;
  /** Positions of the stages of its first turn, the one that decides last. */
  readonly body: readonly number[];
}

export interface Loops {
  /** By the position of the stage that decides whether the first turn is followed by another. */
  readonly byDecision: ReadonlyMap<number, Loop>;
  /** True for the stages of later turns, which repeat those of the first. */
  isLaterTurn(position: number): boolean;
}

/** Finds the loops of a plan, in which every turn has stages of its own: `measure`, `measure--2`. */
export function findLoops({ stages }: Plan): Loops {
  const ends = loopEnds(stages);
  const repeats = loopsAround(stages, ends);
  const positions = new Map(stages.map(({ id }, position) => [id as string, position]));
  const byDecision = new Map<number, Loop>();
  for (const position of ends) {
    if (repeats[position] !== undefined) continue;
    const turns = turnsOf(position, stages, positions);
    const copies = stages.flatMap(({ id }, at) => (repeats[at] === position ? [id as string] : []));
    const originals = new Set(
      copies.flatMap((copy) => namesBefore(copy).flatMap((name) => positions.get(name) ?? [])),
    );
    const body = [...originals].filter((at) => at < position && repeats[at] === undefined);
    byDecision.set(position, { turns, body: [...body.toSorted((a, b) => a - b), position] });
  }
  return { byDecision, isLaterTurn: (position) => repeats[position] !== undefined };
}

/**
 * Stages that decide whether a loop goes on. A choice between branches of the same names has stages behind
 * both of them; behind a loop's `done` there are none.
 */
function loopEnds(stages: readonly PlanStage[]): ReadonlySet<number> {
  const behindDone = new Set(
    stages.flatMap(({ guard }) =>
      guard !== undefined && branchOf(guard) === "done" ? [guard.stage] : [],
    ),
  );
  return new Set(
    stages.flatMap(({ decision }, position) =>
      isRepeat(decision) && !behindDone.has(position) ? [position] : [],
    ),
  );
}

function isRepeat(decision: Decision | undefined): boolean {
  if (decision === undefined || decision.otherwise !== undefined) return false;
  const [first, second, ...others] = decision.branches.map(({ name }) => name);
  return first === "repeat" && second === "done" && others.length === 0;
}

/** For each stage, the decision that began the innermost turn it is in; undefined in first turns. */
function loopsAround(
  stages: readonly PlanStage[],
  ends: ReadonlySet<number>,
): readonly (number | undefined)[] {
  const repeats: (number | undefined)[] = [];
  for (const { guard } of stages) {
    if (guard === undefined) {
      repeats.push(undefined);
      continue;
    }
    const isTurn = branchOf(guard) === "repeat" && ends.has(guard.stage);
    repeats.push(isTurn ? guard.stage : repeats[guard.stage]);
  }
  return repeats;
}

function turnsOf(
  position: number,
  stages: readonly PlanStage[],
  positions: ReadonlyMap<string, number>,
): number {
  let turns = 1;
  let before = position;
  for (;;) {
    const next = positions.get(`${stages[position]?.id}--${turns + 1}`);
    if (next === undefined || stages[next]?.guard?.stage !== before) return turns;
    turns += 1;
    before = next;
  }
}

/** What a stage of a second turn may be called in the first: `a--2--lint` repeats `a--lint`. */
function namesBefore(id: string): readonly string[] {
  return [...id.matchAll(/--2(?=--|$)/g)].map(
    ({ index }) => id.slice(0, index) + id.slice(index + "--2".length),
  );
}
