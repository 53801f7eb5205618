import type { NatsConnection } from "nats";
import { encodeMessage, type Heartbeat } from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import type { Subjects } from "../core/subjects.ts";

export interface PulseOptions {
  readonly connection: NatsConnection;
  readonly subjects: Subjects;
  readonly clock: Clock;
  /** What the agent says of itself at this moment. */
  readonly heartbeat: () => Heartbeat;
}

/** How often an agent gives a sign of life. */
export const HEARTBEAT_MS = 750;

/** The agent's signs of life: one at once when something changed, and one every `HEARTBEAT_MS`. */
export class Pulse {
  readonly #options: PulseOptions;
  #cancelNext: () => void = () => {};
  #stopped = false;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancelNext = this.#options.clock.schedule(HEARTBEAT_MS, () => {
      this.#publish(this.#options.heartbeat());
      this.start();
    });
  }

  /** May be called by an action of the agent's machine, whose snapshot is the former one until the action ends. */
  beat(): void {
    queueMicrotask(() => {
      if (!this.#stopped) this.#publish(this.#options.heartbeat());
    });
  }

  /** Says that the agent is gone, and nothing after that. */
  stop(): void {
    this.#stopped = true;
    this.#cancelNext();
    this.#publish({ ...this.#options.heartbeat(), status: "gone" });
  }

  #publish(beat: Heartbeat): void {
    const { connection, subjects } = this.#options;
    if (connection.isClosed()) return;
    connection.publish(subjects.agentHeartbeat(beat.agent), encodeMessage(beat));
  }
}
