import type { AgentId } from "../core/ids.ts";
import type { Measurement } from "../core/strategy.ts";
import type { Learned } from "../store/learned.ts";
import { afterOutcome, type Outcome } from "../topology/strategies/measurement.ts";

/** Latest durations of a skill that are kept to tell stragglers. */
const DURATIONS = 64;

interface SkillMeasurements {
  readonly byAgent: Map<AgentId, Measurement>;
  readonly durationsMs: number[];
  next: number;
}

/** What the outcomes of tasks say of each agent, by skill. Taking one in costs the same however many there were. */
export class Measurements {
  readonly #skills = new Map<string, SkillMeasurements>();
  readonly #changed = new Map<string, Omit<Learned, "measurement">>();

  add(skill: string, agent: AgentId, outcome: Outcome): void {
    const known = this.#of(skill);
    known.byAgent.set(agent, afterOutcome(known.byAgent.get(agent), outcome));
    this.#changed.set(`${skill}.${agent}`, { skill, agent });
    if (outcome.status !== "succeeded") return;
    known.durationsMs[known.next] = outcome.durationMs;
    known.next = (known.next + 1) % DURATIONS;
  }

  of(skill: string, agent: AgentId): Measurement | undefined {
    return this.#skills.get(skill)?.byAgent.get(agent);
  }

  durationsMs(skill: string): readonly number[] {
    return this.#skills.get(skill)?.durationsMs ?? [];
  }

  /** All that is known, by skill and agent. */
  all(): readonly Learned[] {
    const skills = [...this.#skills].sort(([a], [b]) => (a < b ? -1 : 1));
    return skills.flatMap(([skill, { byAgent }]) =>
      [...byAgent]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([agent, measurement]) => ({ skill, agent, measurement })),
    );
  }

  /** What a coordinator before this one had learned. */
  adopt(learned: readonly Learned[]): void {
    for (const { skill, agent, measurement } of learned)
      this.#of(skill).byAgent.set(agent, measurement);
  }

  /** What is to be stored since the last time that this was asked. */
  takeChanged(): readonly Learned[] {
    const changed = [...this.#changed.values()].flatMap(({ skill, agent }) => {
      const measurement = this.of(skill, agent);
      return measurement === undefined ? [] : [{ skill, agent, measurement }];
    });
    this.#changed.clear();
    return changed;
  }

  #of(skill: string): SkillMeasurements {
    let known = this.#skills.get(skill);
    if (known === undefined) {
      known = { byAgent: new Map(), durationsMs: [], next: 0 };
      this.#skills.set(skill, known);
    }
    return known;
  }
}
