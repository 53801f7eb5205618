import { join } from "node:path";
import type { Logger } from "pino";
import { ADDRESS_FILE, addressFromEnvironment, readAddress } from "../../bus/connection.ts";
import { type Client, openClient } from "../../coordinator/client.ts";
import { SwarmError } from "../../core/errors.ts";
import type { SkillAllowance } from "../../core/skill-allowance.ts";
import { type LockHolder, lockHolder, takeLock } from "./supervisor/lock.ts";
import {
  type AddedAgent,
  type AgentOrder,
  startSwarm,
  withoutCredentials,
} from "./supervisor/supervisor.ts";

/** A swarm to work with: our own, or one that runs already. */
export interface Session {
  readonly client: Client;
  /** As it may be shown. */
  readonly url: string;
  /** False when we joined a swarm that somebody else started. */
  readonly owned: boolean;
  /** False when the server is one that `NATS_URL` names. */
  readonly embedded: boolean;
  /** Rejects when the swarm that we joined has ended; never settles for our own. */
  readonly lost: Promise<never>;
  /** Starts one more agent in a swarm of ours; absent in one that we joined. */
  readonly addAgent?: (order: AgentOrder) => Promise<AddedAgent>;
  /** Ends what we started; leaves alone what we joined. */
  close(): Promise<void>;
  kill(): void;
}

export interface SessionOptions {
  readonly directory: string;
  readonly agents: number;
  /** What of the project's own skills may run, should the swarm be ours. */
  readonly allowance: SkillAllowance;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly onLine: (line: string) => void;
  /** A swarm of ours cannot go on. */
  readonly onFailure: (error: SwarmError) => void;
  /** Gives up the start. */
  readonly signal: AbortSignal;
}

/** A first start may have to fetch its nats-server before it can be joined. */
const JOIN_TIMEOUT_MS = 300_000;
const JOIN_POLL_MS = 100;
const READY_TIMEOUT_MS = 5_000;
const WATCH_HOLDER_MS = 500;

/** Starts a swarm in the directory, or joins the one that runs there. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const address = addressFromEnvironment(options.env);
  if (address !== undefined) {
    const swarm = await startSwarm({ ...options, address });
    return ownSession(swarm, { embedded: false, release: () => {} });
  }
  const folder = join(options.directory, ".cascade");
  for (;;) {
    const lock = takeLock(folder);
    if (lock.status === "held") {
      const joined = await joinSwarm(options, lock.holder);
      if (joined !== undefined) return joined;
      continue;
    }
    try {
      const swarm = await startSwarm(options);
      return ownSession(swarm, { embedded: true, release: lock.release });
    } catch (error) {
      lock.release();
      throw error;
    }
  }
}

function ownSession(
  swarm: Awaited<ReturnType<typeof startSwarm>>,
  { embedded, release }: { readonly embedded: boolean; readonly release: () => void },
): Session {
  return {
    client: swarm.client,
    url: withoutCredentials(swarm.address.url),
    owned: true,
    embedded,
    lost: new Promise<never>(() => {}),
    addAgent: (order) => swarm.addAgent(order),
    async close() {
      await swarm.stop();
      release();
    },
    kill: () => swarm.kill(),
  };
}

/** Undefined when the process that we wanted to join has ended before it could be joined. */
async function joinSwarm(
  { directory, logger, signal }: SessionOptions,
  holder: LockHolder,
): Promise<Session | undefined> {
  const { pid } = holder;
  logger.info({ event: "swarm.found", directory, pid }, "a swarm runs here already: joining it");
  const untilMs = performance.now() + JOIN_TIMEOUT_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      const session = await joinOnce(directory);
      logger.info({ event: "swarm.joined", directory, pid, url: session.url });
      return session;
    } catch (error) {
      if (lockHolder(join(directory, ".cascade"))?.pid !== pid) return undefined;
      if (!(error instanceof SwarmError) || performance.now() > untilMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, JOIN_POLL_MS));
  }
}

async function joinOnce(directory: string): Promise<Session> {
  const address = readAddress(join(directory, ADDRESS_FILE));
  const client = await openClient(address, { connectTimeoutMs: 1_000 });
  try {
    await client.ready(AbortSignal.timeout(READY_TIMEOUT_MS));
  } catch (error) {
    await client.close();
    throw new SwarmError("coordinator-unavailable", "the swarm that runs here does not answer", {
      hint: "it may still be starting; the terminal that it was started in says more",
      cause: error,
    });
  }
  const watch = watchHolder(join(directory, ".cascade"));
  return {
    client,
    url: withoutCredentials(address.url),
    owned: false,
    embedded: true,
    lost: watch.lost,
    async close() {
      watch.stop();
      await client.close();
    },
    kill: () => {},
  };
}

function watchHolder(folder: string): { readonly lost: Promise<never>; stop(): void } {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => {}); // nobody may be waiting for it
  const timer = setInterval(() => {
    if (lockHolder(folder) !== undefined) return;
    clearInterval(timer);
    reject(
      new SwarmError("coordinator-unavailable", "the swarm that was joined has ended", {
        hint: "unfinished runs go on at the next start: npm run swarm -- up",
      }),
    );
  }, WATCH_HOLDER_MS);
  return { lost, stop: () => clearInterval(timer) };
}
