import { Events, type NatsConnection } from "nats";

/** Tells when the connection breaks and comes back, so that nobody waits for an answer that cannot come. */
export interface Link {
  readonly connected: boolean;
  /** Called at each loss of the connection; the answer removes the listener. */
  onDisconnect(listener: () => void): () => void;
  onReconnect(listener: () => void): () => void;
}

/** Follows `connection` until it is closed. */
export function followLink(connection: NatsConnection): Link {
  const lost = new Set<() => void>();
  const back = new Set<() => void>();
  let connected = true;
  const follow = async (): Promise<void> => {
    for await (const status of connection.status()) {
      if (status.type === Events.Disconnect) {
        connected = false;
        for (const listener of [...lost]) listener();
      } else if (status.type === Events.Reconnect) {
        connected = true;
        for (const listener of [...back]) listener();
      }
    }
  };
  void follow();
  return {
    get connected() {
      return connected;
    },
    onDisconnect: (listener) => added(lost, listener),
    onReconnect: (listener) => added(back, listener),
  };
}

function added(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
