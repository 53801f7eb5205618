import { hostname } from "node:os";
import type { Msg, NatsConnection } from "nats";
import type { Logger } from "pino";
import { type Actor, createActor, waitFor } from "xstate";
import { followLink } from "../bus/link.ts";
import {
  control,
  decodeMessage,
  encodeMessage,
  type Heartbeat,
  type Offer,
  type OfferAnswer,
  offer,
  type Slots,
  stageMessage,
  type Task,
} from "../bus/messages.ts";
import { answer } from "../bus/requests.ts";
import type { Clock } from "../core/clock.ts";
import type { AgentId } from "../core/ids.ts";
import { LANES } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import { AGENT_SERVICE, LANE_QUEUE_GROUP, openSubjects, type Subjects } from "../core/subjects.ts";
import { agentMachine } from "../machines/agent.ts";
import { openBlobs } from "../store/blobs.ts";
import { BlobCache } from "./blob-cache.ts";
import { bindingsOf, executeTask } from "./execution.ts";
import { HeldTasks } from "./held-tasks.ts";
import { Peers } from "./peers.ts";
import { Results } from "./results.ts";
import { openWorkerPool, type WorkerPool } from "./worker-pool.ts";

export interface AgentOptions {
  readonly connection: NatsConnection;
  readonly agentId: AgentId;
  readonly slots: Slots;
  readonly skills: SkillCatalog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where log lines of worker threads go, NDJSON, not scrubbed yet. */
  readonly writeLogLine: (line: string) => void;
  /** How long running tasks may take to end after `drain`. */
  readonly drainMs: number;
}

/** An agent that serves. */
export interface Agent extends AsyncDisposable {
  readonly agentId: AgentId;
  /** Takes no more tasks, finishes and delivers those it holds, then leaves. */
  drain(): Promise<void>;
}

/** How often an agent gives a sign of life. */
const HEARTBEAT_MS = 750;
const SERVICE_VERSION = "1.0.0";

/** Opens an agent; resolves when it takes offers. */
export async function openAgent(options: AgentOptions): Promise<Agent> {
  const { connection } = options;
  const blobs = await openBlobs(connection.jetstream(), openSubjects());
  const agent = new AgentProcess(options, {
    execute: {
      ...options,
      blobs,
      blobCache: new BlobCache(blobs),
      workers: openWorkerPool(),
    },
  });
  await agent.start();
  return agent;
}

class AgentProcess implements Agent {
  readonly agentId: AgentId;
  readonly #options: AgentOptions;
  readonly #subjects: Subjects = openSubjects();
  readonly #held: HeldTasks;
  readonly #peers: Peers;
  readonly #workers: WorkerPool;
  readonly #actor: Actor<typeof agentMachine>;
  /** The newest epoch heard for each shard: an offer with an older one comes from a coordinator that lost it. */
  readonly #epochs = new Map<number, number>();
  #stopHeartbeat: () => void = () => {};
  #idle: () => void = () => {};

  constructor(
    options: AgentOptions,
    parts: { readonly execute: Parameters<typeof executeTask>[0] },
  ) {
    this.agentId = options.agentId;
    this.#options = options;
    this.#workers = parts.execute.workers;
    const { connection, clock, logger, agentId, slots } = options;
    const link = followLink(connection);
    const results = new Results({
      connection,
      link,
      subjects: this.#subjects,
      agentId,
      clock,
      logger,
    });
    this.#held = new HeldTasks({
      slots,
      execute: (task, signal) => executeTask(parts.execute, task, signal),
      deliver: (task, execution) => {
        const { run, stage, index, attempt } = task;
        logger.debug({ event: `task.${execution.status}`, ...bindingsOf(task) });
        return results.deliver(task.shard, task.epoch, {
          run,
          stage,
          index,
          attempt,
          ...execution,
        });
      },
      onChange: () => {
        if (this.#held.size === 0) this.#idle();
      },
    });
    this.#peers = new Peers({ connection, subjects: this.#subjects, agentId });
    link.onReconnect(() => this.#beat());
    this.#actor = createActor(
      agentMachine.provide({
        actions: {
          announce: () => this.#beat(),
          whenIdle: () => this.#sendIdleWhenEmpty(),
          leave: () => this.#leave(),
        },
      }),
    );
    this.#actor.start();
  }

  async start(): Promise<void> {
    const { connection, logger, slots } = this.#options;
    this.#peers.listen();
    this.#listenForOffers();
    this.#listenForControl();
    await this.#joinDiscovery();
    await connection.flush();
    this.#actor.send({ type: "ready" });
    this.#armHeartbeat();
    logger.info({ event: "agent.serving", agentId: this.agentId, slots });
  }

  async drain(): Promise<void> {
    if (this.#actor.getSnapshot().status !== "active") return;
    this.#options.logger.info({
      event: "agent.draining",
      agentId: this.agentId,
      held: this.#held.size,
    });
    this.#actor.send({ type: "drain" });
    const giveUp = this.#options.clock.schedule(this.#options.drainMs, () => {
      this.#actor.send({ type: "stop" });
    });
    await waitFor(this.#actor, (state) => state.status === "done", {
      timeout: Number.POSITIVE_INFINITY,
    });
    giveUp();
    await this.#workers.close();
    await this.#options.connection.flush().catch(() => {}); // the server may be gone already
    this.#options.logger.info({ event: "agent.left", agentId: this.agentId });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  #listenForOffers(): void {
    const { connection, slots } = this.#options;
    const take = (error: Error | null, message: Msg): void => {
      if (error === null) this.#receiveOffer(message, { mayHandOver: true });
    };
    connection.subscribe(this.#subjects.agentTask(this.agentId), { callback: take });
    for (const lane of LANES) {
      if (slots[lane] === 0) continue;
      connection.subscribe(this.#subjects.lane(lane), { queue: LANE_QUEUE_GROUP, callback: take });
    }
    connection.subscribe(this.#subjects.peersTo(this.agentId), {
      callback: (error, message) => {
        if (error === null) this.#receiveOffer(message, { mayHandOver: false });
      },
    });
  }

  #receiveOffer(message: Msg, options: { readonly mayHandOver: boolean }): void {
    let received: Offer;
    try {
      received = decodeMessage(offer, message.data);
    } catch (error) {
      this.#refuse(message, error);
      return;
    }
    const accepted: number[] = [];
    const full: number[] = [];
    for (const [position, task] of received.tasks.entries()) {
      (this.#take(task) ? accepted : full).push(position);
    }
    const handing = options.mayHandOver
      ? full.filter((position) => received.tasks[position]?.team)
      : [];
    if (handing.length === 0) {
      this.#answerOffer(message, { accepted, busy: full, handedOver: [] });
      return;
    }
    void this.#handOver(received, handing).then((handedOver) => {
      const taken = new Set(handedOver.map((entry) => entry.position));
      const busy = full.filter((position) => !taken.has(position));
      this.#answerOffer(message, { accepted, busy, handedOver });
    });
  }

  #answerOffer(message: Msg, lists: Omit<OfferAnswer, "v" | "agent">): void {
    answer(message, encodeMessage({ v: 1, agent: this.agentId, ...lists }));
  }

  async #handOver(
    received: Offer,
    positions: readonly number[],
  ): Promise<OfferAnswer["handedOver"]> {
    const { logger } = this.#options;
    const handed = await Promise.all(
      positions.map(async (position) => {
        const task = received.tasks[position];
        if (task === undefined || this.#isStale(task)) return [];
        const agent = await this.#peers.handOver(task);
        if (agent === undefined) return [];
        logger.info({
          event: "task.redistributed",
          ...bindingsOf(task),
          agentId: agent,
          from: this.agentId,
        });
        return [{ position, agent }];
      }),
    );
    return handed.flat();
  }

  /** Starts the task when there is room; true when it runs here, from now on or already. */
  #take(task: Task): boolean {
    if (this.#held.has(task)) return true;
    if (this.#isStale(task) || !this.#actor.getSnapshot().matches("serving")) return false;
    if (!this.#held.hasRoom(task) || this.#options.skills.find(task.skill) === undefined)
      return false;
    this.#held.start(task);
    this.#options.logger.debug({ event: "task.accepted", ...bindingsOf(task) });
    return true;
  }

  #isStale(task: Task): boolean {
    const newest = this.#epochs.get(task.shard) ?? 0;
    if (task.epoch >= newest) {
      this.#epochs.set(task.shard, task.epoch);
      return false;
    }
    this.#options.logger.warn({
      event: "offer.stale",
      shard: task.shard,
      epoch: task.epoch,
      newest,
    });
    return true;
  }

  #listenForControl(): void {
    const { connection } = this.#options;
    connection.subscribe(this.#subjects.agentControl(this.agentId), {
      callback: (error, message) => {
        if (error === null) this.#receiveControl(message);
      },
    });
    connection.subscribe(this.#subjects.allStages, {
      callback: (error, message) => {
        if (error === null) this.#receiveStageMessage(message);
      },
    });
  }

  #receiveControl(message: Msg): void {
    try {
      const order = decodeMessage(control, message.data);
      if (order.command === "cancel") this.#held.cancel(order.tasks);
      if (order.command === "drain") void this.drain();
    } catch (error) {
      this.#refuse(message, error);
      return;
    }
    const tasks = this.#held.names();
    answer(message, encodeMessage({ v: 1, heartbeat: this.#heartbeat(), tasks }));
  }

  /** A message to the worker actors of a stage, from the coordinator or a peer. */
  #receiveStageMessage(message: Msg): void {
    try {
      decodeMessage(stageMessage, message.data);
    } catch (error) {
      this.#refuse(message, error);
      return;
    }
    const [run = "", stage = ""] = message.subject.split(".").slice(-2);
    this.#held.cancelStage(run, stage);
  }

  #refuse(message: Msg, error: unknown): void {
    this.#options.logger.warn({ event: "message.refused", subject: message.subject, err: error });
  }

  async #joinDiscovery(): Promise<void> {
    const { connection, skills, slots } = this.#options;
    await connection.services.add({
      name: AGENT_SERVICE,
      version: SERVICE_VERSION,
      description: "An agent of a cascade swarm",
      metadata: {
        agent: this.agentId,
        host: hostname(),
        lanes: LANES.filter((lane) => slots[lane] > 0).join(","),
        skills: skills.names().join(","),
      },
    });
  }

  #heartbeat(): Heartbeat {
    return {
      v: 1,
      agent: this.agentId,
      host: hostname(),
      status: this.#actor.getSnapshot().matches("serving") ? "serving" : "draining",
      slots: this.#options.slots,
      busy: { ...this.#held.busy },
      skills: [...this.#options.skills.names()],
    };
  }

  /** Runs inside an action of the machine, too, where the snapshot is still the former one: hence the microtask. */
  #beat(): void {
    queueMicrotask(() => {
      if (this.#actor.getSnapshot().status === "done") return;
      this.#publishHeartbeat(this.#heartbeat());
    });
  }

  #publishHeartbeat(beat: Heartbeat): void {
    if (this.#options.connection.isClosed()) return;
    this.#options.connection.publish(
      this.#subjects.agentHeartbeat(this.agentId),
      encodeMessage(beat),
    );
  }

  #armHeartbeat(): void {
    this.#stopHeartbeat = this.#options.clock.schedule(HEARTBEAT_MS, () => {
      this.#beat();
      this.#armHeartbeat();
    });
  }

  #sendIdleWhenEmpty(): void {
    this.#idle = () => queueMicrotask(() => this.#actor.send({ type: "idle" }));
    if (this.#held.size === 0) this.#idle();
  }

  #leave(): void {
    this.#stopHeartbeat();
    this.#publishHeartbeat({ ...this.#heartbeat(), status: "gone" });
  }
}
