import type { Msg, NatsConnection, Subscription } from "nats";
import type { Logger } from "pino";
import { SwarmError } from "../core/errors.ts";

export interface ListenOptions {
  readonly connection: NatsConnection;
  readonly logger: Logger;
}

/**
 * Subscribes to `subject`. A message that `receive` cannot understand is logged with its code and not answered;
 * so is a subscription that the server does not allow.
 */
export function listen(
  { connection, logger }: ListenOptions,
  subject: string,
  receive: (message: Msg) => void,
  options: { readonly queue?: string } = {},
): Subscription {
  return connection.subscribe(subject, {
    ...options,
    callback: (error, message) => {
      if (error !== null) {
        logger.error({ event: "subscription.refused", subject, err: error });
        return;
      }
      try {
        receive(message);
      } catch (cause) {
        const level = cause instanceof SwarmError ? "warn" : "error";
        logger[level]({ event: "message.refused", subject: message.subject, err: cause });
      }
    },
  });
}
