import { randomLcg, randomLogNormal } from "d3-random";
import { type AgentId, parseAgentId } from "../core/ids.ts";
import type { StrategyName } from "../core/plan.ts";
import type { Measurement, MemberLoad } from "../core/strategy.ts";
import { afterOutcome, type Outcome } from "../topology/strategies/measurement.ts";
import { STRATEGIES } from "../topology/strategies/registry.ts";
import { straggleMs } from "../topology/strategies/straggler.ts";

/** One member of a simulated team. */
export interface SimulatedAgent {
  readonly slots: number;
  /** How many times longer it takes. */
  readonly slowness: number;
  /** How likely an attempt fails, after its whole time. */
  readonly failureRate: number;
}

export interface Simulation {
  readonly strategy: StrategyName;
  readonly agents: readonly SimulatedAgent[];
  /** Stages one after the other, each of so many tasks. */
  readonly stages: number;
  readonly tasks: number;
  readonly seed: number;
}

interface Running {
  readonly task: number;
  readonly agent: AgentId;
  readonly startedMs: number;
  readonly endsMs: number;
  readonly fails: boolean;
}

const TASK_MS = 1_000;
/** Of the logarithm of a task's time. */
const SPREAD = 0.15;
/** How often stragglers are looked for. */
const LOOK_MS = 190;

/** Carries out stages of tasks in simulated time with the real strategies, and answers how long that takes, in milliseconds. */
export function simulate(simulation: Simulation): number {
  return new SimulatedSwarm(simulation).run();
}

class SimulatedSwarm {
  readonly #simulation: Simulation;
  readonly #random: () => number;
  readonly #lengthOf: () => number;
  readonly #agents: ReadonlyMap<AgentId, SimulatedAgent>;
  readonly #measured = new Map<AgentId, Measurement>();
  readonly #durations: number[] = [];
  #running: Running[] = [];
  #waiting: number[] = [];
  #ended = new Set<number>();
  #reissued = new Set<number>();
  #nowMs = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#random = randomLcg(simulation.seed / 1_000);
    this.#lengthOf = randomLogNormal.source(this.#random)(Math.log(TASK_MS), SPREAD);
    this.#agents = new Map(
      simulation.agents.map((agent, index) => [parseAgentId(`agent-${index + 1}`), agent]),
    );
  }

  run(): number {
    const { stages, tasks } = this.#simulation;
    for (let stage = 0; stage < stages; stage++) {
      this.#waiting = Array.from({ length: tasks }, (_, index) => index);
      this.#ended = new Set();
      this.#reissued = new Set();
      this.#place();
      while (this.#ended.size < tasks) this.#advance();
      this.#running = []; // the slower ones of two attempts are cancelled
    }
    return this.#nowMs;
  }

  #advance(): void {
    const next = this.#running.reduce((first, each) => (each.endsMs < first.endsMs ? each : first));
    if (STRATEGIES[this.#simulation.strategy].reissues && next.endsMs > this.#nowMs + LOOK_MS) {
      this.#nowMs += LOOK_MS;
      this.#reissue();
      return;
    }
    this.#nowMs = next.endsMs;
    this.#running = this.#running.filter((each) => each !== next);
    this.#end(next);
    this.#place();
  }

  #end({ task, agent, fails, startedMs }: Running): void {
    const durationMs = this.#nowMs - startedMs;
    this.#measure(agent, fails ? { status: "failed" } : { status: "succeeded", durationMs });
    if (!fails) {
      for (const other of this.#running) {
        if (other.task !== task) continue;
        this.#measure(other.agent, { status: "overtaken", afterMs: this.#nowMs - other.startedMs });
      }
      this.#durations.push(durationMs);
      this.#ended.add(task);
      this.#running = this.#running.filter((each) => each.task !== task);
    } else if (!this.#running.some((each) => each.task === task)) this.#waiting.push(task);
  }

  #measure(agent: AgentId, outcome: Outcome): void {
    this.#measured.set(agent, afterOutcome(this.#measured.get(agent), outcome));
  }

  #place(): void {
    for (;;) {
      const task = this.#waiting[0];
      const agent = task === undefined ? undefined : this.#choose(this.#waiting.length);
      if (task === undefined || agent === undefined) return;
      this.#waiting.shift();
      this.#start(task, agent);
    }
  }

  #choose(waiting: number, without?: AgentId): AgentId | undefined {
    const choice = STRATEGIES[this.#simulation.strategy].choose({
      loads: [...this.#agents.keys()]
        .filter((agent) => agent !== without)
        .map((agent) => this.#loadOf(agent)),
      waiting,
      measuredOf: (agent) => this.#measured.get(agent),
      random: this.#random,
    });
    return "agent" in choice ? choice.agent : undefined;
  }

  #loadOf(agentId: AgentId): MemberLoad {
    const slots = this.#agents.get(agentId)?.slots ?? 0;
    const assigned = this.#running.filter((each) => each.agent === agentId).length;
    return { agentId, isCapable: true, slots, freeSlots: slots - assigned, assigned, skills: 1 };
  }

  #start(task: number, agent: AgentId): void {
    const { slowness = 1, failureRate = 0 } = this.#agents.get(agent) ?? {};
    const endsMs = this.#nowMs + this.#lengthOf() * slowness;
    const fails = this.#random() < failureRate;
    this.#running.push({ task, agent, startedMs: this.#nowMs, endsMs, fails });
  }

  #reissue(): void {
    const limitMs = straggleMs(this.#durations.slice(-64));
    if (limitMs === undefined || this.#waiting.length > 0) return;
    for (const { task, agent, startedMs } of [...this.#running]) {
      if (this.#nowMs - startedMs < limitMs || this.#reissued.has(task)) continue;
      const other = this.#choose(1, agent);
      if (other === undefined) return;
      this.#reissued.add(task);
      this.#start(task, other);
    }
  }
}
