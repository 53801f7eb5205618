import { randomBytes } from "node:crypto";
import type { NatsConnection } from "nats";
import { type BusAddress, openBus } from "../bus/connection.ts";
import { failureOf, isUnheard } from "../bus/failures.ts";
import {
  control,
  controlAnswer,
  decodeMessage,
  encodeMessage,
  type Heartbeat,
  type Job,
  type PublishedEvent,
  publishedEvent,
  queryAnswer,
  submitAnswer,
} from "../bus/messages.ts";
import { askAll } from "../bus/requests.ts";
import { fromErrorRecord, SwarmError } from "../core/errors.ts";
import type { RunEventType } from "../core/events.ts";
import { type AgentId, newMemberId, parseAgentId, type RunId } from "../core/ids.ts";
import { shardOf } from "../core/shard.ts";
import { AGENT_SERVICE, openSubjects } from "../core/subjects.ts";

/** How everything outside the swarm talks to it: submit, watch, cancel, look. */
export interface Client extends AsyncDisposable {
  /**
   * Resolves when the run is stored. `known`: the job's key has this run already.
   * @throws SwarmError of the answer, or `coordinator-unavailable`
   */
  submit(job: Job): Promise<{ readonly runId: RunId; readonly status: "accepted" | "known" }>;
  /** Stores the job for whichever coordinator comes; its errors are seen in the log only. */
  publishJob(job: Job): Promise<void>;
  /** All events of a run from the first, in order and without a gap; ends after the run's outcome. */
  watch(runId: RunId, signal: AbortSignal): AsyncIterable<PublishedEvent>;
  /** Events of all runs from now on. */
  async *watchAll(signal: AbortSignal): AsyncGenerator<PublishedEvent> {
    const live = await this.#listen(this.#subjects.allEvents
, signal)
try {
  while (!signal.aborted) {
    yield * live.take();
    await live.more(WATCH_POLL_MS);
  }
} finally {
  live.stop();
}
}

  async cancel(runId: RunId, reason: string): Promise<void>
{
  const subject = this.#subjects.inbox(shardOf(runId), "cancel", this.#name);
  await this.#connection.jetstream().publish(subject, encodeMessage({ v: 1, run: runId, reason }));
}

async;
announceGone(agentId: AgentId)
: Promise<void>
{
  const noSlots = { light: 0, heavy: 0, sandbox: 0 };
  const gone: Heartbeat = {
    v: 1,
    agent: agentId,
    host: "",
    status: "gone",
    slots: noSlots,
    busy: noSlots,
    skills: [],
  };
  this.#connection.publish(this.#subjects.agentHeartbeat(agentId), encodeMessage(gone));
  await this.#connection.flush();
}

async;
agents();
: Promise<readonly Heartbeat[]>
{
  const empty = new Uint8Array();
  const subject = `$SRV.INFO.${AGENT_SERVICE}`;
  const infos = await askAll(this.#connection, subject, empty, DISCOVERY_WINDOW_MS);
  const ids = infos.map((info) =>
    parseAgentId(info.json<{ metadata?: { agent?: string } }>().metadata?.agent),
  );
  const reports = await Promise.all(ids.map((agentId) => this.#report(agentId)));
  return reports.filter((report) => report !== undefined);
}

async;
ready(signal: AbortSignal)
: Promise<void>
{
  for (;;) {
    signal.throwIfAborted();
    try {
      // An empty job is refused by whoever serves intake: an answer is all that is asked for.
      await this.#connection.request(this.#subjects.submit, new Uint8Array(), {
        timeout: QUERY_TIMEOUT_MS,
      });
      return;
    } catch (error) {
      if (!isUnheard(error) && failureOf(error) !== "unknown") throw error;
    }
    await pause(RETRY_MS);
  }
}

async;
close();
: Promise<void>
{
  if (!this.#connection.isClosed()) await this.#connection.close();
}

[Symbol.asyncDispose]();
: Promise<void>
{
  return this.close();
}

async;
#report
(agentId: AgentId): Promise<Heartbeat | undefined> {
    const payload = encodeMessage(control.parse({ v: 1, command: "report" }));
    try {
      const message = await this.#connection.request(
        this.#subjects.agentControl(agentId),
        payload,
        {
          timeout: QUERY_TIMEOUT_MS,
        },
      );
      return decodeMessage(controlAnswer, message.data).heartbeat;
    } catch (error) {
      if (isUnheard(error) || failureOf(error) === "unknown") return undefined; // it left meanwhile
      throw error;
    }
  }

async;
#eventsAfter
(
    runId: RunId,
    after: number,
    signal: AbortSignal,
  ): Promise<readonly PublishedEvent[]> {
    const events: PublishedEvent[] = [];
    for (let seen = after; ; ) {
      signal.throwIfAborted();
      try {
        const message = await this.#connection.request(
          this.#subjects.query(shardOf(runId)),
          encodeMessage({ v: 1, run: runId, after: seen }),
          { timeout: QUERY_TIMEOUT_MS },
        );
        const answer = decodeMessage(queryAnswer, message.data);
        if ("error" in answer) throw fromErrorRecord(answer.error);
        events.push(...answer.events);
        if (!answer.more) return events;
        seen = answer.events.at(-1)?.n ?? seen;
      } catch (error) {
        // No owner at the moment: a take-over is under way.
        if (!isUnheard(error) && failureOf(error) !== "unknown") throw error;
        await pause(RETRY_MS);
      }
    }
  }

async;
#listen
(subject: string, signal: AbortSignal): Promise<LiveEvents> {
    const live = new LiveEvents();
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) live.add(decodeMessage(publishedEvent, message.data));
      },
    });
    const wake = (): void => live.wake();
    signal.addEventListener("abort", wake);
    live.onStop = () => {
      signal.removeEventListener("abort", wake);
      subscription.unsubscribe();
    };
    await this.#connection.flush();
    return live;
  }
}

/** Events that came in and were not taken yet. */
class LiveEvents {
  onStop: () => void = () => {};
  #events: PublishedEvent[] = [];
  #wake: () => void = () => {};

  add(event: PublishedEvent): void {
    this.#events.push(event);
    this.#wake();
  }

  wake(): void {
    this.#wake();
  }

  take(): PublishedEvent[] {
    const taken = this.#events;
    this.#events = [];
    return taken;
  }

  /** Resolves when there is something to take, or after `timeoutMs`. */
  more(timeoutMs: number): Promise<void> {
    if (this.#events.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  stop(): void {
    this.onStop();
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
