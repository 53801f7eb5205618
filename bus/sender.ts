import { SwarmError } from "../core/errors.ts";
import { decodeMessage, type Heartbeat, heartbeat } from "./messages.ts";

/**
 * The sender of a message stands in its subject, where the server lets each agent write its own name alone; what the body says of
 * it must be the same.
 * @throws SwarmError `invalid-message`
 */
export function refuseForged(sender: string | undefined, named: string): void {
  if (sender === named) return;
  throw new SwarmError("invalid-message", `${sender} speaks in the name of ${named}`);
}

/** A sign of life, from `agent.<agent>.heartbeat`. @throws SwarmError `invalid-message` */
export function heartbeatIn(message: {
  readonly subject: string;
  readonly data: Uint8Array;
}): Heartbeat {
  const beat = decodeMessage(heartbeat, message.data);
  refuseForged(message.subject.split(".").at(-2), beat.agent);
  return beat;
}
