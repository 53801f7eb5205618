import { join } from "node:path";
import type { Logger } from "pino";
import { ADDRESS_FILE, addressFromEnvironment, readAddress } from "../../bus/connection.ts";
import { type Client, openClient } from "../../coordinator/client.ts";
import { SwarmError } from "../../core/errors.ts";
import { takeLock } from "./supervisor/lock.ts";
import { startSwarm } from "./supervisor/supervisor.ts";

/** A swarm to work with: our own, or one that runs already. */
export interface Session {
  readonly client: Client;
  readonly url: string;
  /** False when we joined a swarm that somebody else started. */
  readonly owned: boolean;
  readonly readyMs: number | undefined;
  /** Ends what we started; leaves alone what we joined. */
  close(): Promise<void>;
  kill(): void;
}

export interface SessionOptions {
  readonly directory: string;
  readonly agents: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly onLine: (line: string) => void;
  readonly onFailure: (error: SwarmError) => void;
}

const JOIN_TIMEOUT_MS = 10_000;
const JOIN_POLL_MS = 100;

/** Starts a swarm in the directory, or joins the one that runs there. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { directory, env, logger } = options;
  const address = addressFromEnvironment(env);
  const lock = address === undefined ? takeLock(join(directory, ".cascade")) : undefined;
  if (lock?.status === "held") {
    logger.info(
      { event: "swarm.joined", directory, pid: lock.holder.pid },
      "a swarm runs here already",
    );
    return joinSwarm(directory);
  }
  try {
    const swarm = await startSwarm({ ...options, ...(address === undefined ? {} : { address }) });
    return {
      client: swarm.client,
      url: swarm.address.url,
      owned: true,
      readyMs: swarm.readyMs,
      async close() {
        await swarm.stop();
        lock?.release();
      },
      kill: () => swarm.kill(),
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** The other process may still be starting: its address appears when its server is up. */
async function joinSwarm(directory: string): Promise<Session> {
  const untilMs = performance.now() + JOIN_TIMEOUT_MS;
  for (;;) {
    try {
      const address = readAddress(join(directory, ADDRESS_FILE));
      const client = await openClient(address, { connectTimeoutMs: 1_000 });
      await client.ready(AbortSignal.timeout(JOIN_TIMEOUT_MS));
      const close = (): Promise<void> => client.close();
      return { client, url: address.url, owned: false, readyMs: undefined, close, kill: () => {} };
    } catch (error) {
      if (!(error instanceof SwarmError) || performance.now() > untilMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, JOIN_POLL_MS));
  }
}
