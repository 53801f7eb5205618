import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pLimit from "p-limit";
import type { Logger } from "pino";
import type { BusAddress } from "../../../bus/connection.ts";
import { type Gatekeeper, openGatekeeper } from "../../../bus/server/gatekeeper.ts";
import { type Guard, openGuard } from "../../../bus/server/guard-client.ts";
import { locateServer } from "../../../bus/server/locate.ts";
import { type NatsServer, openServer } from "../../../bus/server/server.ts";
import { readStoredVersion, writePrivate } from "../../../bus/server/store-folder.ts";
import { formatVersion } from "../../../bus/server/version.ts";
import type { Scaled } from "../../../bus/supervisor-messages.ts";
import { type Client, openClient } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import { type AgentId, newMemberId, parseAgentId } from "../../../core/ids.ts";
import { PROVIDERS_VARIABLE, withoutModelKeys } from "../../../core/model-variables.ts";
import {
  ALLOWANCE_VARIABLE,
  allowanceAsText,
  NOTHING_ALLOWED,
  type SkillAllowance,
} from "../../../core/skill-allowance.ts";
import { PROJECT_SKILL_FOLDERS } from "../../../language/project-skills.ts";
import { modelAccess } from "../../../models/environment.ts";
import { newAgentNames } from "./agent-names.ts";
import { type Child, type ChildOptions, startChild } from "./child.ts";
import { Restarts } from "./restarts.ts";
import { openScaleService } from "./scale-service.ts";

export interface SupervisorOptions {
  /** Where the person stood: `.cascade` lives there, and relative paths mean it. */
  readonly directory: string;
  readonly agents: number;
  /** What of the project's own skills may run; nothing when it is left out. */
  readonly allowance?: SkillAllowance;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A server that runs elsewhere; without it one is started here. */
  readonly address?: BusAddress;
  readonly logger: Logger;
  /** NDJSON lines of the children. */
  readonly onLine: (line: string) => void;
  /** The running swarm cannot go on: a child ended too often. */
  readonly onFailure: (error: SwarmError) => void;
  /** Gives up the start; has no effect on a swarm that runs. */
  readonly signal?: AbortSignal;
}

export interface AgentOrder {
  /** How many agents the swarm may have with it. */
  readonly most: number;
  /** Gives up the wait for it. */
  readonly signal: AbortSignal;
}

export interface AddedAgent {
  readonly agentId: AgentId;
  /** How many agents run now. */
  readonly agents: number;
}

/** A running swarm: nats-server, coordinator and agents as children of this process. */
export interface Swarm {
  readonly address: BusAddress;
  readonly client: Client;
  /** Milliseconds from the found server binary until the coordinator takes jobs and all agents are there. */
  readonly readyMs: number;
  /** Process ids of the coordinator and the agents that run now, by name. */
  processes(): ReadonlyMap<string, number>;
  /**
   * Starts one more agent; resolves when it takes tasks.
   * @throws SwarmError `limit-exceeded` when `most` run already; the reason of `signal`
   */
  addAgent(order: AgentOrder): Promise<AddedAgent>;
  /** Drains agents, then the coordinator, then stops the server. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

const AGENT_PROGRAM = fileURLToPath(new URL("../../../agents/main.ts", import.meta.url));
const COORDINATOR_PROGRAM = fileURLToPath(new URL("../../../coordinator/main.ts", import.meta.url));
/**
 * The processes of a swarm share the processors, so none gets helper threads of its own for collecting young garbage. And
 * garbage is collected sooner than V8 finds necessary on a large machine: half the memory for a few per cent of speed.
 * Agents, which are many and compute, compile on their own thread, too. Measured by `npm run bench` and `npm run
 * bench:main-job`; the npm scripts `coordinator` and `agent` carry the same flags.
 */
const COORDINATOR_FLAGS = [
  "--max-semi-space-size=8",
  "--heap-growing-percent=75",
  "--no-parallel-scavenge",
];
const AGENT_FLAGS = [
  "--max-semi-space-size=2",
  "--semi-space-growth-factor=1",
  "--heap-growing-percent=20",
  "--no-parallel-scavenge",
  "--no-concurrent-recompilation",
];
/**
 * For glibc, elsewhere without effect: one arena, for the threads of a process seldom allocate outside V8's heap, and
 * large blocks go back to the system when they are freed. A tenth less memory, measured as above.
 */
const MALLOC_ENVIRONMENT = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "131072" };
const CONNECT_TIMEOUT_MS = 5_000;
const READY_TIMEOUT_MS = 30_000;
const LOOK_AGAIN_MS = 50;
/** For an agent that drains, beside the time it may take for it: to say farewell and end. */
const LEAVE_MS = 3_000;
const SHOWS_INFO: ReadonlySet<string> = new Set(["trace", "debug", "info"]);
const AGENT_JOINED = '"event":"agent.joined"';
/** A person who pressed Ctrl-C waits ten seconds at most: what is not done by then is done by the next start. */
const DRAIN_MS = 6_000;
const AGENT_STOP_MS = 7_000;
const COORDINATOR_STOP_MS = 3_000;
/** Dead coordinators whose leases may still stand. */
const COORDINATORS_KEPT = 32;

/**
 * Starts a swarm. Whatever goes wrong, nothing of it is left when this has failed.
 * @throws SwarmError, or the reason of an aborted `signal`
 */
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
  /** Addresses with the secret keys of agents: readable by their owner only. */
  readonly #keysFolder: string;
  readonly #children = new Map<string, Child>();
  readonly #restarts = new Map<string, Restarts>();
  readonly #deadCoordinators = new Set<string>();
  /** Gives up the start: our caller wants it, or a child cannot be started. */
  readonly #giveUp = new AbortController();
  readonly #signal: AbortSignal;
  #server: NatsServer | undefined;
  #gatekeeper: Gatekeeper | undefined;
  #guard: Guard | undefined;
  #client: Client | undefined;
  #address: BusAddress | undefined;
  /** Agents of ours that the coordinator knows, gathered during the start. */
  readonly #joined = new Set<string>();
  readonly #allJoined = Promise.withResolvers<void>();
  #scaleService: AsyncDisposable | undefined;
  #agentSuffix = "";
  #running = false;
  /** Changes of who the agents are: each sees what the one before it did. */
  readonly #oneByOne = pLimit(1);
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#folder = join(options.directory, ".cascade");
    this.#keysFolder = join(this.#folder, "agents");
    const asked = options.signal === undefined ? [] : [options.signal];
    this.#signal = AbortSignal.any([...asked, this.#giveUp.signal]);
  }

  get client(): Client {
    if (this.#client === undefined) throw new Error("the swarm is not started");
    return this.#client;
  }

  get address(): BusAddress {
    if (this.#address === undefined) throw new Error("the swarm is not started");
    return this.#address;
  }

  processes(): ReadonlyMap<string, number> {
    return new Map([...this.#children].map(([name, { pid }]) => [name, pid]));
  }

  async start(): Promise<void> {
    const { agents, logger } = this.#options;
    let startedMs = performance.now();
    if (this.#options.address === undefined) {
      const located = await this.#locateServer();
      startedMs = performance.now();
      this.#address = await this.#startServer(located);
    } else {
      this.#address = this.#options.address;
    }
    this.#client = await openClient(this.#address, {
      name: newMemberId("supervisor", randomBytes),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    });
    if (this.#server === undefined) this.#noteUnenforced();
    this.#noteAllowance();
    await this.#startCoordinator();
    // On a server that others use, too, names are made unique.
    if (this.#server === undefined)
      this.#agentSuffix = `-${newMemberId("x", randomBytes).slice(2, 6)}`;
    await this.#startAgents(newAgentNames(agents, new Set(), this.#agentSuffix));
    await this.#everyoneReady();
    this.#scaleService = await openScaleService({
      ...{ address: this.#address, directory: this.#options.directory, logger },
      scale: (count, drainMs) => this.#oneByOne(() => this.#scale(count, drainMs)),
    });
    this.#signal.throwIfAborted();
    this.#running = true;
    this.readyMs = Math.round(performance.now() - startedMs);
    const url = withoutCredentials(this.#address.url);
    logger.info({ event: "swarm.ready", agents, url, durationMs: this.readyMs });
  }

  #noteUnenforced(): void {
    const url = withoutCredentials(this.address.url);
    this.#options.logger.warn(
      { event: "permissions.unenforced", url },
      "all agents use the credentials of NATS_URL; npm run cascade -- permissions prints accounts that keep them apart",
    );
  }

  /** Whoever reads the log later can tell that code of the project may have run, or foreign code without a sandbox. */
  #noteAllowance(): void {
    const { directory, allowance = NOTHING_ALLOWED, env, logger } = this.#options;
    if (env["CASCADE_SANDBOX"] === "none") {
      logger.warn({ event: "sandbox.none" }, "THE SANDBOX IS OFF: foreign code runs as you do");
    }
    const allowed = allowanceAsText(allowance);
    if (allowed === "") return;
    const folders = PROJECT_SKILL_FOLDERS.map((folder) => join(directory, folder));
    logger.info({
      event: "skills.allowed",
      allowed,
      folders: folders.filter((folder) => existsSync(folder)),
    });
  }

  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const coordinators = [...this.#children].filter(([name]) => isCoordinator(name));
    const agents = [...this.#children].filter(([name]) => !isCoordinator(name));
    await Promise.all(agents.map(([, child]) => child.stop(AGENT_STOP_MS)));
    await Promise.all(coordinators.map(([, child]) => child.stop(COORDINATOR_STOP_MS)));
    await this.#scaleService?.[Symbol.asyncDispose]();
    await this.#client?.close();
    await this.#gatekeeper?.[Symbol.asyncDispose]();
    await this.#server?.close();
    await rm(this.#keysFolder, { recursive: true, force: true });
    this.#guard?.close();
    if (this.#running) this.#options.logger.info({ event: "swarm.stopped" });
  }

  kill(): void {
    this.#stopping = true;
    for (const child of this.#children.values()) child.kill();
    this.#server?.kill("SIGKILL");
  }

  async #locateServer(): Promise<Awaited<ReturnType<typeof locateServer>>> {
    const { env, logger } = this.#options;
    const storedVersion = await readStoredVersion(this.#folder);
    return locateServer({
      env,
      signal: this.#signal,
      progress: (line) => logger.info({ event: "server.search" }, line),
      ...(storedVersion === undefined ? {} : { storedVersion }),
    });
  }

  async #startServer(located: Awaited<ReturnType<typeof locateServer>>): Promise<BusAddress> {
    const { env, logger } = this.#options;
    this.#guard = openGuard();
    const server = await openServer({
      server: located,
      folder: this.#folder,
      sync: env["CASCADE_SYNC"] === "default" ? "default" : "always",
      guard: this.#guard,
    });
    this.#server = server;
    server.onExit((how) => void this.#serverEnded(how));
    this.#gatekeeper = await openGatekeeper(server, {
      onError: (error) => logger.error({ event: "permissions.refused", err: error }),
    });
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
      const { pid, address } = server;
      this.#options.logger.info({ event: "server.restarted", pid, url: address.url });
    } catch (error) {
      this.#fail(
        new SwarmError(
          "broker-unavailable",
          `nats-server does not come back: ${(error as Error).message}`,
          { cause: error },
        ),
      );
    }
  }

  async #startCoordinator(): Promise<void> {
    const id = newMemberId("coordinator", randomBytes);
    if (this.#server !== undefined) await this.#noteCoordinator(id);
    this.#startChild(
      { name: id, program: COORDINATOR_PROGRAM, flags: COORDINATOR_FLAGS },
      {
        CASCADE_COORDINATOR_ID: id,
        [PROVIDERS_VARIABLE]: modelAccess(this.#options.env).providers.join(","),
        CASCADE_PREDECESSORS: [...this.#deadCoordinators].join(","),
        ...(this.#server?.syncsEveryWrite === true ? { CASCADE_PURGE_DELAY_MS: "0" } : {}),
      },
    );
  }

  /**
   * On a server of our own, ids of coordinators are kept in a file: those of former starts are dead by now, and their
   * leases are free at once, even after everything was killed.
   */
  async #noteCoordinator(id: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const file = join(this.#folder, "coordinators");
    const former = await readFile(file, "utf8").catch(() => "");
    for (const name of former.split("\n")) {
      if (name !== "") this.#deadCoordinators.add(name);
    }
    const kept = [...this.#deadCoordinators, id].slice(-COORDINATORS_KEPT);
    await writeFile(file, `${kept.join("\n")}\n`, { mode: 0o600 });
  }

  addAgent({ most, signal }: AgentOrder): Promise<AddedAgent> {
    return this.#oneByOne(async () => {
      const before = this.#runningAgents();
      if (before.length >= most) {
        throw new SwarmError("limit-exceeded", `${before.length} agents run, ${most} allowed`);
      }
      const [name = ""] = newAgentNames(1, new Set(before), this.#agentSuffix);
      await this.#startAgent(name);
      await this.#takeTasks([name], signal);
      return { agentId: parseAgentId(name), agents: before.length + 1 };
    });
  }

  /** Runs `count` agents from now on. Of those that are too many the last ones drain, then end; their tasks go to the others. */
  async #scale(count: number, drainMs: number): Promise<Omit<Scaled, "v">> {
    const { logger } = this.#options;
    const before = this.#runningAgents();
    const started = newAgentNames(count - before.length, new Set(before), this.#agentSuffix);
    const tooMany = before.slice(count);
    await this.#startAgents(started);
    const ends = await Promise.all(
      tooMany.map(async (name) => ({ name, how: await this.#retire(name, drainMs) })),
    );
    await this.#takeTasks(started);
    const ofNames = (names: readonly string[]): AgentId[] => names.map(parseAgentId);
    const done = {
      agents: ofNames(this.#runningAgents()),
      started: ofNames(started),
      ended: ofNames(tooMany),
      killed: ofNames(ends.filter(({ how }) => how === "killed").map(({ name }) => name)),
    };
    logger.info({ event: "swarm.scaled", ...done });
    return done;
  }

  #runningAgents(): readonly string[] {
    const names = [...this.#children.keys()].filter((name) => !isCoordinator(name));
    return names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  }

  async #retire(name: string, drainMs: number): Promise<"left" | "killed"> {
    const child = this.#children.get(name);
    if (child === undefined) return "left";
    try {
      await this.client.drain(parseAgentId(name), drainMs);
    } catch (error) {
      // It is told by a signal then, which gives it the time that it has by itself.
      this.#options.logger.warn({ event: "agent.undrained", agentId: name, err: error });
    }
    const how = await child.stop(drainMs + LEAVE_MS);
    if (how === "killed") await this.client.announceGone(parseAgentId(name));
    return how;
  }

  /** Resolves when these agents answer. @throws SwarmError `agent-lost` when they do not in time */
  async #takeTasks(names: readonly string[], signal?: AbortSignal): Promise<void> {
    const untilMs = performance.now() + READY_TIMEOUT_MS;
    while (names.length > 0) {
      signal?.throwIfAborted();
      const there = new Set<string>((await this.client.agents()).map(({ agent }) => agent));
      const missing = names.filter((name) => !there.has(name));
      if (missing.length === 0) return;
      if (performance.now() > untilMs || this.#stopping)
        throw new SwarmError("agent-lost", `${missing.join(", ")} did not come up in time`, {
          hint: "the log lines of the swarm say why",
        });
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  async #startAgents(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#startAgent(name)));
  }

  async #startAgent(name: string): Promise<void> {
    const { env } = this.#options;
    const own = await this.#keyFileOf(name);
    this.#startChild(
      { name, program: AGENT_PROGRAM, flags: AGENT_FLAGS },
      {
        ...own,
        CASCADE_AGENT_ID: name,
        CASCADE_DRAIN_MS: env["CASCADE_DRAIN_MS"] ?? String(DRAIN_MS),
      },
    );
  }

  /** On a server of our own each agent has a key of its own, the same one each time it is started. */
  async #keyFileOf(name: string): Promise<Record<string, string>> {
    if (this.#gatekeeper === undefined) return {};
    const address = await this.#gatekeeper.admit(parseAgentId(name));
    await mkdir(this.#keysFolder, { recursive: true, mode: 0o700 });
    const file = join(this.#keysFolder, `${name}.json`);
    await writePrivate(file, `${JSON.stringify(address)}\n`);
    return { CASCADE_NATS_FILE: file };
  }

  #startChild(
    what: Pick<ChildOptions, "name" | "program" | "flags">,
    own: Readonly<Record<string, string>>,
  ): void {
    if (this.#stopping) return;
    const { name } = what;
    const { env, directory, onLine } = this.#options;
    const child = startChild({
      ...what,
      env: {
        ...MALLOC_ENVIRONMENT,
        ...(what.program === AGENT_PROGRAM ? env : withoutModelKeys(env)),
        ...this.#addressEnvironment(),
        ...own,
        INIT_CWD: directory,
        [ALLOWANCE_VARIABLE]: allowanceAsText(this.#options.allowance ?? NOTHING_ALLOWED),
      },
      directory,
      onLine: (line) => {
        this.#noteJoined(line);
        onLine(line);
      },
      onExit: (how, expected) => {
        this.#children.delete(name);
        if (!expected && !this.#stopping) void this.#childEnded(name, how);
      },
    });
    this.#children.set(name, child);
    this.#options.logger.info({ event: "process.started", process: name, pid: child.pid });
  }

  async #childEnded(name: string, how: string): Promise<void> {
    if (isCoordinator(name)) {
      this.#deadCoordinators.add(name);
      this.#gatekeeper?.forget(name);
      if (!this.#mayRestart("coordinator", how)) return;
      try {
        await this.#startCoordinator();
      } catch (error) {
        const why = (error as Error).message;
        this.#fail(new SwarmError("internal", `no coordinator: ${why}`, { cause: error }));
      }
      return;
    }
    // Said before it is started again: its tasks go to the others at once.
    this.#client?.announceGone(parseAgentId(name)).catch((error: unknown) => {
      this.#options.logger.warn({ event: "agent.unannounced", agentId: name, err: error });
    });
    if (!this.#mayRestart(name, how)) return;
    try {
      await this.#startAgent(name);
    } catch (error) {
      const why = (error as Error).message;
      this.#fail(new SwarmError("internal", `no ${name}: ${why}`, { cause: error }));
    }
  }

  #mayRestart(name: string, how: string): boolean {
    const restarts = this.#restarts.get(name) ?? new Restarts();
    this.#restarts.set(name, restarts);
    const may = restarts.mayRestart(performance.now());
    this.#options.logger.warn({ event: "process.ended", process: name, how, restarting: may });
    if (!may) {
      this.#fail(
        new SwarmError(
          "restart-limit",
          `${name} ended more than three times within a minute (last: ${how})`,
          { hint: "its lines above say why" },
        ),
      );
    }
    return may;
  }

  /** During the start the error comes from `startSwarm`, later through `onFailure`. */
  #fail(error: SwarmError): void {
    if (this.#stopping) return;
    if (this.#running) this.#options.onFailure(error);
    else this.#giveUp.abort(error);
  }

  #addressEnvironment(): Record<string, string | undefined> {
    const { url, user, password } = this.address;
    return this.#server === undefined
      ? { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: password }
      : { NATS_URL: undefined, CASCADE_NATS_FILE: join(this.#folder, "nats.json") };
  }

  async #everyoneReady(): Promise<void> {
    const late = AbortSignal.timeout(READY_TIMEOUT_MS);
    const signal = AbortSignal.any([this.#signal, late]);
    try {
      await Promise.all([this.client.ready(signal), this.#agentsReady(signal)]);
    } catch (error) {
      if (!late.aborted || this.#signal.aborted) throw error;
      throw new SwarmError(
        "coordinator-unavailable",
        `the swarm did not come up within ${READY_TIMEOUT_MS / 1_000} s`,
        { hint: "the lines above say what its processes did", cause: error },
      );
    }
  }

  /**
   * The coordinator's lines say whom it knows: only then is the death of an agent noticed at once. With a log level
   * that hides them, service discovery says at least who is there.
   */
  async #agentsReady(signal: AbortSignal): Promise<void> {
    if (SHOWS_INFO.has(this.#options.env["LOG_LEVEL"] ?? "info")) {
      await Promise.race([this.#allJoined.promise, aborted(signal)]);
      return;
    }
    for (;;) {
      signal.throwIfAborted();
      const there = await this.client.agents();
      const own = there.filter((beat) => this.#children.has(beat.agent));
      if (own.length >= this.#options.agents) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  #noteJoined(line: string): void {
    if (this.#running || !line.includes(AGENT_JOINED)) return;
    const { agentId } = JSON.parse(line) as { readonly agentId: string };
    if (this.#children.has(agentId)) this.#joined.add(agentId);
    if (this.#joined.size >= this.#options.agents) this.#allJoined.resolve();
  }
}

/** Rejects with the reason when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function isCoordinator(name: string): boolean {
  return name.startsWith("coordinator");
}

/** The URLs of one or several servers as they may be shown. */
export function withoutCredentials(urls: string): string {
  return urls.replace(/[^,/@\s]*@/g, "");
}
