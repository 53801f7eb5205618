import type { NatsConnection } from "nats";
import type { Logger } from "pino";
import { failureOf, isUnheard } from "../bus/failures.ts";
import type { Link } from "../bus/link.ts";
import {
  type Control,
  type ControlAnswer,
  controlAnswer,
  decodeMessage,
  encodeMessage,
  offerAnswer,
  type TaskName,
} from "../bus/messages.ts";
import { request } from "../bus/requests.ts";
import type { Clock } from "../core/clock.ts";
import type { AgentId, CoordinatorId } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import type { Subjects } from "../core/subjects.ts";
import type { Dispatcher, OfferTarget, PreparedTask } from "./dispatcher.ts";
import type { QueuedTask } from "./task-queue.ts";

const OFFER_TIMEOUT_MS = 2_000;
const CONTROL_TIMEOUT_MS = 750;
/** How much later than we an agent may be back on a restarted server: its pause between tries, and some. */
const RECONNECT_GRACE_MS = 300;
const TASKS_PER_OFFER = 64;
const encoder = new TextEncoder();

export interface OffersOptions {
  readonly connection: NatsConnection;
  readonly link: Link;
  readonly subjects: Subjects;
  readonly coordinatorId: CoordinatorId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dispatcher: () => Dispatcher;
  /** The JSON of a `Task`; large inputs become an object first. */
  readonly textOf: (prepared: PreparedTask) => string | Promise<string>;
  readonly onChange: () => void;
  readonly onAgentSilent: (agent: AgentId) => void;
}

/** Sends offers and control requests to agents and tells the dispatcher what came of them. */
export class Offers {
  readonly #options: OffersOptions;
  readonly #gathered = new Map<
    string,
    { readonly target: OfferTarget; readonly prepared: PreparedTask[] }
  >();

  constructor(options: OffersOptions) {
    this.#options = options;
  }

  /** Offers tasks whose attempts are stored; those of one tick to one target travel together, up to the limits. */
  send(target: OfferTarget, prepared: readonly PreparedTask[]): void {
    const key = "agent" in target ? target.agent : `lane ${target.lane}`;
    const gathered = this.#gathered.get(key);
    if (gathered !== undefined) {
      gathered.prepared.push(...prepared);
      return;
    }
    if (this.#gathered.size === 0) setImmediate(() => this.#sendGathered());
    this.#gathered.set(key, { target, prepared: [...prepared] });
  }

  #sendGathered(): void {
    const gathered = [...this.#gathered.values()];
    this.#gathered.clear();
    for (const { target, prepared } of gathered) void this.#sendTo(target, prepared);
  }

  async #sendTo(target: OfferTarget, prepared: readonly PreparedTask[]): Promise<void> {
    const made = prepared.map(this.#options.textOf);
    const isReady = made.every((text) => typeof text === "string");
    const all = isReady ? made : await Promise.all(made);
    let texts: string[] = [];
    let queued: QueuedTask[] = [];
    let bytes = 0;
    for (const [index, text] of all.entries()) {
      if (
        texts.length > 0 &&
        (texts.length >= TASKS_PER_OFFER || bytes + text.length > LIMITS.messageBatchBytes)
      ) {
        void this.#offer(target, texts, queued);
        texts = [];
        queued = [];
        bytes = 0;
      }
      const source = prepared[index];
      if (source === undefined) continue;
      texts.push(text);
      queued.push(source.task);
      bytes += text.length;
    }
    if (texts.length > 0) void this.#offer(target, texts, queued);
  }

  async #offer(
    target: OfferTarget,
    texts: readonly string[],
    tasks: readonly QueuedTask[],
  ): Promise<void> {
    const { connection, link, subjects, coordinatorId, dispatcher, logger } = this.#options;
    const subject =
      "agent" in target ? subjects.agentTask(target.agent) : subjects.lane(target.lane);
    const payload = encoder.encode(
      `{"v":1,"from":"${coordinatorId}","tasks":[${texts.join(",")}]}`,
    );
    try {
      const message = await request(connection, link, subject, payload, OFFER_TIMEOUT_MS);
      dispatcher().answered(target, tasks, decodeMessage(offerAnswer, message.data));
    } catch (error) {
      if (isUnheard(error)) dispatcher().unheard(target, tasks);
      else if ("agent" in target) await this.#findOut(target.agent, tasks);
      else {
        // Whoever of the lane took them reports them within a heartbeat; the rest is offered again.
        logger.warn({ event: "offer.unanswered", err: error }, `no answer on ${subject}`);
        dispatcher().unheard(target, tasks);
      }
    }
    this.#options.onChange();
  }

  /** No answer means unknown: ask the agent what it holds. It hears the question after the offer. */
  async #findOut(agent: AgentId, tasks: readonly QueuedTask[]): Promise<void> {
    await this.#connected();
    const report = await this.report(agent);
    if (report === undefined) {
      this.#options.onAgentSilent(agent);
      return;
    }
    const held = new Set(
      report.tasks.map((name) => `${name.run}/${name.stage}/${name.index}/${name.attempt}`),
    );
    for (const task of tasks) {
      const { run, index, attempt } = task;
      const key = `${run.runId}/${run.stage(task.stage).id}/${index}/${attempt}`;
      if (!held.has(key)) this.#options.dispatcher().notHeld(task);
    }
  }

  /** After an outage agents reconnect as we do: the first heartbeats come before a question would be heard. */
  #connected(): Promise<void> {
    const { link, clock } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    if (link.connected) return Promise.resolve();
    const forget = link.onReconnect(() => {
      forget();
      clock.schedule(RECONNECT_GRACE_MS, resolve);
    });
    return promise;
  }

  /** What an agent holds; undefined when it does not answer. */
  async report(agent: AgentId): Promise<ControlAnswer | undefined> {
    try {
      return await this.#control(agent, { v: 1, command: "report" });
    } catch (error) {
      if (isUnheard(error) || failureOf(error) === "unknown") return undefined;
      throw error;
    }
  }

  /** Best effort: an agent that does not hear it delivers a result that is answered `stale`. */
  cancel(agent: AgentId, tasks: readonly TaskName[]): void {
    this.#control(agent, { v: 1, command: "cancel", tasks: [...tasks] }).catch((error: unknown) => {
      this.#options.logger.debug({ event: "cancel.unanswered", agentId: agent, err: error });
    });
  }

  async #control(agent: AgentId, command: Control): Promise<ControlAnswer> {
    const { connection, link, subjects } = this.#options;
    const subject = subjects.agentControl(agent);
    const payload = encodeMessage(command);
    const message = await request(connection, link, subject, payload, CONTROL_TIMEOUT_MS);
    return decodeMessage(controlAnswer, message.data);
  }
}
