import { type Msg, type NatsConnection, nuid, RequestStrategy } from "nats";
import { isUnheard, LinkLost } from "./failures.ts";
import type { Link } from "./link.ts";

/** Subjects that an answer may go to; anything else would let a requester write where we may and it may not. */
const REPLY_PREFIXES = ["_INBOX.", "_INBOX_", "_R_"];

/** Answers a request, unless it names a subject that is not an inbox. Answers whether it was sent. */
export function answer(message: Msg, payload: Uint8Array): boolean {
  const { reply } = message;
  if (reply === undefined || !REPLY_PREFIXES.some((prefix) => reply.startsWith(prefix)))
    return false;
  return message.respond(payload);
}

/**
 * A request that fails at once when the connection is down or breaks, for then its answer cannot come.
 * @param options.inbox below which the answer comes, when whoever answers may write only there
 * @throws LinkLost, or what the client throws for no answer in time and for nobody listening
 */
export async function request(
  connection: NatsConnection,
  link: Link,
  subject: string,
  payload: Uint8Array,
  timeoutMs: number,
  options: { readonly inbox?: string } = {},
): Promise<Msg> {
  // Sent now, it would lie in a buffer until the link is back, or be lost with it.
  if (!link.connected || connection.isClosed()) throw new LinkLost("the connection is down");
  const { inbox } = options;
  const reply = inbox === undefined ? {} : { noMux: true, reply: `${inbox}.${nuid.next()}` };
  const answered = connection.request(subject, payload, { timeout: timeoutMs, ...reply });
  answered.catch(() => {}); // when the link was lost first, nobody waits for it any more
  const { promise: lost, reject } = Promise.withResolvers<never>();
  const forget = link.onDisconnect(() => reject(new LinkLost("the connection broke")));
  try {
    return await Promise.race([answered, lost]);
  } finally {
    forget();
  }
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
