import { type Msg, type NatsConnection, RequestStrategy } from "nats";
import { isUnheard } from "./failures.ts";

/** Subjects that an answer may go to; anything else would let a requester write where we may and it may not. */
const REPLY_PREFIXES = ["_INBOX.", "_INBOX_", "_R_"];

/** Answers a request, unless it names a subject that is not an inbox. Answers whether it was sent. */
export function answer(message: Msg, payload: Uint8Array): boolean {
  const { reply } = message;
  if (reply === undefined || !REPLY_PREFIXES.some((prefix) => reply.startsWith(prefix)))
    return false;
  return message.respond(payload);
}

/** Asks everyone who listens on `subject` and gathers what was answered within `windowMs`. */
export async function askAll(
  connection: NatsConnection,
  subject: string,
  payload: Uint8Array,
  windowMs: number,
): Promise<readonly Msg[]> {
  const answers: Msg[] = [];
  try {
    const incoming = await connection.requestMany(subject, payload, {
      maxWait: windowMs,
      strategy: RequestStrategy.Timer,
    });
    for await (const message of incoming) answers.push(message);
  } catch (error) {
    if (!isUnheard(error)) throw error;
  }
  return answers;
}
