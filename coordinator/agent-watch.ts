import type { NatsConnection, Subscription } from "nats";
import type { Logger } from "pino";
import type { Link } from "../bus/link.ts";
import type { Heartbeat } from "../bus/messages.ts";
import { heartbeatIn } from "../bus/sender.ts";
import type { Clock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import type { Subjects } from "../core/subjects.ts";
import { AgentDirectory, SILENCE } from "./agent-directory.ts";
import { discoverAgentIds, reportsOf } from "./discovery.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Offers } from "./offers.ts";

export interface AgentWatchOptions {
  readonly connection: NatsConnection;
  readonly link: Link;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dispatcher: () => Dispatcher;
  readonly offers: () => Offers;
  /** Room may have come up, or tasks are to be offered again. */
  readonly onChange: () => void;
}

/** How often an agent's report is compared with what it should hold. */
const RECONCILE_MS = 5_000;
const DISCOVERY_PAUSE_MS = 250;

/** Watches the agents: who is there, who fell silent, and whether each holds what it was given. */
export class AgentWatch {
  readonly directory: AgentDirectory;
  readonly #options: AgentWatchOptions;
  #subscription: Subscription | undefined;
  #stops: (() => void)[] = [];
  #closed = false;
  #discovery: Promise<readonly AgentId[]> | undefined;
  /** It was said that tasks wait because nobody is there. */
  #isSaidEmpty = false;

  constructor(options: AgentWatchOptions) {
    this.#options = options;
    this.directory = new AgentDirectory(options.clock, {
      joined: (agentId, beat) => this.#joined(agentId, beat),
      suspected: (agentId) => void this.ask(agentId),
      gone: (agentId, reason, expected) => this.#gone(agentId, reason, expected),
    });
  }

  start(): void {
    const { connection, link, subjects, logger } = this.#options;
    this.#subscription = connection.subscribe(subjects.allHeartbeats, {
      callback: (error, message) => {
        if (error !== null) return;
        try {
          this.#heard(heartbeatIn(message));
        } catch (cause) {
          logger.warn({ event: "message.refused", subject: message.subject, err: cause });
        }
      },
    });
    this.#discovery = this.#discover();
    // While we were away nobody could be heard: the silence proves nothing.
    this.#stops.push(link.onReconnect(() => this.directory.forgiveSilence()));
    this.#repeat(SILENCE.sweepMs, () => {
      if (link.connected) this.directory.sweep();
      this.#sayWhenEmpty();
    });
    this.#repeat(RECONCILE_MS, () => {
      if (link.connected) void this.#reconcile();
    });
  }

  close(): void {
    this.#closed = true;
    this.#subscription?.unsubscribe();
    for (const stop of this.#stops) stop();
  }

  /** Asks a silent agent; without an answer it counts as lost. */
  async ask(agentId: AgentId): Promise<void> {
    const report = await this.#options.offers().report(agentId);
    if (report !== undefined) this.directory.seen(report.heartbeat);
    else if (this.#options.link.connected) this.directory.remove(agentId, "it does not answer");
  }

  /**
   * After a take-over: finds out who holds the tasks that were offered before. What nobody claims is lost.
   * @param shards those that were just taken
   */
  async claim(shards: ReadonlySet<number>): Promise<void> {
    const { connection, subjects, dispatcher } = this.#options;
    // Who is there is being asked since the start; a later take-over asks anew.
    const discovered = this.#discovery ?? this.#discover();
    this.#discovery = undefined;
    const agentIds = new Set([...(await discovered), ...this.directory.ids()]);
    for (const report of await reportsOf(connection, subjects, [...agentIds])) {
      this.directory.seen(report.heartbeat);
      dispatcher().reported(report.heartbeat.agent, report.tasks);
    }
    if (this.#closed) return;
    const error = new SwarmError("agent-lost", "no agent holds this task after the take-over", {
      disposition: "retry",
    });
    dispatcher().giveUpUnclaimed(shards, error);
    this.#options.onChange();
  }

  /** Asks agents what they hold, once; those that do not answer hold nothing. */
  async claimFrom(agentIds: readonly AgentId[]): Promise<void> {
    const { connection, subjects, dispatcher } = this.#options;
    for (const report of await reportsOf(connection, subjects, agentIds))
      dispatcher().reported(report.heartbeat.agent, report.tasks);
  }

  /** Asks until it is answered: while the server is away, nobody's silence means anything. */
  async #discover(): Promise<readonly AgentId[]> {
    const { connection, clock, logger } = this.#options;
    while (!this.#closed) {
      try {
        return await discoverAgentIds(connection);
      } catch (error) {
        logger.warn({ event: "discovery.postponed", err: error });
        await new Promise<void>((resolve) => void clock.schedule(DISCOVERY_PAUSE_MS, resolve));
      }
    }
    return [];
  }

  #heard(beat: Heartbeat): void {
    this.directory.seen(beat);
    this.#options.dispatcher().agentSeen();
    this.#options.onChange();
  }

  #joined(agentId: AgentId, beat: Heartbeat): void {
    const { slots, host } = beat;
    this.#isSaidEmpty = false;
    this.#options.logger.info({ event: "agent.joined", agentId, host, slots });
    this.#options.onChange();
  }

  #gone(agentId: AgentId, reason: string, expected: boolean): void {
    const { logger } = this.#options;
    const agents = this.directory.size;
    if (expected) logger.info({ event: "agent.left", agentId, agents });
    else logger.warn({ event: "agent.lost", agentId, reason, agents });
    const error = new SwarmError("agent-lost", `agent ${agentId} is gone: ${reason}`, {
      disposition: "retry",
    });
    this.#options.dispatcher().agentLost(agentId, error);
    this.#options.onChange();
  }

  /** Room comes up by itself; agents do not: tasks that wait for the first one are said, once. */
  #sayWhenEmpty(): void {
    if (this.#isSaidEmpty || this.directory.size > 0) return;
    const tasks = this.#options.dispatcher().waitingTasks;
    if (tasks === 0) return;
    this.#isSaidEmpty = true;
    this.#options.logger.warn(
      { event: "swarm.empty", tasks },
      "no agent is there: tasks wait until one comes",
    );
  }

  /** An agent that came back under its name, or lost a task by a defect, does not hold what it was given. */
  async #reconcile(): Promise<void> {
    const { dispatcher, offers, logger } = this.#options;
    for (const agentId of this.directory.ids()) {
      const before = dispatcher().acceptedBy(agentId);
      if (before.length === 0) continue;
      const report = await offers().report(agentId);
      if (report === undefined) continue; // its silence is judged by the heartbeat
      const held = new Set(
        report.tasks.map((task) => `${task.run}/${task.stage}/${task.index}/${task.attempt}`),
      );
      const lost = dispatcher().dropUnheld(agentId, before, held);
      if (lost > 0) logger.warn({ event: "agent.forgot", agentId, tasks: lost });
    }
    this.#options.onChange();
  }

  #repeat(everyMs: number, callback: () => void): void {
    const index = this.#stops.length;
    const again = (): void => {
      this.#stops[index] = this.#options.clock.schedule(everyMs, () => {
        if (this.#closed) return;
        callback();
        again();
      });
    };
    this.#stops.push(() => {});
    again();
  }
}
