import type { JetStreamManager, MsgRequest, StoredMsg } from "nats";
import { isMissing } from "../bus/failures.ts";
import { type DeadJob, type DeadTask, deadJob, deadTask, decodeMessage } from "../bus/messages.ts";
import { SwarmError } from "../core/errors.ts";
import type { Subjects } from "../core/subjects.ts";

/** What could not be carried out, kept for a person to look at. `unreadable`: its record does not say what it is. */
export type DeadLetter = {
  /** Names it. */
  readonly sequence: number;
  readonly atMs: number;
} & (
  | { readonly kind: "task"; readonly task: DeadTask }
  | { readonly kind: "job"; readonly queue: string; readonly job: DeadJob }
  | { readonly kind: "unreadable"; readonly why: string }
);

/** The dead-letter list, read message by message: it leaves nothing at the server. */
export interface DeadLetters {
  /** The newest first. */
  all(): AsyncIterable<DeadLetter>;
  /** @throws SwarmError `unknown-letter` */
  get(sequence: number): Promise<DeadLetter>;
  /** @throws SwarmError `unknown-letter` */
  drop(sequence: number): Promise<void>;
}

export function openDeadLetters(manager: JetStreamManager, subjects: Subjects): DeadLetters {
  const stream = subjects.streams.dead;

  async function find(sequence: number): Promise<DeadLetter | undefined> {
    const wanted: MsgRequest = { seq: sequence };
    try {
      return letterOf(await manager.streams.getMessage(stream, wanted), subjects);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  return {
    async *all() {
      const { state } = await manager.streams.info(stream);
      for (let sequence = state.last_seq; sequence >= state.first_seq && sequence > 0; sequence--) {
        const letter = await find(sequence);
        if (letter !== undefined) yield letter;
      }
    },
    async get(sequence) {
      const letter = await find(sequence);
      if (letter === undefined) throw unknown(sequence);
      return letter;
    },
    async drop(sequence) {
      if ((await find(sequence)) === undefined) throw unknown(sequence);
      await manager.streams.deleteMessage(stream, sequence);
    },
  };
}

function letterOf(message: StoredMsg, subjects: Subjects): DeadLetter {
  const about = { sequence: message.seq, atMs: message.time.getTime() };
  const queue = queueOf(message.subject, subjects);
  try {
    return queue === undefined
      ? { ...about, kind: "task", task: decodeMessage(deadTask, message.data) }
      : { ...about, kind: "job", queue, job: decodeMessage(deadJob, message.data) };
  } catch (error) {
    return { ...about, kind: "unreadable", why: (error as Error).message };
  }
}

/** Undefined for the letter of a task. */
function queueOf(subject: string, subjects: Subjects): string | undefined {
  const queue = subject.split(".").at(-1) ?? "";
  return subject === subjects.deadJob(queue) ? queue : undefined;
}

function unknown(sequence: number): SwarmError {
  return new SwarmError("unknown-letter", `no dead letter has the number ${sequence}`, {
    hint: "npm run cascade -- dead ls lists them",
  });
}
