import { hostname } from "node:os";
import type { Msg, NatsConnection, Subscription } from "nats";
import type { Logger } from "pino";
import { type Actor, createActor, waitFor } from "xstate";
import { followLink, type Link } from "../bus/link.ts";
import {
  type Control,
  control,
  decodeMessage,
  encodeMessage,
  type Heartbeat,
  peerResults,
  type Slots,
  stageMessage,
  type Task,
  type TaskStep,
} from "../bus/messages.ts";
import { answer } from "../bus/requests.ts";
import type { Clock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import type { Fixer } from "../core/fixer.ts";
import { type AgentId, parseAgentId } from "../core/ids.ts";
import { LANES } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import { AGENT_SERVICE, openSubjects, type Subjects } from "../core/subjects.ts";
import { agentMachine } from "../machines/agent.ts";
import type { Execution } from "../machines/stage-worker.ts";
import type { ModelService } from "../models/service.ts";
import { BlobCache } from "./blob-cache.ts";
import { carryOut } from "./carry-out.ts";
import { bindingsOf, executeTask } from "./execution.ts";
import { type HeldTask, HeldTasks } from "./held-tasks.ts";
import { LedTasks } from "./led-tasks.ts";
import { listen } from "./listen.ts";
import { Offers } from "./offers.ts";
import { ParentLink } from "./parent-link.ts";
import { PeerTalk } from "./peer-talk.ts";
import { Peers } from "./peers.ts";
import { openPrograms, type Programs } from "./programs.ts";
import { Pulse } from "./pulse.ts";
import { openRemoteBlobs } from "./remote-blobs.ts";
import { Results } from "./results.ts";
import { NO_SANDBOXES, type Sandboxes } from "./sandbox/sandbox.ts";
import { NO_SECRETS, type Secrets } from "./secrets.ts";
import { TaskBudgets } from "./task-budget.ts";
import { TaskMemories } from "./task-memory.ts";
import { openWorkerPool, type WorkerPool } from "./worker-pool.ts";

export interface AgentOptions {
  readonly connection: NatsConnection;
  readonly agentId: AgentId;
  readonly slots: Slots;
  readonly skills: SkillCatalog;
  readonly models: ModelService;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where skills keep results; undefined: nowhere. */
  readonly cacheFolder?: string | undefined;
  /** Where log lines of worker threads go, NDJSON, not scrubbed yet. */
  readonly writeLogLine: (line: string) => void;
  /** Takes secrets out of what programs said, before it becomes an error; default: leaves it as it is. */
  readonly scrub?: (text: string) => string;
  /** Where tasks of the lane `sandbox` get theirs; without it there is none. The agent closes it. */
  readonly sandboxes?: Sandboxes;
  /** Default: it knows none. */
  readonly secrets?: Secrets;
  /** Who proposes fixes of failing tests, the cheapest first; without it nobody does. */
  readonly fixers?: readonly Fixer[];
  /** How long running tasks may take to end after `drain`. */
  readonly drainMs: number;
}

/** An agent that serves. */
export interface Agent extends AsyncDisposable {
  readonly agentId: AgentId;
  /** Resolves when it has left, because of `drain` or because it was told so over the bus. */
  readonly left: Promise<void>;
  /** Takes no more tasks, finishes and delivers those it holds, then leaves. What lasts longer is given up. */
  drain(): Promise<void>;
}

const SERVICE_VERSION = "1.0.0";
/** Without a server the last words of an agent reach nobody. */
const FAREWELL_MS = 500;

/** Opens an agent on `options.connection`, which stays open; resolves when it takes offers. */
export async function openAgent(options: AgentOptions): Promise<Agent> {
  const agent = new AgentProcess(options);
  await agent.start();
  return agent;
}

class AgentProcess implements Agent {
  readonly agentId: AgentId;
  readonly left: Promise<void>;
  readonly #options: AgentOptions;
  readonly #subjects: Subjects = openSubjects();
  readonly #link: Link;
  readonly #workers: WorkerPool = openWorkerPool();
  readonly #programs: Programs = openPrograms();
  readonly #results: Results;
  readonly #held: HeldTasks;
  readonly #peers: Peers;
  readonly #peerTalk: PeerTalk;
  readonly #led: LedTasks;
  readonly #parent: ParentLink;
  readonly #offers: Offers;
  readonly #pulse: Pulse;
  readonly #actor: Actor<typeof agentMachine>;
  #subscriptions: Subscription[] = [];
  #leaveDiscovery: () => Promise<unknown> = () => Promise.resolve();
  #reportsIdle = false;

  constructor(options: AgentOptions) {
    this.agentId = options.agentId;
    this.#options = options;
    this.#link = followLink(options.connection);
    const parts = { ...options, subjects: this.#subjects, link: this.#link };
    const blobs = openRemoteBlobs(parts);
    const blobCache = new BlobCache(blobs);
    const secrets = options.secrets ?? NO_SECRETS;
    this.#peers = new Peers(parts);
    this.#peerTalk = new PeerTalk({
      ...{ ...parts, peers: this.#peers, secrets },
      carryOut: (asked) => carryOut(execution, asked, new AbortController()),
    });
    const execution = {
      ...options,
      cacheFolder: options.cacheFolder,
      secrets,
      peerTalk: this.#peerTalk,
      blobs,
      blobCache,
      taskMemories: new TaskMemories({ ...parts, blobs, blobCache }),
      taskBudgets: new TaskBudgets(parts),
      workers: this.#workers,
      programs: this.#programs,
      sandboxes: options.sandboxes ?? NO_SANDBOXES,
      fixers: options.fixers ?? [],
      scrub: options.scrub ?? ((text: string) => text),
      recordStep: ({ shard, epoch }: Task, step: TaskStep) =>
        this.#results.deliver(shard, epoch, step),
    };
    this.#results = new Results(parts);
    this.#held = new HeldTasks({
      slots: options.slots,
      execute: (task, controller) => executeTask(execution, task, controller),
      deliver: (held, outcome) => this.#deliver(held, outcome),
      onChange: () => {
        this.#reportIdle();
        this.#led.deal();
      },
    });
    this.#parent = new ParentLink({ ...parts, peers: this.#peers, results: this.#results });
    const shared = { ...parts, held: this.#held, peers: this.#peers };
    this.#led = new LedTasks({
      ...shared,
      results: this.#results,
      canRun: (task) => this.#offers.canRun(task),
      onChange: () => this.#reportIdle(),
    });
    this.#peers.onHeard = () => this.#led.deal();
    this.#offers = new Offers({ ...shared, led: this.#led });
    this.#pulse = new Pulse({ ...parts, heartbeat: () => this.#heartbeat() });
    this.#actor = createActor(
      agentMachine.provide({
        actions: {
          announce: () => this.#pulse.beat(),
          refuseOffers: () => this.#offers.refuse(),
          whenIdle: () => {
            this.#reportsIdle = true;
            this.#reportIdle();
          },
          leave: () => this.#leave(),
        },
      }),
    );
    this.#actor.start();
    this.left = this.#close();
  }

  async start(): Promise<void> {
    const { connection, logger, slots } = this.#options;
    this.#subscriptions = [
      ...this.#peers.listen(),
      ...this.#offers.listen(),
      listen(this.#options, this.#subjects.agentControl(this.agentId), (message) =>
        this.#receiveControl(message),
      ),
      listen(this.#options, this.#subjects.peersTo(this.agentId), (message) =>
        this.#receiveFromPeer(message),
      ),
      listen(this.#options, this.#subjects.allStages, (message) =>
        this.#receiveStageMessage(message),
      ),
    ];
    await this.#joinDiscovery();
    await connection.flush();
    this.#actor.send({ type: "ready" });
    this.#pulse.start();
    this.#link.onReconnect(() => this.#pulse.beat());
    logger.info({ event: "agent.serving", agentId: this.agentId, slots });
  }

  async drain(): Promise<void> {
    this.#startDraining();
    await this.left;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  #startDraining(withinMs = this.#options.drainMs): void {
    const state = this.#actor.getSnapshot();
    if (state.status !== "active" || state.matches("draining")) return;
    const { clock, logger } = this.#options;
    logger.info({ event: "agent.draining", agentId: this.agentId, held: this.#held.size });
    this.#actor.send({ type: "drain" });
    const cancelStop = clock.schedule(withinMs, () => this.#actor.send({ type: "stop" }));
    void this.left.then(cancelStop);
  }

  /** Gives back what the agent holds of the machine and the bus, once its machine has stopped. */
  async #close(): Promise<void> {
    await waitFor(this.#actor, (state) => state.status === "done", {
      timeout: Number.POSITIVE_INFINITY,
    });
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await this.#workers.close();
    this.#programs.close();
    await this.#options.sandboxes?.close();
    await this.#sayFarewell();
    this.#options.logger.info({ event: "agent.left", agentId: this.agentId });
  }

  async #sayFarewell(): Promise<void> {
    const { connection, clock, logger } = this.#options;
    const { promise: inTime, resolve } = Promise.withResolvers<void>();
    const cancel = clock.schedule(FAREWELL_MS, resolve);
    try {
      await Promise.race([this.#leaveDiscovery().then(() => connection.flush()), inTime]);
    } catch (error) {
      logger.debug({ event: "agent.left_unheard", err: error });
    } finally {
      cancel();
    }
  }

  #deliver({ task, from }: HeldTask, outcome: Execution): Promise<void> {
    const { logger } = this.#options;
    const { run, stage, index, attempt } = task;
    if (logger.isLevelEnabled("debug")) {
      logger.debug({ event: `task.${outcome.status}`, ...bindingsOf(task, this.agentId) });
    }
    const peer = from === undefined ? {} : { from };
    const result = { run, stage, index, attempt, ...peer, ...outcome };
    if (this.#led.has(task)) return this.#led.ended(task, result);
    return this.#parent.deliver(task, from, result);
  }

  #receiveControl(message: Msg): void {
    const order = decodeMessage(control, message.data);
    if (order.command === "drain") this.#startDraining(order.withinMs);
    this.#obey(message, order);
  }

  #obey(message: Msg, order: Control): void {
    if (order.command === "cancel") {
      this.#led.cancel(order.tasks);
      this.#held.cancel(order.tasks);
    }
    const tasks = [...this.#led.names(), ...this.#held.names()];
    answer(message, encodeMessage({ v: 1, heartbeat: this.#heartbeat(), tasks }));
  }

  /** The subject says who sends it, as far as the server lets each send in its own name alone. */
  #receiveFromPeer(message: Msg): void {
    const [from, , kind] = message.subject.split(".").slice(-3);
    const peer = parseAgentId(from);
    switch (kind) {
      case "task":
        this.#offers.receiveFromPeer(message, peer);
        return;
      case "result":
        void this.#led
          .receive(peer, decodeMessage(peerResults, message.data))
          .then(() => answer(message, encodeMessage({ v: 1 })));
        return;
      case "control": {
        const order = decodeMessage(control, message.data);
        if (order.command === "drain")
          throw new SwarmError("invalid-message", "no peer may order another to leave");
        this.#obey(message, order);
        return;
      }
      case "note":
        this.#peerTalk.receiveNote(message, peer);
        return;
      case "ask":
        this.#peerTalk.receiveAsk(message, peer);
        return;
      default:
        throw new SwarmError("invalid-message", `peers send no ${kind}`);
    }
  }

  /** A message to the worker actors of a stage, from the coordinator or a peer. */
  #receiveStageMessage(message: Msg): void {
    decodeMessage(stageMessage, message.data);
    const [run = "", stage = ""] = message.subject.split(".").slice(-2);
    this.#led.cancelStage(run, stage);
    this.#held.cancelStage(run, stage);
  }

  async #joinDiscovery(): Promise<void> {
    const { connection, skills, slots } = this.#options;
    const service = await connection.services.add({
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
    this.#leaveDiscovery = () => service.stop();
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

  /** Runs inside an action of a machine, too, which takes no event before the action has ended. */
  #reportIdle(): void {
    if (!this.#reportsIdle || this.#held.size > 0 || this.#led.size > 0) return;
    queueMicrotask(() => {
      if (this.#actor.getSnapshot().status === "active") this.#actor.send({ type: "idle" });
    });
  }

  /** The last effect of the agent's machine. What it still holds is given up: the coordinator hears that it is gone. */
  #leave(): void {
    this.#reportsIdle = false;
    this.#offers.refuse();
    this.#pulse.stop();
    this.#led.close();
    this.#held.cancelAll();
    this.#results.close();
  }
}
