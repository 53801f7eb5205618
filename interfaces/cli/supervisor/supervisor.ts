import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import type { BusAddress } from "../../../bus/connection.ts";
import { type Guard, openGuard } from "../../../bus/server/guard-client.ts";
import { locateServer } from "../../../bus/server/locate.ts";
import { type NatsServer, openServer } from "../../../bus/server/server.ts";
import { formatVersion } from "../../../bus/server/version.ts";
import { type Client, openClient } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import { newMemberId, parseAgentId } from "../../../core/ids.ts";
import { type Child, startChild } from "./child.ts";
import { Restarts } from "./restarts.ts";

export interface SupervisorOptions {
  /** Where the person stood: `.cascade` lives there, and relative paths mean it. */
  readonly directory: string;
  readonly agents: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A server that runs elsewhere; without it one is started here. */
  readonly address?: BusAddress;
  readonly logger: Logger;
  /** Lines of the children. */
  readonly onLine: (line: string) => void;
  /** The swarm cannot go on: a child ended too often. */
  readonly onFailure: (error: SwarmError) => void;
}

/** A running swarm: nats-server, coordinator and agents as children of this process. */
export interface Swarm {
  readonly address: BusAddress;
  readonly client: Client;
  /** Milliseconds from the found server binary to the first answer of the coordinator. */
  readonly readyMs: number;
  /** Drains agents, then the coordinator, then stops the server. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

const AGENT_PROGRAM = fileURLToPath(new URL("../../../agents/main.ts", import.meta.url));
const COORDINATOR_PROGRAM = fileURLToPath(new URL("../../../coordinator/main.ts", import.meta.url));
const READY_TIMEOUT_MS = 30_000;
const DRAIN_MS = 8_000;
const STOP_MS = 10_000;

export async function startSwarm(options: SupervisorOptions): Promise<Swarm> {
  const supervisor = new Supervisor(options);
  try {
    await supervisor.start();
    return supervisor;
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}

class Supervisor implements Swarm {
  readyMs = 0;
  readonly #options: SupervisorOptions;
  readonly #folder: string;
  readonly #children = new Map<string, Child>();
  readonly #restarts = new Map<string, Restarts>();
  readonly #deadCoordinators: string[] = [];
  #server: NatsServer | undefined;
  #guard: Guard | undefined;
  #client: Client | undefined;
  #address: BusAddress | undefined;
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#folder = join(options.directory, ".cascade");
  }

  get client(): Client {
    if (this.#client === undefined) throw new Error("the swarm is not started");
    return this.#client;
  }

  get address(): BusAddress {
    if (this.#address === undefined) throw new Error("the swarm is not started");
    return this.#address;
  }

  async start(): Promise<void> {
    const { address, agents, logger } = this.#options;
    if (address === undefined) this.#address = await this.#startServer();
    else this.#address = address;
    const startedMs = performance.now();
    await this.#startCoordinator();
    const names = Array.from({ length: agents }, (_, index) => `agent-${index + 1}`);
    const suffix = address === undefined ? "" : `-${newMemberId("x", randomBytes).slice(2, 6)}`;
    for (const name of names) this.#startAgent(`${name}${suffix}`);
    this.#client = await openClient(this.#address, {
      name: newMemberId("supervisor", randomBytes),
    });
    await this.#client.ready(AbortSignal.timeout(READY_TIMEOUT_MS));
    await this.#agentsReady(agents);
    this.readyMs = Math.round(performance.now() - startedMs);
    logger.info({ event: "swarm.ready", agents, url: this.#address.url, durationMs: this.readyMs });
  }

  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const { logger } = this.#options;
    const coordinators = [...this.#children].filter(([name]) => name.startsWith("coordinator"));
    const agents = [...this.#children].filter(([name]) => !name.startsWith("coordinator"));
    await Promise.all(agents.map(([, child]) => child.stop(STOP_MS)));
    await Promise.all(coordinators.map(([, child]) => child.stop(STOP_MS)));
    await this.#client?.close();
    if (this.#server !== undefined) {
      this.#guard?.forget(this.#server.pid);
      await this.#server.close();
    }
    this.#guard?.close();
    logger.info({ event: "swarm.stopped" });
  }

  kill(): void {
    this.#stopping = true;
    for (const child of this.#children.values()) child.kill();
    this.#server?.kill("SIGKILL");
  }

  async #startServer(): Promise<BusAddress> {
    const { env, logger } = this.#options;
    const located = await locateServer({
      env,
      progress: (line) => logger.info({ event: "server.search" }, line),
    });
    this.#guard = openGuard();
    const sync = env["CASCADE_SYNC"] === "default" ? "default" : "always";
    const server = await openServer({ server: located, folder: this.#folder, sync });
    this.#server = server;
    this.#guard.watch(server.pid);
    server.onExit((how) => void this.#serverEnded(how));
    logger.info({
      event: "server.ready",
      pid: server.pid,
      version: formatVersion(server.version),
      url: server.address.url,
      syncsEveryWrite: server.syncsEveryWrite,
    });
    return server.address;
  }

  async #serverEnded(how: string): Promise<void> {
    const server = this.#server;
    if (this.#stopping || server === undefined) return;
    if (!this.#mayRestart("nats-server", how)) return;
    try {
      await server.restart();
      this.#guard?.watch(server.pid);
      const { pid, address } = server;
      this.#options.logger.info({ event: "server.restarted", pid, url: address.url });
    } catch (error) {
      this.#fail(
        new SwarmError(
          "broker-unavailable",
          `nats-server does not come back: ${(error as Error).message}`,
        ),
      );
    }
  }

  /** Ids of coordinators that ran on this server are kept in a file: after a crash of everything their leases are free at once. */
  async #startCoordinator(): Promise<void> {
    const id = newMemberId("coordinator", randomBytes);
    if (this.#server !== undefined) {
      await mkdir(this.#folder, { recursive: true });
      const file = join(this.#folder, "coordinators");
      const former = await readFile(file, "utf8").catch(() => "");
      for (const name of former.split("\n")) {
        if (name !== "" && !this.#deadCoordinators.includes(name))
          this.#deadCoordinators.push(name);
      }
      const kept = [...this.#deadCoordinators, id].slice(-32);
      await writeFile(file, `${kept.join("\n")}\n`, { mode: 0o600 });
    }
    this.#startChild(id, COORDINATOR_PROGRAM, {
      CASCADE_COORDINATOR_ID: id,
      CASCADE_PREDECESSORS: this.#deadCoordinators.join(","),
      ...(this.#server?.syncsEveryWrite ? { CASCADE_PURGE_DELAY_MS: "0" } : {}),
    });
  }

  #startAgent(name: string): void {
    this.#startChild(name, AGENT_PROGRAM, {
      CASCADE_AGENT_ID: name,
      CASCADE_DRAIN_MS: String(DRAIN_MS),
    });
  }

  #startChild(name: string, program: string, own: Readonly<Record<string, string>>): void {
    const { env, directory, onLine } = this.#options;
    const child = startChild({
      name,
      program,
      env: { ...env, ...this.#addressEnvironment(), ...own, INIT_CWD: directory },
      directory,
      onLine,
      onExit: (how, expected) => {
        this.#children.delete(name);
        if (!expected && !this.#stopping) void this.#childEnded(name, how);
      },
    });
    this.#children.set(name, child);
    this.#options.logger.info({ event: "process.started", process: name, pid: child.pid });
  }

  async #childEnded(name: string, how: string): Promise<void> {
    if (name.startsWith("coordinator")) {
      this.#deadCoordinators.push(name);
      if (this.#mayRestart("coordinator", how)) await this.#startCoordinator();
      return;
    }
    // Said before it is started again: its tasks go to the others at once.
    this.#client?.announceGone(parseAgentId(name)).catch((error: unknown) => {
      this.#options.logger.warn({ event: "agent.unannounced", agentId: name, err: error });
    });
    if (this.#mayRestart(name, how)) this.#startAgent(name);
  }

  #mayRestart(name: string, how: string): boolean {
    const { logger } = this.#options;
    const restarts = this.#restarts.get(name) ?? new Restarts();
    this.#restarts.set(name, restarts);
    const may = restarts.mayRestart(performance.now());
    logger.warn({ event: "process.ended", process: name, how, restarting: may });
    if (!may) {
      this.#fail(
        new SwarmError(
          "restart-limit",
          `${name} ended more than three times within a minute (last: ${how})`,
          {
            hint: "its lines above say why",
          },
        ),
      );
    }
    return may;
  }

  #fail(error: SwarmError): void {
    if (!this.#stopping) this.#options.onFailure(error);
  }

  #addressEnvironment(): Record<string, string | undefined> {
    const { url, user, password } = this.address;
    return this.#server === undefined
      ? { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: password }
      : { NATS_URL: undefined, CASCADE_NATS_FILE: join(this.#folder, "nats.json") };
  }

  async #agentsReady(wanted: number): Promise<void> {
    const untilMs = performance.now() + READY_TIMEOUT_MS;
    const own = (name: string): boolean => this.#children.has(name);
    while (performance.now() < untilMs && !this.#stopping) {
      const there = (await this.client.agents()).filter((beat) => own(beat.agent));
      if (there.length >= wanted) return;
    }
    throw new SwarmError(
      "internal",
      `not all ${wanted} agents came up within ${READY_TIMEOUT_MS} ms`,
    );
  }
}
