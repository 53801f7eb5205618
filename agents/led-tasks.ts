import type { Msg } from "nats";
import type { Logger } from "pino";
import { type Actor, createActor } from "xstate";
import type { z } from "zod";
import {
  controlAnswer,
  decodeMessage,
  type OfferAnswer,
  offerAnswer,
  type PeerResults,
  type Task,
  type TaskName,
  type TaskOutcome,
} from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import type { AgentId } from "../core/ids.ts";
import { ledTaskMachine } from "../machines/led-task.ts";
import { TOPOLOGIES } from "../topology/registry.ts";
import { balanced } from "../topology/strategies/balanced.ts";
import { bindingsOf } from "./execution.ts";
import { Gathering } from "./gathering.ts";
import type { HeldTasks } from "./held-tasks.ts";
import type { Asked, Peers } from "./peers.ts";
import type { Results } from "./results.ts";

export interface LedTasksOptions {
  readonly agentId: AgentId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly peers: Peers;
  readonly results: Results;
  readonly held: HeldTasks;
  /** True when the lead itself may run the task. */
  readonly canRun: (task: Task) => boolean;
  /** A task is no longer held. */
  readonly onChange: () => void;
}

interface Led {
  readonly task: Task;
  readonly actor: Actor<typeof ledTaskMachine>;
  /** When the worker was last given it, on the monotonic clock. */
  handedMs: number;
}

/** More than coordinators give a lead at once. */
const MOST_LED = 4_000;
const TASKS_PER_OFFER = 64;
const OFFER_TIMEOUT_MS = 1_000;
const CONTROL_TIMEOUT_MS = 750;
/** How often workers that hold tasks are looked after, and each how often asked for what it holds. */
const LOOK_MS = 500;
const ASK_EVERY_LOOKS = 10;

/**
 * The lead of a branch: deals the tasks that it is given out to its workers as they have room, takes what they have none for into
 * its own slots, gathers the results and delivers them together. A task that is lost with its worker is reported as lost; the
 * coordinator counts another attempt and offers that.
 */
export class LedTasks {
  readonly #options: LedTasksOptions;
  readonly #led = new Map<string, Led>();
  readonly #byActor = new WeakMap<object, Led>();
  /** Tasks that wait for a worker, by what decides who can take them. */
  readonly #waiting = new Map<string, Led[]>();
  readonly #atWorkers = new Map<AgentId, Set<Led>>();
  readonly #gathering: Gathering;
  readonly #logic: typeof ledTaskMachine;
  #looks = 0;
  #cancelLook: (() => void) | undefined;
  #isDealing = false;
  #isClosed = false;

  constructor(options: LedTasksOptions) {
    this.#options = options;
    this.#gathering = new Gathering({ ...options, isComplete: () => this.#isIdle() });
    this.#logic = ledTaskMachine.provide({
      actions: {
        enqueue: ({ self }) => this.#enqueue(this.#of(self)),
        dequeue: ({ self }) => this.#dequeue(this.#of(self)),
        recall: ({ self }, { worker }) => this.#recall(this.#of(self), worker),
        letGo: ({ self }) => this.#letGo(this.#of(self)),
      },
    });
  }

  has(name: TaskName): boolean {
    return this.#led.size > 0 && this.#led.has(keyOf(name));
  }

  get size(): number {
    return this.#led.size;
  }

  names(): TaskName[] {
    return [...this.#led.values()].map(({ task }) => nameOf(task));
  }

  /** False when we do not lead the task's team, as far as it is there. */
  leads({ team }: Task): boolean {
    return team !== undefined && this.#workersOf(team).length > 0;
  }

  /** Answers whether the task is taken: from now on it is held here. */
  take(task: Task): boolean {
    if (this.#led.size >= MOST_LED) return false;
    const actor = createActor(this.#logic);
    const led: Led = { task, actor, handedMs: 0 };
    this.#led.set(keyOf(task), led);
    this.#byActor.set(actor, led);
    actor.start();
    this.#cancelLook ??= this.#options.clock.schedule(LOOK_MS, () => this.#look());
    return true;
  }

  /** The lead itself has executed it. Resolves when the result is stored. */
  ended(task: Task, result: TaskOutcome): Promise<void> {
    const { shard, epoch } = task;
    return this.#end({ shard, epoch, result }, this.#options.agentId);
  }

  /** Results of a worker, of our own tasks and of those that a lead before us dealt out. Resolves when all are stored. */
  async receive(worker: AgentId, { results }: PeerResults): Promise<void> {
    const stored = results.map((entry) =>
      this.#end({ ...entry, result: { ...entry.result, agent: worker } }, worker),
    );
    this.deal();
    await Promise.all(stored);
  }

  cancel(names: readonly TaskName[]): void {
    for (const name of names) this.#led.get(keyOf(name))?.actor.send({ type: "cancel" });
  }

  cancelStage(run: string, stage: string): void {
    for (const { task, actor } of [...this.#led.values()]) {
      if (task.run === run && task.stage === stage) actor.send({ type: "cancel" });
    }
  }

  /** We leave: the workers go on, and bring their results to whoever leads then. */
  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
  }

  /** Room may have come up: hands out what waits, at the end of this tick. */
  deal(): void {
    if (this.#isDealing || this.#isClosed || this.#waiting.size === 0) return;
    this.#isDealing = true;
    queueMicrotask(() => {
      this.#isDealing = false;
      this.#dealNow();
    });
  }

  #dealNow(): void {
    const handing = new Map<AgentId, Led[]>();
    for (const [key, queue] of this.#waiting) {
      let next = 0;
      for (const led of queue) {
        const worker = this.#workerFor(led.task);
        if (worker === undefined) break;
        next += 1;
        this.#hand(led, worker);
        if (worker === this.#options.agentId) this.#options.held.start(led.task);
        else appendTo(handing, worker, led);
      }
      if (next === queue.length) this.#waiting.delete(key);
      else queue.splice(0, next);
    }
    for (const [worker, all] of handing) {
      for (let start = 0; start < all.length; start += TASKS_PER_OFFER)
        void this.#offer(worker, all.slice(start, start + TASKS_PER_OFFER));
    }
  }

  /** A worker with room, the one with least to do first; ourselves when none has any. */
  #workerFor(task: Task): AgentId | undefined {
    const { agentId, peers, held, canRun } = this.#options;
    const workers = task.team === undefined ? [] : this.#workersOf(task.team);
    const loads = peers.loads(workers, task);
    const choice = balanced.choose({
      loads,
      waiting: 1,
      measuredOf: () => undefined,
      random: () => 0,
    });
    if ("agent" in choice) return choice.agent;
    return held.hasRoom(task) && canRun(task) ? agentId : undefined;
  }

  #hand(led: Led, worker: AgentId): void {
    const { peers, clock, agentId } = this.#options;
    if (worker !== agentId) peers.reserve(worker, led.task.lane);
    led.handedMs = clock.monotonicMs();
    led.actor.send({ type: "handed", worker });
    const tasks = this.#atWorkers.get(worker);
    if (tasks === undefined) this.#atWorkers.set(worker, new Set([led]));
    else tasks.add(led);
  }

  async #offer(worker: AgentId, all: readonly Led[]): Promise<void> {
    const { agentId, peers, logger } = this.#options;
    const offer = { v: 1, from: agentId, tasks: all.map(({ task }) => task) };
    const answer = this.#answerOf(await peers.ask(worker, "task", offer, OFFER_TIMEOUT_MS));
    if (answer === undefined) return; // it may have taken them: it will be asked
    const accepted = new Set(answer.accepted);
    for (const [position, led] of all.entries()) {
      if (accepted.has(position)) {
        logger.debug({ event: "task.dealt", ...bindingsOf(led.task, worker), from: agentId });
        continue;
      }
      peers.markFull(worker, led.task.lane);
      this.#leave(led, worker);
      led.actor.send({ type: "refused" });
    }
    this.deal();
  }

  #answerOf(asked: Asked): Pick<OfferAnswer, "accepted"> | undefined {
    if (asked.status === "answered") return this.#read(offerAnswer, asked.message);
    return asked.status === "unheard" ? { accepted: [] } : undefined;
  }

  /** Undefined, and logged, when it is no such message: then it counts as no answer. */
  #read<Answer>(schema: z.ZodType<Answer>, { subject, data }: Msg): Answer | undefined {
    try {
      return decodeMessage(schema, data);
    } catch (error) {
      this.#options.logger.warn({ event: "message.refused", subject, err: error });
      return undefined;
    }
  }

  #end(entry: Parameters<Gathering["add"]>[0], worker: AgentId): Promise<void> {
    const led = this.#led.get(keyOf(entry.result));
    if (led !== undefined && this.#leave(led, worker)) {
      if (worker !== this.#options.agentId) this.#options.peers.release(worker, led.task.lane);
      led.actor.send({ type: "ended" });
    }
    const stored = this.#gathering.add(entry);
    if (led === undefined) return stored;
    return stored.then(() => {
      if (led.actor.getSnapshot().status === "active") led.actor.send({ type: "delivered" });
    });
  }

  #leave(led: Led, worker: AgentId): boolean {
    const tasks = this.#atWorkers.get(worker);
    const was = tasks?.delete(led) ?? false;
    if (tasks?.size === 0) this.#atWorkers.delete(worker);
    return was;
  }

  /** Looks after the workers that hold tasks: one that is gone has lost them, one that is silent is asked. */
  #look(): void {
    this.#looks += 1;
    const { peers, agentId, clock } = this.#options;
    for (const worker of [...this.#atWorkers.keys()]) {
      if (worker === agentId) continue;
      if (peers.isGone(worker)) this.#lose(worker, "it is gone");
      else if (peers.isSilent(worker) || this.#looks % ASK_EVERY_LOOKS === 0)
        void this.#inquire(worker);
    }
    this.deal();
    this.#cancelLook =
      this.#led.size === 0 ? undefined : clock.schedule(LOOK_MS, () => this.#look());
  }

  /** What the worker was given before the question and does not hold is lost; without an answer, all when it is silent. */
  async #inquire(worker: AgentId): Promise<void> {
    const { peers, clock } = this.#options;
    const askedMs = clock.monotonicMs();
    const asked = await peers.ask(
      worker,
      "control",
      { v: 1, command: "report" },
      CONTROL_TIMEOUT_MS,
    );
    if (asked.status === "answered") {
      const report = this.#read(controlAnswer, asked.message);
      if (report === undefined) return;
      const held = new Set(report.tasks.map(keyOf));
      this.#lose(worker, "it does not hold it any more", (led) => {
        return led.handedMs < askedMs - OFFER_TIMEOUT_MS && !held.has(keyOf(led.task));
      });
    } else if (asked.status === "unheard" || peers.isSilent(worker)) {
      this.#lose(worker, "it does not answer");
    }
  }

  /** Nothing is tried again silently: the attempt has failed, and the coordinator decides. */
  #lose(worker: AgentId, why: string, isLost: (led: Led) => boolean = () => true): void {
    const { agentId, logger } = this.#options;
    for (const led of [...(this.#atWorkers.get(worker) ?? [])]) {
      if (!isLost(led)) continue;
      logger.warn({ event: "task.lost", ...bindingsOf(led.task, worker), from: agentId }, why);
      const { shard, epoch } = led.task;
      const message = `worker ${worker} lost the task: ${why}`;
      const result: TaskOutcome = {
        ...nameOf(led.task),
        status: "failed",
        error: { code: "agent-lost", message, disposition: "retry" },
        durationMs: 0,
        agent: worker,
        from: agentId,
      };
      void this.#end({ shard, epoch, result }, worker);
    }
  }

  #enqueue(led: Led): void {
    const queue = this.#waiting.get(classOf(led.task));
    if (queue === undefined) this.#waiting.set(classOf(led.task), [led]);
    else queue.push(led);
    this.deal();
  }

  #dequeue(led: Led): void {
    const key = classOf(led.task);
    const queue = this.#waiting.get(key)?.filter((other) => other !== led) ?? [];
    if (queue.length === 0) this.#waiting.delete(key);
    else this.#waiting.set(key, queue);
  }

  #recall(led: Led, worker: AgentId | undefined): void {
    const { agentId, peers, held } = this.#options;
    if (worker === undefined) return;
    this.#leave(led, worker);
    const tasks = [nameOf(led.task)];
    if (worker === agentId) held.cancel(tasks);
    else void peers.ask(worker, "control", { v: 1, command: "cancel", tasks }, CONTROL_TIMEOUT_MS);
  }

  #letGo(led: Led): void {
    this.#led.delete(keyOf(led.task));
    this.#options.onChange();
  }

  /** Nothing waits and no worker has anything: all results of what was dealt out are here. */
  #isIdle(): boolean {
    return this.#waiting.size === 0 && this.#atWorkers.size === 0;
  }

  #workersOf({ topology, members }: NonNullable<Task["team"]>): readonly AgentId[] {
    const { agentId, peers } = this.#options;
    return TOPOLOGIES[topology].workersOf(agentId, peers.present(members));
  }

  #of(actor: object | undefined): Led {
    const led = actor === undefined ? undefined : this.#byActor.get(actor);
    if (led === undefined) throw new Error("an actor without a task");
    return led;
  }
}

/** Tasks for which the same workers come into question. */
function classOf({ run, stage, skill }: Task): string {
  return `${run}/${stage}/${skill}`;
}

function nameOf({ run, stage, index, attempt }: Task): TaskName {
  return { run, stage, index, attempt };
}

function keyOf({ run, stage, index, attempt }: TaskName): string {
  return `${run}/${stage}/${index}/${attempt}`;
}

function appendTo(lists: Map<AgentId, Led[]>, worker: AgentId, led: Led): void {
  const list = lists.get(worker);
  if (list === undefined) lists.set(worker, [led]);
  else list.push(led);
}
