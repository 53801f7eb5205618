import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type NatsConnection, nkeyAuthenticator } from "nats";
import { SwarmError } from "../core/errors.ts";
import { inboxOf } from "../core/subjects.ts";

/** How a process reaches the server. Credentials come from files or the environment, never from arguments. */
export interface BusAddress {
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** nkey seed, instead of user and password. */
  readonly seed?: string;
  /** Below which answers come; default: the inbox of whoever connects, by its name. */
  readonly inboxPrefix?: string;
  /** Agents that are started by hand have to ask to be let in (`askToBeAdmitted`). */
  readonly admits?: boolean;
}

export interface BusOptions {
  readonly name: string;
  /** Default: wait for ever. A command that a person waits for sets it. */
  readonly connectTimeoutMs?: number;
}

const PING_INTERVAL_MS = 5_000; // a half-open link is seen after two of these
const RECONNECT_WAIT_MS = 100;

/**
 * Connects and stays connected: reconnects for ever, notices half-open links within ten seconds.
 * @throws SwarmError `broker-unavailable`
 */
export async function openBus(address: BusAddress, options: BusOptions): Promise<NatsConnection> {
  try {
    return await connect({
      servers: address.url,
      name: options.name,
      inboxPrefix: address.inboxPrefix ?? inboxOf(options.name),
      noAsyncTraces: true, // a stack for every request costs more than the request
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      reconnectJitter: RECONNECT_WAIT_MS,
      reconnectJitterTLS: RECONNECT_WAIT_MS,
      pingInterval: PING_INTERVAL_MS,
      maxPingOut: 2,
      timeout: options.connectTimeoutMs ?? 5_000,
      ...(options.connectTimeoutMs === undefined ? { waitOnFirstConnect: true } : {}),
      ...(address.user === undefined ? {} : { user: address.user, pass: address.password ?? "" }),
      ...(address.seed === undefined
        ? {}
        : { authenticator: nkeyAuthenticator(new TextEncoder().encode(address.seed)) }),
    });
  } catch (error) {
    throw new SwarmError(
      "broker-unavailable",
      `no NATS server answers at ${address.url}: ${(error as Error).message}`,
      {
        disposition: "retry",
        hint: "start one with `npm run swarm`, or set NATS_URL to a running server",
        cause: error,
      },
    );
  }
}

/**
 * The address that `env` names: `NATS_URL` with `NATS_USER` and `NATS_PASSWORD`, or the file that
 * `CASCADE_NATS_FILE` names (JSON of a `BusAddress`, written by the supervisor with mode 0600).
 */
export function addressFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): BusAddress | undefined {
  const url = env["NATS_URL"];
  if (url !== undefined && url !== "") {
    const user = env["NATS_USER"];
    return {
      url,
      ...(user === undefined ? {} : { user, password: env["NATS_PASSWORD"] ?? "" }),
    };
  }
  const file = env["CASCADE_NATS_FILE"];
  return file === undefined ? undefined : readAddress(file);
}

/**
 * The address for a process started by hand in `directory`: the environment's, else that of the swarm running there.
 * @throws SwarmError `broker-unavailable` when there is neither
 */
export function findAddress(
  env: Readonly<Record<string, string | undefined>>,
  directory: string,
): BusAddress {
  const named = addressFromEnvironment(env);
  if (named !== undefined) return named;
  const file = join(directory, ADDRESS_FILE);
  if (existsSync(file)) return readAddress(file);
  throw new SwarmError(
    "broker-unavailable",
    `no swarm runs in ${directory}: there is no ${ADDRESS_FILE}`,
    {
      hint: "start one with `npm run swarm` there, or set NATS_URL",
    },
  );
}

/** Where the supervisor writes the address of its server, below the directory that it was started in. */
export const ADDRESS_FILE = ".cascade/nats.json";

/** @throws SwarmError `broker-unavailable` when the file cannot be read */
export function readAddress(file: string): BusAddress {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as BusAddress;
  } catch (error) {
    throw new SwarmError("broker-unavailable", `cannot read the server's address from ${file}`, {
      cause: error,
    });
  }
}
