import type { Logger } from "pino";
import type { OfferAnswer, TaskName } from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import type { JsonObject } from "../core/json.ts";
import type { Lane, SwarmConfig, TopologyName } from "../core/plan.ts";
import type { Choice, MemberLoad, Strategy } from "../core/strategy.ts";
import { TOPOLOGIES } from "../topology/registry.ts";
import { STRATEGIES } from "../topology/strategies/registry.ts";
import { straggleMs } from "../topology/strategies/straggler.ts";
import type { AgentDirectory } from "./agent-directory.ts";
import type { Measurements } from "./measurements.ts";
import type { RunState } from "./run-state.ts";
import { type HeldAttempt, SecondAttempts } from "./second-attempts.ts";
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
  /** Whom a strategy that learns drew, and how likely that was. */
  readonly drawn?: { readonly to: AgentId; readonly propensity: number };
}

/** Those of a stage's swarm that are there, in the order that the topology goes by. */
export interface Team {
  readonly topology: TopologyName;
  readonly members: readonly AgentId[];
}

export interface DispatcherPorts {
  readonly directory: AgentDirectory;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly measurements: Measurements;
  /** From 0, below 1. */
  readonly random: () => number;
  /** Inputs of a task. @throws SwarmError when a reference finds nothing in the data */
  inputsOf(task: QueuedTask): JsonObject;
  /** Logs the attempt, and sends the offer once that is stored. */
  order(target: OfferTarget, prepared: PreparedTask): void;
  /** The attempt is over without a result. */
  fail(task: QueuedTask, agent: AgentId | undefined, error: unknown): void;
  sendCancel(agent: AgentId, tasks: readonly TaskName[]): void;
  /** A lead is gone: asks the members what they hold, tells `reported`, then calls `done`. */
  claimFrom(members: readonly AgentId[], done: () => void): void;
}

type Placement = Pick<PreparedTask, "drawn"> & { readonly target: OfferTarget };

/** An offer that was sent, or is about to be. */
interface Assignment {
  readonly task: QueuedTask;
  readonly lane: Lane;
  readonly taskClass: TaskClass | undefined;
  /** True when the agent leads others, one of which may have it. */
  readonly isLed: boolean;
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
  /** Shards that another coordinator is to own, and what of them waited or was refused since. */
  readonly #held = new Map<number, QueuedTask[]>();
  /** Of runs that are paused, what waits. */
  readonly #paused = new Map<RunState, QueuedTask[]>();
  readonly #underWay = new UnderWay();
  readonly #teams: Teams;
  readonly #seconds = new SecondAttempts();

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
    if (this.#held.has(task.run.shard)) return;
    if (task.run.isPaused) this.#setAside(task);
    else this.#waiting.push(task);
  }

  /** Offers nothing of a run that was paused any more. */
  pause(run: RunState): void {
    for (const task of this.#waiting.takeWhere((each) => each.run === run)) this.#setAside(task);
  }

  /** The run goes on: what was set aside is offered. */
  resume(run: RunState): void {
    const waiting = this.#paused.get(run) ?? [];
    this.#paused.delete(run);
    for (const task of waiting) this.queue(task);
  }

  /** The run is over, or abandoned. */
  forget(run: RunState): void {
    this.#paused.delete(run);
  }

  #setAside(task: QueuedTask): void {
    const known = this.#paused.get(task.run);
    if (known === undefined) this.#paused.set(task.run, [task]);
    else known.push(task);
  }

  /** Offers nothing of a shard any more: another coordinator is to own it. */
  hold(shard: number): void {
    const isOfIt = ({ run }: QueuedTask): boolean => run.shard === shard;
    const paused = [...this.#paused.values()].flat().filter(isOfIt);
    this.#held.set(shard, [...this.#waiting.takeWhere(isOfIt), ...paused]);
  }

  /** Whether every offer of a shard was answered. */
  isAnswered(shard: number): boolean {
    return [...this.#assigned.values()].every(
      ({ task, accepted }) => accepted || task.run.shard !== shard,
    );
  }

  /** Of a shard that is held, the tasks whose attempt is counted and that no agent took. */
  untaken(shard: number): readonly QueuedTask[] {
    return (this.#held.get(shard) ?? []).filter((task) => task.counted && isWanted(task));
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
    const placement = this.#placementFor(taskClass, team);
    if (placement === undefined) return false;
    const { target, ...choice } = placement;
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
    this.#assigned.set(keyOf(task), {
      ...{ task, taskClass, agent },
      lane: taskClass.lane,
      accepted: false,
      isLed: isLed(agent, team),
    });
    this.#underWay.add(task);
    if (agent !== undefined) this.#ports.directory.assign(agent, taskClass.lane);
    this.#ports.order(target, { task, inputs, team, ...choice });
    return true;
  }

  #placementFor(taskClass: TaskClass, team: Team | undefined): Placement | undefined {
    const { directory } = this.#ports;
    const { lane, skill, swarm } = taskClass;
    if (swarm !== undefined && team !== undefined) {
      return this.#memberFor(taskClass, { swarm: swarm.swarm, team });
    }
    if (directory.size === 0) return this.#probe(lane);
    const agent = directory.roomiest(lane, skill);
    return agent === undefined ? undefined : { target: { agent } };
  }

  /** A lane is never asked for a member: whoever took the task there would be one too many. */
  #memberFor(
    taskClass: TaskClass,
    { swarm, team }: { readonly swarm: SwarmConfig; readonly team: Team },
    without?: AgentId,
  ): Placement | undefined {
    const { measurements, random } = this.#ports;
    const { lane, skill, queue } = taskClass;
    const loads = this.#entranceLoads(team, { lane, skill });
    const choice = strategyOf(swarm).choose({
      loads: without === undefined ? loads : loads.filter(({ agentId }) => agentId !== without),
      waiting: queue.size,
      measuredOf: (agent) => measurements.of(skill, agent),
      random,
    });
    this.#sayWhy(taskClass, choice);
    if (!("agent" in choice)) return undefined;
    const { agent, propensity } = choice;
    const target = { agent };
    return propensity === undefined ? { target } : { target, drawn: { to: agent, propensity } };
  }

  #entranceLoads(
    { topology, members }: Team,
    task: { readonly lane: Lane; readonly skill: string },
  ): readonly MemberLoad[] {
    const { directory } = this.#ports;
    const { entrances, workersOf } = TOPOLOGIES[topology];
    return entrances(members).flatMap((member) => {
      const workers = workersOf(member, members);
      if (workers.length === 0) return directory.loads([member], task.lane, task.skill);
      return directory.branchLoad(member, workers, task) ?? [];
    });
  }

  /** Room comes up by itself; a skill that nobody has needs a person, who is told once. */
  #sayWhy(taskClass: TaskClass, choice: Choice): void {
    const lacks = "waitFor" in choice && choice.waitFor === "capability";
    if (lacks === taskClass.lacksCapability || this.#ports.directory.size === 0) return;
    taskClass.lacksCapability = lacks;
    const { swarm, skill, lane, queue } = taskClass;
    if (!lacks || swarm === undefined) return;
    this.#ports.logger.warn(
      {
        event: "task.waiting",
        runId: swarm.run.runId,
        stageId: swarm.run.stage(swarm.stage).id,
        skill,
        tasks: queue.size,
      },
      `no agent of this stage's team has the skill ${skill} and slots of the lane ${lane}`,
    );
  }

  #probe(lane: Lane): Placement | undefined {
    if (this.#probing.has(lane)) return undefined;
    const asked = [...this.#assigned.values()].filter((entry) => entry.agent === undefined).length;
    if (asked >= LANE_PROBE) this.#probing.add(lane);
    return { target: { lane } };
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
    if (!this.#seconds.isEmpty) this.#reissueStragglers();
  }

  /**
   * The attempt has an outcome, or its run is over.
   * @param winner the attempt that delivered it, when it is a success: another one that runs is cancelled
   */
  ended(run: RunState, stage: number, index: number, winner?: number): void {
    const key = taskKey(run, stage, index);
    const assignment = this.#assigned.get(key);
    this.#endSecond(key, assignment, winner);
    this.#unclaimed.delete(key);
    this.#underWay.delete({ run, stage, index });
    if (assignment === undefined) return;
    this.#assigned.delete(key);
    if (assignment.agent !== undefined) {
      this.#ports.directory.release(assignment.agent, assignment.lane);
    }
  }

  #endSecond(key: string, newer: Assignment | undefined, winner: number | undefined): void {
    const overtaken = this.#seconds.end(key);
    if (overtaken === undefined) return;
    const { directory, sendCancel, measurements, clock } = this.#ports;
    const { agent, task, taskClass, sinceMs } = overtaken;
    directory.release(agent, taskClass.lane);
    if (winner === undefined) return; // it may still deliver
    if (winner === task.attempt) {
      if (newer?.agent !== undefined) sendCancel(newer.agent, [nameOf(newer.task)]);
      return;
    }
    sendCancel(agent, [nameOf(task)]);
    const afterMs = clock.monotonicMs() - sinceMs;
    measurements.add(taskClass.skill, agent, { status: "overtaken", afterMs });
  }

  /** Tasks that take unusually long are given to a second member when one has room. */
  #reissueStragglers(): void {
    const nowMs = this.#ports.clock.monotonicMs();
    for (const [key, held] of this.#seconds.watched()) {
      const limitMs = straggleMs(this.#ports.measurements.durationsMs(held.taskClass.skill));
      if (limitMs !== undefined && nowMs - held.sinceMs > limitMs) this.#reissue(key, held);
    }
  }

  /** At least one attempt is left after the second, should that one fail. */
  #reissue(key: string, held: HeldAttempt): void {
    const { task, taskClass, agent: slow } = held;
    const { swarm } = taskClass;
    const { maxAttempts } = task.run.stage(task.stage).retry;
    if (
      task.run.isPaused ||
      swarm === undefined ||
      task.attempt + 1 >= maxAttempts ||
      !isWanted(task)
    )
      return;
    const team = this.#teamFor(swarm);
    const placement = this.#memberFor(taskClass, { swarm: swarm.swarm, team }, slow);
    if (placement === undefined || !("agent" in placement.target)) return;
    const { target, ...choice } = placement;
    const { agent } = placement.target;
    const { lane } = taskClass;
    const next = { ...task, attempt: task.attempt + 1, counted: false };
    const inputs = this.#ports.inputsOf(next);
    this.#seconds.overtake(key, held);
    this.#assigned.set(key, {
      ...{ task: next, lane, taskClass, agent },
      accepted: false,
      isLed: isLed(agent, team),
    });
    this.#ports.directory.assign(agent, lane);
    this.#ports.logger.info(
      { event: "task.reissued", ...bindingsOf(next), agentId: agent, from: slow },
      "it takes unusually long; whoever is first holds",
    );
    this.#ports.order(target, { task: next, inputs, team, ...choice });
  }

  /** Nobody wants the results of a stage any more. */
  cancelStage(run: RunState, stage: number): void {
    const byAgent = new Map<AgentId, TaskName[]>();
    for (const { task, agent } of [...this.#assigned.values()]) {
      if (task.run !== run || task.stage !== stage) continue;
      const overtaken = this.#seconds.overtakenOf(keyOf(task));
      this.ended(run, stage, task.index);
      for (const each of [{ task, agent }, ...(overtaken === undefined ? [] : [overtaken])]) {
        if (each.agent === undefined) continue;
        byAgent.set(each.agent, [...(byAgent.get(each.agent) ?? []), nameOf(each.task)]);
      }
    }
    for (const [agent, tasks] of byAgent) this.#ports.sendCancel(agent, tasks);
  }

  /** An agent is gone: its tasks are offered again as the next attempt, but for those that its workers still have. */
  agentLost(agent: AgentId, error: unknown): void {
    this.#seconds.agentLost(agent);
    const led: QueuedTask[] = [];
    for (const { task, agent: holder, isLed } of [...this.#assigned.values()]) {
      if (holder !== agent) continue;
      this.ended(task.run, task.stage, task.index);
      if (isLed) led.push(task);
      else this.#failLost(task, agent, error);
    }
    if (led.length > 0) this.#claimLed(led, agent, error);
  }

  #failLost(task: QueuedTask, agent: AgentId, error: unknown): void {
    this.#ports.measurements.add(skillCallOf(task).skill, agent, { status: "failed" });
    this.#ports.fail(task, agent, error);
  }

  /** The workers of a lead that is gone go on, and deliver through whoever leads now. */
  #claimLed(led: readonly QueuedTask[], lead: AgentId, error: unknown): void {
    for (const task of led) this.awaitReport(task);
    const members = new Set(
      led.flatMap((task) => this.#teams.known(task.run, task.stage).filter((id) => id !== lead)),
    );
    this.#ports.claimFrom([...members], () => {
      for (const task of led) {
        if (this.#unclaimed.get(keyOf(task)) !== task) continue;
        this.#unclaimed.delete(keyOf(task));
        this.#underWay.delete(task);
        if (isWanted(task)) this.#failLost(task, lead, error);
      }
    });
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
      this.#assigned.set(keyOf(task), {
        ...{ task, lane, agent, taskClass: undefined },
        accepted: true,
        isLed: false,
      });
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
    this.#held.delete(shard);
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
    this.#watch(assignment, agent);
    if (assignment.agent === agent) return;
    if (assignment.agent !== undefined) {
      this.#ports.directory.release(assignment.agent, assignment.lane);
    }
    assignment.agent = agent;
    this.#ports.directory.assign(agent, assignment.lane);
  }

  #watch({ task, taskClass }: Assignment, agent: AgentId): void {
    if (taskClass?.swarm === undefined || !strategyOf(taskClass.swarm.swarm).reissues) return;
    const sinceMs = this.#ports.clock.monotonicMs();
    this.#seconds.watch(keyOf(task), { task, taskClass, agent, sinceMs });
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
    if (!isWanted(task)) return;
    const counted = { ...task, counted: true };
    const held = this.#held.get(task.run.shard);
    if (held !== undefined) held.push(counted);
    else if (task.run.isPaused) this.#setAside(counted);
    else this.#waiting.putBack(counted);
  }
}

function isLed(agent: AgentId | undefined, team: Team | undefined): boolean {
  if (agent === undefined || team === undefined) return false;
  return TOPOLOGIES[team.topology].workersOf(agent, team.members).length > 0;
}

function strategyOf({ strategy }: SwarmConfig): Strategy {
  return STRATEGIES[strategy];
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
