import type { Logger } from "pino";
import type { OfferAnswer, TaskName } from "../bus/messages.ts";
import { SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import type { JsonObject } from "../core/json.ts";
import type { Lane, SwarmConfig, TopologyName } from "../core/plan.ts";
import type { Strategy } from "../core/strategy.ts";
import { TOPOLOGIES } from "../topology/registry.ts";
import { STRATEGIES } from "../topology/strategies/registry.ts";
import type { AgentDirectory } from "./agent-directory.ts";
import type { RunState } from "./run-state.ts";
import { type QueuedTask, skillCallOf, type TaskClass, TaskClasses } from "./task-queue.ts";
import { type SwarmStage, Teams } from "./teams.ts";
import { UnderWay } from "./under-way.ts";

/** Where an offer goes: to one agent, or to whoever of a lane hears it when no agent is known yet. */
export type OfferTarget = { readonly agent: AgentId } | { readonly lane: Lane };

/** A task whose attempt is counted and whose inputs are evaluated. */
export interface PreparedTask {
  readonly task: QueuedTask;
  readonly inputs: JsonObject;
  /** Of a stage with a swarm of its own. */
  readonly team: Team | undefined;
}

/** Those of a stage's swarm that are there, in the order that the topology goes by. */
export interface Team {
  readonly topology: TopologyName;
  readonly members: readonly AgentId[];
}

export interface DispatcherPorts {
  readonly directory: AgentDirectory;
  readonly logger: Logger;
  /** Inputs of a task. @throws SwarmError when a reference finds nothing in the data */
  inputsOf(task: QueuedTask): JsonObject;
  /** Logs the attempt, and sends the offer once that is stored. */
  order(target: OfferTarget, prepared: PreparedTask): void;
  /** The attempt is over without a result. */
  fail(task: QueuedTask, agent: AgentId | undefined, error: unknown): void;
  sendCancel(agent: AgentId, tasks: readonly TaskName[]): void;
}

/** An offer that was sent, or is about to be. */
interface Assignment {
  readonly task: QueuedTask;
  readonly lane: Lane;
  /** Undefined while a lane is asked. */
  agent: AgentId | undefined;
  /** True once an agent said so. */
  accepted: boolean;
}

/** How many tasks one look at an unknown lane offers at most. */
const LANE_PROBE = 8;

/**
 * Decides who gets which task: at most the free slots are offered, the rest waits here.
 * Nothing in it is durable: after a restart it is rebuilt from the folded runs and the agents' reports.
 */
export class Dispatcher {
  readonly #ports: DispatcherPorts;
  readonly #waiting = new TaskClasses();
  readonly #assigned = new Map<string, Assignment>();
  /** Offered before a restart; whether an agent holds them is being found out. */
  readonly #unclaimed = new Map<string, QueuedTask>();
  readonly #probing = new Set<Lane>();
  readonly #underWay = new UnderWay();
  readonly #teams: Teams;

  constructor(ports: DispatcherPorts) {
    this.#ports = ports;
    this.#teams = new Teams(ports.directory);
  }

  get waitingTasks(): number {
    return this.#waiting.size;
  }

  get assignedTasks(): number {
    return this.#assigned.size;
  }

  queue(task: QueuedTask): void {
    this.#waiting.push(task);
  }

  /** Offers as much as there is room for. */
  schedule(): void {
    let classes = this.#waiting.waiting();
    while (classes.length > 0) {
      classes = classes.filter((taskClass) => this.#placeNext(taskClass));
    }
  }

  /** Takes the next task of a class; false when there is no room or nothing waits. */
  #placeNext(taskClass: TaskClass): boolean {
    if (taskClass.queue.size === 0) return false;
    if (taskClass.stage !== undefined && !this.#underWay.hasRoom(taskClass.stage)) return false;
    const team = taskClass.swarm === undefined ? undefined : this.#teamFor(taskClass.swarm);
    const target = this.#targetFor(taskClass, team);
    if (target === undefined) return false;
    const task = this.#takeCurrent(taskClass);
    if (task === undefined) return false;
    this.#waiting.served(taskClass);
    let inputs: JsonObject;
    try {
      inputs = this.#ports.inputsOf(task);
    } catch (error) {
      this.#ports.fail(task, undefined, error);
      return true;
    }
    const agent = "agent" in target ? target.agent : undefined;
    this.#assigned.set(keyOf(task), { task, lane: taskClass.lane, agent, accepted: false });
    this.#underWay.add(task);
    if (agent !== undefined) this.#ports.directory.assign(agent, taskClass.lane);
    this.#ports.order(target, { task, inputs, team });
    return true;
  }

  #targetFor(taskClass: TaskClass, team: Team | undefined): OfferTarget | undefined {
    const { directory } = this.#ports;
    const { lane, skill, swarm } = taskClass;
    if (swarm !== undefined && team !== undefined) return this.#memberFor(taskClass, swarm, team);
    if (directory.size === 0) return this.#probe(lane);
    const agent = directory.roomiest(lane, skill);
    return agent === undefined ? undefined : { agent };
  }

  /** A lane is never asked for a member: whoever took the task there would be one too many. */
  #memberFor(
    { lane, skill }: TaskClass,
    { swarm }: SwarmStage,
    { topology, members }: Team,
  ): OfferTarget | undefined {
    const entrances = TOPOLOGIES[topology].entrances(members);
    const loads = this.#ports.directory.loads(entrances, lane, skill);
    const choice = strategyOf(swarm).choose({ loads });
    return "agent" in choice ? { agent: choice.agent } : undefined;
  }

  #probe(lane: Lane): OfferTarget | undefined {
    if (this.#probing.has(lane)) return undefined;
    const asked = [...this.#assigned.values()].filter((entry) => entry.agent === undefined).length;
    if (asked >= LANE_PROBE) this.#probing.add(lane);
    return { lane };
  }

  #teamFor(stage: SwarmStage): Team {
    const members = this.#teams.membersOf(stage, strategyOf(stage.swarm));
    return { topology: stage.swarm.topology, members };
  }

  /** The next task that is still wanted: its run may have ended, or another attempt delivered. */
  #takeCurrent(taskClass: TaskClass): QueuedTask | undefined {
    for (let task = taskClass.queue.take(); task !== undefined; task = taskClass.queue.take()) {
      if (isWanted(task)) return task;
    }
    return undefined;
  }

  answered(target: OfferTarget, tasks: readonly QueuedTask[], answer: OfferAnswer): void {
    for (const position of answer.accepted) this.#took(tasks[position], answer.agent);
    for (const { position, agent } of answer.handedOver) {
      const task = tasks[position];
      this.#took(task, agent);
      if (task !== undefined) {
        this.#ports.logger.info(
          { event: "task.redistributed", ...bindingsOf(task), agentId: agent, from: answer.agent },
          "handed over to a peer with room",
        );
      }
    }
    for (const position of answer.busy) {
      const task = tasks[position];
      if (task === undefined) continue;
      this.#takeBack(task);
      this.#ports.directory.markFull(answer.agent, skillCallOf(task).lane);
    }
    if ("lane" in target) this.#probing.delete(target.lane);
  }

  /** Nobody heard the offer: the attempt did not begin. The agent counts as full until it is seen again. */
  unheard(target: OfferTarget, tasks: readonly QueuedTask[]): void {
    for (const task of tasks) {
      this.#takeBack(task);
      if ("agent" in target) this.#ports.directory.markFull(target.agent, skillCallOf(task).lane);
    }
    if ("lane" in target) this.#probing.add(target.lane);
  }

  /** An agent was heard of again, or a first one joined. */
  agentSeen(): void {
    this.#probing.clear();
  }

  /** The attempt has an outcome, or its run is over. */
  ended(run: RunState, stage: number, index: number): void {
    const key = taskKey(run, stage, index);
    const assignment = this.#assigned.get(key);
    this.#unclaimed.delete(key);
    this.#underWay.delete({ run, stage, index });
    if (assignment === undefined) return;
    this.#assigned.delete(key);
    if (assignment.agent !== undefined) {
      this.#ports.directory.release(assignment.agent, assignment.lane);
    }
  }

  /** Nobody wants the results of a stage any more. */
  cancelStage(run: RunState, stage: number): void {
    const byAgent = new Map<AgentId, TaskName[]>();
    for (const { task, agent } of [...this.#assigned.values()]) {
      if (task.run !== run || task.stage !== stage) continue;
      this.ended(run, stage, task.index);
      if (agent !== undefined) byAgent.set(agent, [...(byAgent.get(agent) ?? []), nameOf(task)]);
    }
    for (const [agent, tasks] of byAgent) this.#ports.sendCancel(agent, tasks);
  }

  /** An agent is gone: its tasks are offered again as the next attempt. */
  agentLost(agent: AgentId, error: unknown): void {
    for (const { task, agent: holder } of [...this.#assigned.values()]) {
      if (holder !== agent) continue;
      this.ended(task.run, task.stage, task.index);
      this.#ports.fail(task, agent, error);
    }
  }

  /** After a fold: this attempt was offered; wait for the agents' reports. */
  awaitReport(task: QueuedTask): void {
    this.#unclaimed.set(keyOf(task), task);
    this.#underWay.add(task);
  }

  get unclaimed(): number {
    return this.#unclaimed.size;
  }

  /** What an agent says it holds, in answer to a report request. */
  reported(agent: AgentId, held: readonly TaskName[]): void {
    for (const name of held) {
      const task = this.#findUnclaimed(name);
      if (task === undefined) continue;
      const { lane } = skillCallOf(task);
      this.#unclaimed.delete(keyOf(task));
      this.#assigned.set(keyOf(task), { task, lane, agent, accepted: true });
      this.#ports.directory.assign(agent, lane);
      if (task.run.stage(task.stage).swarm !== undefined)
        this.#teams.join(task.run, task.stage, agent);
    }
  }

  /** Every agent was asked: what nobody holds is lost. */
  giveUpUnclaimed(shards: ReadonlySet<number>, error: unknown): void {
    for (const [key, task] of [...this.#unclaimed]) {
      if (!shards.has(task.run.shard)) continue;
      this.#unclaimed.delete(key);
      this.#underWay.delete(task);
      if (isWanted(task)) this.#ports.fail(task, undefined, error);
    }
  }

  /** Tasks that an agent said it took and that have not ended. */
  acceptedBy(agent: AgentId): readonly QueuedTask[] {
    return [...this.#assigned.values()]
      .filter((entry) => entry.agent === agent && entry.accepted)
      .map((entry) => entry.task);
  }

  /** Fails those of `given` that the agent does not hold and that have not ended meanwhile. Answers how many. */
  dropUnheld(agent: AgentId, given: readonly QueuedTask[], held: ReadonlySet<string>): number {
    const lost = given.filter(
      (task) =>
        !held.has(`${keyOf(task)}/${task.attempt}`) &&
        this.#assigned.get(keyOf(task))?.task === task,
    );
    for (const task of lost) {
      this.ended(task.run, task.stage, task.index);
      const error = new SwarmError("agent-lost", `agent ${agent} does not hold the task any more`, {
        disposition: "retry",
      });
      this.#ports.fail(task, agent, error);
    }
    return lost.length;
  }

  /** An offer whose fate is unknown turned out not to be held: the same attempt is offered again. */
  notHeld(task: QueuedTask): void {
    this.#takeBack(task);
  }

  /** Forgets a shard that belongs to somebody else now. */
  dropShard(shard: number): void {
    for (const { task } of [...this.#assigned.values()]) {
      if (task.run.shard === shard) this.ended(task.run, task.stage, task.index);
    }
    for (const [key, task] of [...this.#unclaimed]) {
      if (task.run.shard !== shard) continue;
      this.#unclaimed.delete(key);
      this.#underWay.delete(task);
    }
  }

  #findUnclaimed(name: TaskName): QueuedTask | undefined {
    const task = this.#unclaimed.get(`${name.run}/${name.stage}/${name.index}`);
    return task?.attempt === name.attempt ? task : undefined;
  }

  #took(task: QueuedTask | undefined, agent: AgentId): void {
    if (task === undefined) return;
    const assignment = this.#assignmentOf(task);
    if (assignment === undefined) return; // it has ended meanwhile
    this.#ports.logger.info({ event: "task.accepted", ...bindingsOf(task), agentId: agent });
    assignment.accepted = true;
    if (assignment.agent === agent) return;
    if (assignment.agent !== undefined) {
      this.#ports.directory.release(assignment.agent, assignment.lane);
    }
    assignment.agent = agent;
    this.#ports.directory.assign(agent, assignment.lane);
  }

  /** Undefined when this attempt has ended, or its run was folded anew since. */
  #assignmentOf(task: QueuedTask): Assignment | undefined {
    const assignment = this.#assigned.get(keyOf(task));
    const held = assignment?.task;
    return held?.attempt === task.attempt && held.run === task.run ? assignment : undefined;
  }

  #takeBack(task: QueuedTask): void {
    const assignment = this.#assignmentOf(task);
    if (assignment === undefined) return;
    this.#assigned.delete(keyOf(task));
    this.#underWay.delete(task);
    if (assignment.agent !== undefined) {
      const { agent, lane } = assignment;
      this.#ports.directory.release(agent, lane);
    }
    if (isWanted(task)) this.#waiting.putBack({ ...task, counted: true });
  }
}

function strategyOf({ strategy }: SwarmConfig): Strategy {
  const known = STRATEGIES[strategy];
  if (known === undefined) throw new Error(`no strategy ${strategy}`);
  return known;
}

/** True while the run goes on here and this attempt has neither an outcome nor a successor. */
function isWanted(task: QueuedTask): boolean {
  if (task.run.ended || task.run.abandoned) return false;
  const state = task.run.task(task.run.stage(task.stage).id, task.index);
  if (state === undefined || state.status === "succeeded" || state.status === "failed")
    return false;
  return state.attempt === task.attempt;
}

export function bindingsOf(task: QueuedTask) {
  return {
    runId: task.run.runId,
    stageId: task.run.stage(task.stage).id,
    taskId: keyOf(task),
    attempt: task.attempt,
  };
}

export function nameOf(task: QueuedTask): TaskName {
  const { run, index, attempt } = task;
  return { run: run.runId, stage: run.stage(task.stage).id, index, attempt };
}

function keyOf(task: QueuedTask): string {
  return taskKey(task.run, task.stage, task.index);
}

/** The task's idempotency key: equal for all its attempts. */
function taskKey(run: RunState, stage: number, index: number): string {
  return `${run.runId}/${run.stage(stage).id}/${index}`;
}
