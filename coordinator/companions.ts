import type { NatsConnection, Subscription } from "nats";
import type { Logger } from "pino";
import { coordinatorHeartbeat, decodeMessage, encodeMessage } from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import type { CoordinatorId } from "../core/ids.ts";
import type { Subjects } from "../core/subjects.ts";

export interface CompanionsOptions {
  readonly connection: NatsConnection;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly coordinatorId: CoordinatorId;
  /** Of one that was not heard for so long nobody knows whether it is there. */
  readonly silentAfterMs: number;
}

/** The other coordinators, as their heartbeats show them. Nothing depends on it but how evenly shards are spread. */
export class Companions {
  readonly #options: CompanionsOptions;
  readonly #heard = new Map<string, { readonly shards: number; readonly heardMs: number }>();
  #subscription: Subscription | undefined;

  constructor(options: CompanionsOptions) {
    this.#options = options;
  }

  listen(): void {
    const { connection, subjects, logger } = this.#options;
    this.#subscription = connection.subscribe(subjects.allCoordinatorHeartbeats, {
      callback: (error, message) => {
        if (error !== null) return;
        try {
          this.#hear(decodeMessage(coordinatorHeartbeat, message.data));
        } catch (refused) {
          logger.warn({ event: "message.refused", subject: message.subject, err: refused });
        }
      },
    });
  }

  /** Tells the others how many shards this one owns. */
  beat(shards: number): void {
    this.#publish("serving", shards);
  }

  /** Tells the others that this one takes no shards any more. */
  close(): void {
    if (this.#subscription === undefined) return;
    this.#subscription.unsubscribe();
    this.#subscription = undefined;
    this.#publish("gone", 0);
  }

  /** How many shards each of the others owns, by its last word. */
  shardCounts(): readonly number[] {
    const { clock, silentAfterMs } = this.#options;
    const heardAfterMs = clock.monotonicMs() - silentAfterMs;
    const present = [...this.#heard.values()].filter(({ heardMs }) => heardMs > heardAfterMs);
    return present.map(({ shards }) => shards);
  }

  #hear({ coordinator, status, shards }: ReturnType<typeof coordinatorHeartbeat.parse>): void {
    if (coordinator === this.#options.coordinatorId) return;
    if (status === "gone") this.#heard.delete(coordinator);
    else this.#heard.set(coordinator, { shards, heardMs: this.#options.clock.monotonicMs() });
  }

  #publish(status: "serving" | "gone", shards: number): void {
    const { connection, subjects, coordinatorId } = this.#options;
    if (connection.isClosed()) return;
    const beat = { v: 1, coordinator: coordinatorId, status, shards };
    connection.publish(subjects.coordinatorHeartbeat(coordinatorId), encodeMessage(beat));
  }
}
