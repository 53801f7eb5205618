import type { ListPlace } from "./list-place.ts";
import type { Group } from "./plan-builder.ts";
import type { OrderedStage } from "./stage-order.ts";
import { StageScope, type Target } from "./stage-scope.ts";

const DEFAULT_ITERATIONS = 3;

/** The loops of a list, each with the stages that it repeats. */
export type LoopBodies = ReadonlyMap<OrderedStage, readonly OrderedStage[]>;

/** How often a stage runs at most, by the loops of its list. */
export function turnsOf(stage: OrderedStage, bodies: LoopBodies): number {
  let turns = 1;
  for (const [loop, body] of bodies) {
    if (loop === stage || body.includes(stage)) turns *= iterationsOf(loop);
  }
  return turns;
}

function iterationsOf({ syntax }: OrderedStage): number {
  return syntax.max_iterations ?? DEFAULT_ITERATIONS;
}

/** What a loop needs of the list that it stands in. */
export interface LoopList {
  /** Carries one stage over into the plan. */
  stage(stage: OrderedStage, needs: readonly number[], place: ListPlace): Group;
  /** From now on the stage can be named in the scope. */
  name(id: string, target: Target, scope: StageScope): void;
  /** True when the plan has too many stages. */
  isFull(): boolean;
}

/** Expands loops: their later turns are copies of their stages, each behind the decision of the turn before. */
export class LoopTurns {
  readonly #list: LoopList;

  constructor(list: LoopList) {
    this.#list = list;
  }

  /**
   * @param groups what the stages of the list became in the first turn; they are replaced by what they are after the loop
   */
  expand(
    loop: OrderedStage,
    bodies: LoopBodies,
    groups: Map<OrderedStage, Group>,
    place: ListPlace,
  ): void {
    const body = bodies.get(loop) ?? [];
    const first = new Map([...body, loop].map((stage) => [stage, groups.get(stage)] as const));
    const turns = [first];
    const iterations = iterationsOf(loop);
    for (let turn = 2; turn <= iterations && !this.#list.isFull(); turn++) {
      const before = turns.at(-1)?.get(loop)?.exits ?? [];
      turns.push(this.#turn(turn, loop, { before, bodies, outer: groups, place }));
    }
    for (const stage of [...body, loop]) {
      const targets = turns.flatMap((groupsOfTurn) => groupsOfTurn.get(stage)?.target ?? []);
      const target: Target = {
        stages: targets.flatMap((each) => each.stages),
        fields: targets[0]?.fields,
      };
      const exits = turns.flatMap((groupsOfTurn) => groupsOfTurn.get(loop)?.exits ?? []);
      groups.set(stage, { exits, target });
      this.#list.name(stage.id, target, place.scope);
    }
  }

  #turn(
    turn: number,
    loop: OrderedStage,
    around: {
      /** What the turn before ended with. */
      readonly before: readonly number[];
      readonly bodies: LoopBodies;
      readonly outer: ReadonlyMap<OrderedStage, Group>;
      readonly place: ListPlace;
    },
  ): Map<OrderedStage, Group> {
    const { before, bodies, outer, place } = around;
    const stages = [...(bodies.get(loop) ?? []), loop];
    const hasInner = stages.some((stage) => stage !== loop && bodies.has(stage));
    const [decision = 0] = before;
    const scope = new StageScope(place.scope);
    const here: ListPlace = {
      ...place,
      entry: before,
      guard: { stage: decision, branch: "repeat" },
      scope,
      // The turns of a loop inside are numbered too, so the outer one names itself.
      suffix: `${place.suffix}--${hasInner ? `${loop.id}-` : ""}${turn}`,
      iteration: turn,
    };
    const groups = new Map(outer);
    for (const stage of stages) {
      const own = stage.needs.filter((needed) => stages.includes(needed));
      const outside = stage.needs.filter((needed) => !stages.includes(needed));
      const needs = [
        ...(own.length === 0 ? before : own.flatMap((needed) => groups.get(needed)?.exits ?? [])),
        ...outside.flatMap((needed) => outer.get(needed)?.exits ?? []),
      ];
      const turns = place.turns * turnsOf(stage, bodies);
      const group = this.#list.stage(stage, [...new Set(needs)], { ...here, turns });
      groups.set(stage, group);
      this.#list.name(stage.id, group.target, scope);
      if (stage !== loop && bodies.has(stage)) this.expand(stage, bodies, groups, here);
    }
    return groups;
  }
}
