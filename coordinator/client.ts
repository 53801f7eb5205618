import { randomBytes, randomUUID } from "node:crypto";
import type { Msg, NatsConnection } from "nats";
import { type BusAddress, openBus } from "../bus/connection.ts";
import { failureOf, isUnheard } from "../bus/failures.ts";
import { followLink, type Link } from "../bus/link.ts";
import {
  decodeMessage,
  encodeMessage,
  type Heartbeat,
  type Job,
  type PublishedEvent,
  publishedEvent,
  submitAnswer,
} from "../bus/messages.ts";
import { request } from "../bus/requests.ts";
import { systemClock } from "../core/clock.ts";
import { fromErrorRecord, SwarmError } from "../core/errors.ts";
import type { RunEventType } from "../core/events.ts";
import { type AgentId, newMemberId, type RunId, type StageId } from "../core/ids.ts";
import type { Json } from "../core/json.ts";
import type { Plan } from "../core/plan.ts";
import { shardOf } from "../core/shard.ts";
import { COORDINATOR_SERVICE, openSubjects } from "../core/subjects.ts";
import type { Value } from "../core/value.ts";
import { type Blobs, openBlobs } from "../store/blobs.ts";
import { type DeadLetters, openDeadLetters } from "../store/dead-letters.ts";
import { type Learned, openLearned } from "../store/learned.ts";
import { type Memory, openMemory } from "../store/memory.ts";
import { discoverAgents } from "./discovery.ts";
import { LiveEvents } from "./live-events.ts";
import { RunQueries } from "./run-queries.ts";

export type { DeadLetter, DeadLetters } from "../store/dead-letters.ts";
export type { Learned } from "../store/learned.ts";

/** How everything outside the swarm talks to it: submit, watch, cancel, look. */
export interface Client extends AsyncDisposable {
  /**
   * Resolves when the run is stored. `known`: the job's key has this run already. A job without a key gets one, so
   * that it may be sent again, and is run once, when its answer is lost.
   * @throws SwarmError of the answer, or `coordinator-unavailable`
   */
  submit(job: Job): Promise<{ readonly runId: RunId; readonly status: "accepted" | "known" }>;
  /** Stores the job for whichever coordinator comes; its errors are seen in the log only. */
  publishJob(job: Job): Promise<void>;
  /** All events of a run from the first, in order and without a gap; ends after the run's outcome. */
  watch(runId: RunId, signal: AbortSignal): AsyncIterable<PublishedEvent>;
  /** The first event of a run. @throws SwarmError `unknown-run` */
  started(runId: RunId, signal: AbortSignal): Promise<PublishedEvent>;
  /** Everything that has happened to a run so far. @throws SwarmError `unknown-run` */
  history(runId: RunId, signal: AbortSignal): Promise<readonly PublishedEvent[]>;
  /**
   * The first and the last event of each of the newest runs, the newest first, found as they are asked for.
   * @throws the reason of `signal`, which also ends the wait for a shard without an owner
   */
  runs(signal: AbortSignal): AsyncIterable<RunEnds>;
  /** The plan of a run by the digest in its first event. @throws SwarmError `record-corrupt` when it is not there any more */
  planOf(started: PublishedEvent): Promise<Plan>;
  /** Events of all runs from now on. */
  watchAll(signal: AbortSignal): AsyncIterable<PublishedEvent>;
  /** Stores the wish; the run's `cancel.requested` event tells when it is carried out. */
  cancel(runId: RunId, reason: string): Promise<void>;
  /** Stores a person's answer to a stage that waits for one; the stage's next event tells when it is carried out. */
  approve(runId: RunId, answer: StageApproval): Promise<void>;
  /** Tasks out of attempts, and jobs that could not be runs. */
  deadLetters(): Promise<DeadLetters>;
  /** Tells everyone that an agent's process has ended. */
  announceGone(agentId: AgentId): Promise<void>;
  agents(): Promise<readonly Heartbeat[]>;
  /** What was learned of agents: the latest that coordinators stored. */
  learned(): Promise<readonly Learned[]>;
  /**
   * The output of a task or run, as its event has it: loaded when it was too large to travel with the event.
   * @throws SwarmError `record-corrupt` when its object is missing or broken
   */
  outputOf(event: PublishedEvent): Promise<Json>;
  /** What runs remember, for people: it asks nobody for declared keys. */
  memory(): Promise<Memory>;
  /** Resolves when a coordinator takes jobs. */
  ready(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** How a run began, and what happened to it last. */
export interface RunEnds {
  readonly run: RunId;
  readonly first: PublishedEvent;
  readonly last: PublishedEvent;
}

/** What a person answers to a stage that waits for one. */
export interface StageApproval {
  readonly stage: StageId;
  readonly approved: boolean;
  /** Who answers, as they call themselves. */
  readonly by: string;
  readonly comment?: string;
}

const SUBMIT_TIMEOUT_MS = 10_000;
/** A coordinator that was killed does not answer; its successor is there within this time. */
const ASK_AGAIN_MS = 1_000;
const PING_TIMEOUT_MS = 2_000;
const RETRY_MS = 100;
const RUNS_PER_PAGE = 100;
/** How long a watcher waits for live events before it asks the owner whether it missed one. */
const WATCH_POLL_MS = 1_000;

export async function openClient(
  address: BusAddress,
  options: { readonly name?: string; readonly connectTimeoutMs?: number } = {},
): Promise<Client> {
  const name = options.name ?? newMemberId("client", randomBytes);
  const { connectTimeoutMs } = options;
  const connection = await openBus(address, {
    name,
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
  });
  return new NatsClient(connection, name);
}

class NatsClient implements Client {
  readonly #connection: NatsConnection;
  readonly #link: Link;
  readonly #name: string;
  readonly #subjects = openSubjects();
  readonly #queries: RunQueries;
  #blobs: Promise<Blobs> | undefined;

  constructor(connection: NatsConnection, name: string) {
    this.#connection = connection;
    this.#link = followLink(connection);
    this.#name = name;
    this.#queries = new RunQueries(connection, this.#link, this.#subjects);
  }

  async submit(job: Job): Promise<{ runId: RunId; status: "accepted" | "known" }> {
    const keyed: Job = job.key === undefined ? { ...job, key: randomUUID() } : job;
    const payload = encodeMessage(keyed);
    const untilMs = performance.now() + SUBMIT_TIMEOUT_MS;
    for (;;) {
      try {
        const message = await this.#ask(this.#subjects.submit, payload, ASK_AGAIN_MS);
        const answer = decodeMessage(submitAnswer, message.data);
        if ("error" in answer) throw fromErrorRecord(answer.error);
        return job.key === undefined ? { ...answer, status: "accepted" } : answer;
      } catch (error) {
        if (!isNoAnswer(error)) throw error;
        if (performance.now() > untilMs) throw unavailable(error);
      }
      await pause(RETRY_MS);
    }
  }

  async publishJob(job: Job): Promise<void> {
    await this.#connection.jetstream().publish(this.#subjects.jobs, encodeMessage(job));
  }

  async *watch(runId: RunId, signal: AbortSignal): AsyncGenerator<PublishedEvent> {
    const live = await this.#listen(this.#subjects.eventsOf(runId), signal);
    let seen = 0;
    try {
      for (;;) {
        const fresh = live.take().filter((event) => event.n > seen);
        // Live messages are missed before we listen and while a connection is away; the log has them all.
        const isGapless = fresh[0]?.n === seen + 1;
        const events = isGapless ? fresh : await this.#queries.eventsAfter(runId, seen, signal);
        for (const event of events) {
          if (event.n !== seen + 1) break;
          seen = event.n;
          yield event;
          if (isOutcome(event)) return;
        }
        await live.more(WATCH_POLL_MS);
        signal.throwIfAborted();
      }
    } finally {
      live.stop();
    }
  }

  history(runId: RunId, signal: AbortSignal): Promise<readonly PublishedEvent[]> {
    return this.#queries.eventsAfter(runId, 0, signal);
  }

  async *runs(signal: AbortSignal): AsyncGenerator<RunEnds> {
    for (let before: RunId | undefined; ; ) {
      const page = await this.#queries.newest({ most: RUNS_PER_PAGE, before }, signal);
      for (const run of page) {
        const events = await this.#queries.ends(run, signal);
        const [first] = events;
        const last = events.at(-1);
        if (first !== undefined && last !== undefined) yield { run, first, last };
      }
      before = page.at(-1);
      if (before === undefined) return;
    }
  }

  async planOf({ type, data }: PublishedEvent): Promise<Plan> {
    if (type !== "run.started") throw new Error(`a ${type} event names no plan`);
    this.#blobs ??= openBlobs(this.#connection.jetstream(), this.#subjects);
    const bytes = await (await this.#blobs).get({ name: String(data["plan"]), bytes: 0 });
    return JSON.parse(new TextDecoder().decode(bytes)) as Plan;
  }

  async started(runId: RunId, signal: AbortSignal): Promise<PublishedEvent> {
    const [first] = await this.#queries.ends(runId, signal);
    if (first === undefined) throw new SwarmError("unknown-run", `nothing is stored of ${runId}`);
    return first;
  }

  async *watchAll(signal: AbortSignal): AsyncGenerator<PublishedEvent> {
    const live = await this.#listen(this.#subjects.allEvents, signal);
    try {
      while (!signal.aborted) {
        yield* live.take();
        await live.more(WATCH_POLL_MS);
      }
    } finally {
      live.stop();
    }
  }

  async cancel(runId: RunId, reason: string): Promise<void> {
    const subject = this.#subjects.inbox(shardOf(runId), "cancel", this.#name);
    const request = encodeMessage({ v: 1, run: runId, reason });
    await this.#connection.jetstream().publish(subject, request);
  }

  async approve(runId: RunId, answer: StageApproval): Promise<void> {
    const subject = this.#subjects.inbox(shardOf(runId), "approval", this.#name);
    await this.#connection
      .jetstream()
      .publish(subject, encodeMessage({ v: 1, run: runId, ...answer }));
  }

  async deadLetters(): Promise<DeadLetters> {
    return openDeadLetters(await this.#connection.jetstreamManager(), this.#subjects);
  }

  async announceGone(agentId: AgentId): Promise<void> {
    const none = { light: 0, heavy: 0, sandbox: 0 };
    const gone: Heartbeat = {
      v: 1,
      agent: agentId,
      host: "",
      status: "gone",
      slots: none,
      busy: none,
      skills: [],
    };
    this.#connection.publish(this.#subjects.agentHeartbeat(agentId), encodeMessage(gone));
    await this.#connection.flush();
  }

  agents(): Promise<readonly Heartbeat[]> {
    return discoverAgents(this.#connection, this.#subjects).then((reports) =>
      reports.map((report) => report.heartbeat),
    );
  }

  async learned(): Promise<readonly Learned[]> {
    const access = { jetstream: this.#connection.jetstream(), subjects: this.#subjects };
    return (await openLearned(access)).list();
  }

  async outputOf({ type, data }: PublishedEvent): Promise<Json> {
    // A stored event of these types has a Value there; see `RunEvent`.
    const output = data["output"] as unknown as Value | undefined;
    if (output === undefined) throw new Error(`a ${type} event has no output`);
    if ("value" in output) return output.value;
    this.#blobs ??= openBlobs(this.#connection.jetstream(), this.#subjects);
    const bytes = await (await this.#blobs).get(output.blob);
    return JSON.parse(new TextDecoder().decode(bytes)) as Json;
  }

  async memory(): Promise<Memory> {
    const connection = this.#connection;
    const jetstream = connection.jetstream();
    const manager = await connection.jetstreamManager();
    this.#blobs ??= openBlobs(jetstream, this.#subjects);
    const access = { jetstream, manager, subjects: this.#subjects, clock: systemClock };
    return openMemory(access, await this.#blobs);
  }

  async ready(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      try {
        await this.#ask(`$SRV.PING.${COORDINATOR_SERVICE}`, new Uint8Array(), PING_TIMEOUT_MS);
        return;
      } catch (error) {
        if (!isNoAnswer(error)) throw error;
      }
      await pause(RETRY_MS);
    }
  }

  async close(): Promise<void> {
    if (!this.#connection.isClosed()) await this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ask(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Msg> {
    return request(this.#connection, this.#link, subject, payload, timeoutMs);
  }

  async #listen(subject: string, signal: AbortSignal): Promise<LiveEvents> {
    const wake = (): void => live.wake();
    const forgetLink = this.#link.onReconnect(() => live.wake()); // what was missed meanwhile can be asked for
    const live = new LiveEvents(() => {
      forgetLink();
      signal.removeEventListener("abort", wake);
      subscription.unsubscribe();
    });
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) live.add(decodeMessage(publishedEvent, message.data));
      },
    });
    signal.addEventListener("abort", wake);
    await this.#connection.flush();
    return live;
  }
}

const OUTCOMES: ReadonlySet<string> = new Set<RunEventType>([
  "run.succeeded",
  "run.failed",
  "run.cancelled",
]);

export function isOutcome(event: PublishedEvent): boolean {
  return OUTCOMES.has(event.type);
}

function isNoAnswer(error: unknown): boolean {
  return isUnheard(error) || failureOf(error) === "unknown";
}

function unavailable(cause: unknown): SwarmError {
  return new SwarmError("coordinator-unavailable", "no coordinator answers", {
    disposition: "retry",
    hint: "start one with `npm run swarm` or `npm run coordinator`",
    cause,
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
