import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rm, stat } from "node:fs/promises";
import { connect } from "nats";
import { SwarmError } from "../../core/errors.ts";
import { withoutModelKeys } from "../../core/model-variables.ts";
import { inboxOf, openSubjects } from "../../core/subjects.ts";
import { SUBMITTER_NAME } from "../../topology/permissions.ts";
import type { BusAddress } from "../connection.ts";
import { newSeed, nkeyOf } from "../nkey.ts";
import type { ServerAccess } from "./accounts.ts";
import { configText, type SyncSetting, syncsEveryWrite } from "./config.ts";
import type { Guard } from "./guard-client.ts";
import { freePort, isFree, portIn } from "./ports.ts";
import { signalGroup } from "./process-group.ts";
import type { LocatedProgram } from "./program-cache.ts";
import {
  awaitFormerServer,
  prepareFolder,
  refuseNewerStore,
  type StoreFolder,
  storeFolderAt,
  writePrivate,
} from "./store-folder.ts";
import { formatVersion, type ProgramVersion } from "./version.ts";

export interface ServerOptions {
  readonly server: Pick<LocatedProgram, "binary" | "version">;
  /** Absolute path of `.cascade`: store, configuration, log and credentials live below it. */
  readonly folder: string;
  /** Default: the port of the last time, else 4222, each if it is free; else a free one. 0: a free one. */
  readonly port?: number;
  readonly sync: SyncSetting;
  /** Ends the server should this process be killed; it is told of each start and end. */
  readonly guard?: Pick<Guard, "watch" | "forget">;
}

/** A nats-server child of this process: loopback only, JetStream, generated credentials. */
export interface NatsServer extends AsyncDisposable {
  /** The operator's: everything of the account that coordinators are in. */
  readonly address: BusAddress;
  /** For whoever only submits jobs. */
  readonly submitterAddress: BusAddress;
  readonly pid: number;
  readonly version: ProgramVersion;
  /** True when an acknowledged write survives a power cut. */
  readonly syncsEveryWrite: boolean;
  /** Called when the process ended without `close` or `restart`; the answer removes the listener. */
  onExit(listener: (how: string) => void): () => void;
  /**
   * Lets these agents in, with these links between them, and nobody else. Resolves when that is in force, also for those that are
   * connected; while the server is down, it is in force when it is back.
   * @throws SwarmError `broker-unavailable` when the server refuses the configuration
   */
  permit(access: Pick<ServerAccess, "agents" | "links">): Promise<void>;
  /** Starts it again on the same port and store. */
  restart(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Stops it and removes its credentials. Calling it twice is harmless. */
  close(): Promise<void>;
}

const DEFAULT_PORT = 4222;
const READY_TIMEOUT_MS = 10_000;
const READY_POLL_MS = 10;
const STOP_TIMEOUT_MS = 5_000;
const PORT_TRIES = 5;
const RELOAD_TIMEOUT_MS = 5_000;
const RELOAD_POLL_MS = 2;

/**
 * @throws SwarmError `broker-too-old` for a store of a newer server, `broker-unavailable` when it does not start or
 *   another server still has the store open
 */
export async function openServer(options: ServerOptions): Promise<NatsServer> {
  await prepareFolder(options.folder);
  await refuseNewerStore(options.folder, options.server.version);
  await awaitFormerServer(options.folder);
  for (let tries = 1; ; tries++) {
    const server = new ServerProcess(options, await choosePort(options, tries));
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.close();
      // Somebody may have taken the port between our look and the server's bind.
      if (tries === PORT_TRIES || !(await server.lostItsPort())) throw error;
    }
  }
}

class ServerProcess implements NatsServer {
  readonly address: BusAddress;
  readonly submitterAddress: BusAddress;
  readonly version: ProgramVersion;
  readonly syncsEveryWrite: boolean;
  #access: ServerAccess;
  /** Counts what was written into the configuration. */
  #written = 0;
  #turn: Promise<void> = Promise.resolve();
  readonly #options: ServerOptions;
  readonly #files: StoreFolder;
  readonly #port: number;
  /** Tells our server from any other that may have taken the port. */
  readonly #name = `cascade-${randomBytes(4).toString("hex")}`;
  readonly #listeners = new Set<(how: string) => void>();
  #child: ChildProcess | undefined;
  /** Set while it has answered and nobody asked it to stop: only then is its end news. */
  #serving = false;
  /** Size of the log when the child was started: what follows is its own. */
  #logStart = 0;

  constructor(options: ServerOptions, port: number) {
    this.#options = options;
    this.#files = storeFolderAt(options.folder);
    this.#port = port;
    this.version = options.server.version;
    this.syncsEveryWrite = syncsEveryWrite({ version: this.version, sync: options.sync });
    this.address = {
      url: `nats://127.0.0.1:${port}`,
      user: "cascade",
      password: randomBytes(32).toString("base64url"),
      admits: true,
    };
    const submitterSeed = newSeed();
    this.submitterAddress = {
      url: this.address.url,
      seed: submitterSeed,
      inboxPrefix: inboxOf(SUBMITTER_NAME),
    };
    this.#access = {
      subjects: openSubjects(),
      agents: new Map(),
      links: new Map(),
      submitter: nkeyOf(submitterSeed),
    };
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { versionFile, addressFile, submitterFile } = this.#files;
    await this.#writeConfig();
    // Before the server can write anything: a crash must not leave its store under an older version's name.
    await writePrivate(versionFile, `${formatVersion(this.version)}\n`);
    await this.#spawn();
    await writePrivate(submitterFile, `${JSON.stringify(this.submitterAddress)}\n`);
    await writePrivate(addressFile, `${JSON.stringify(this.address)}\n`);
  }

  permit(access: Pick<ServerAccess, "agents" | "links">): Promise<void> {
    const permitted = this.#turn.then(async () => {
      this.#access = { ...this.#access, ...access };
      await this.#writeConfig();
      await this.#reload();
    });
    this.#turn = permitted.catch(() => {}); // the next one is tried whatever came of this one
    return permitted;
  }

  async restart(): Promise<void> {
    await this.#stop();
    await this.#spawn();
  }

  onExit(listener: (how: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  kill(signal: NodeJS.Signals): void {
    const child = this.#child;
    if (child?.pid !== undefined && isRunning(child)) signalGroup(child.pid, signal);
  }

  async close(): Promise<void> {
    await this.#stop();
    const { addressFile, submitterFile } = this.#files;
    const written = await readFile(addressFile, "utf8").catch(() => "");
    if (!written.includes(this.address.password ?? "")) return;
    await rm(addressFile, { force: true });
    await rm(submitterFile, { force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async lostItsPort(): Promise<boolean> {
    return (await this.#ownLog()).includes("address already in use");
  }

  async #ownLog(): Promise<string> {
    const bytes = await readFile(this.#files.logFile).catch(() => Buffer.alloc(0));
    return bytes.subarray(this.#logStart).toString();
  }

  async #writeConfig(): Promise<void> {
    const { user = "", password = "" } = this.address;
    const { configFile, storeFolder } = this.#files;
    const text = configText({
      name: this.#name,
      port: this.#port,
      storeFolder,
      user,
      password,
      version: this.version,
      sync: this.#options.sync,
      access: this.#access,
    });
    this.#written += 1;
    await writePrivate(configFile, text);
  }

  /** Resolves when a running server has taken the configuration over. Its log says so, and what it does not like. */
  async #reload(): Promise<void> {
    const child = this.#child;
    if (!this.#serving || child?.pid === undefined) return;
    const { logFile } = this.#files;
    const start = (await stat(logFile)).size;
    child.kill("SIGHUP");
    const untilMs = performance.now() + RELOAD_TIMEOUT_MS;
    while (this.#serving && this.#child === child) {
      const said = await textFrom(logFile, start);
      if (said.includes("Reloaded server configuration")) return;
      const [, why] = /\[ERR\] (.*reload.*)/i.exec(said) ?? [];
      if (why !== undefined || performance.now() > untilMs) {
        throw new SwarmError(
          "broker-unavailable",
          `nats-server does not take its new configuration: ${why ?? "it does not say why"}`,
          { hint: `see ${logFile}` },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, RELOAD_POLL_MS));
    }
  }

  async #spawn(): Promise<void> {
    const written = this.#written;
    const log = await open(this.#files.logFile, "a", 0o600);
    try {
      this.#logStart = (await log.stat()).size;
      const child = this.#startChild(log);
      await once(child, "spawn");
      await writePrivate(this.#files.pidFile, `${child.pid}\n`);
      await this.#ready(child);
      this.#serving = true;
      if (this.#written !== written) await this.#reload();
    } catch (error) {
      throw await this.#explained(error as Error);
    } finally {
      await log.close();
    }
  }

  #startChild(log: FileHandle): ChildProcess {
    const { server, guard } = this.#options;
    const child = spawn(server.binary, ["-c", this.#files.configFile], {
      env: withoutModelKeys(process.env),
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) guard?.watch(pid);
    child.once("exit", (code, signal) => {
      if (pid !== undefined) guard?.forget(pid);
      if (this.#child !== child || !this.#serving) return;
      this.#serving = false;
      for (const listener of [...this.#listeners]) listener(signal ?? `exit code ${code}`);
    });
    return child;
  }

  /** Resolves when JetStream answers. @throws Error when the process ends or time is up */
  async #ready(child: ChildProcess): Promise<void> {
    let failure = new Error("it ended at once");
    const untilMs = performance.now() + READY_TIMEOUT_MS;
    while (performance.now() < untilMs && isRunning(child)) {
      try {
        await this.#greet();
        if (isRunning(child)) return;
      } catch (error) {
        failure = error as Error;
      }
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
    throw failure;
  }

  /** @throws Error when our own server does not answer, or its JetStream does not yet */
  async #greet(): Promise<void> {
    const { url, user = "", password = "" } = this.address;
    const connection = await connect({
      servers: url,
      user,
      pass: password,
      reconnect: false,
      timeout: 1_000,
    });
    try {
      const { server_name: name } = connection.info as { readonly server_name?: string };
      if (name !== this.#name) throw new Error(`another server, ${name}, answers at ${url}`);
      await connection.jetstreamManager();
    } finally {
      await connection.close();
    }
  }

  /** The server's own last words say more than a refused connection. */
  async #explained(failure: Error): Promise<SwarmError> {
    const fatal = /\[FTL\] (.*)|^nats-server: (.*)/gm;
    const [, said, complained] = [...(await this.#ownLog()).matchAll(fatal)].at(-1) ?? [];
    const why = said ?? complained ?? failure.message;
    return new SwarmError("broker-unavailable", `nats-server does not start: ${why}`, {
      hint: `see ${this.#files.logFile}`,
      cause: failure,
    });
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    this.#serving = false;
    if (child?.pid === undefined || !isRunning(child)) return;
    const { pid } = child;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    signalGroup(pid, "SIGCONT"); // a stopped process does not hear the next one
    signalGroup(pid, "SIGTERM");
    const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
}

async function textFrom(file: string, start: number): Promise<string> {
  let text = "";
  for await (const chunk of createReadStream(file, { start, encoding: "utf8" })) text += chunk;
  return text;
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** First the port of the last time, so that clients which wait for a restarted swarm find it where it was. */
async function choosePort(options: ServerOptions, tries: number): Promise<number> {
  if (tries > 1 || options.port === 0) return freePort();
  const former = await portIn(storeFolderAt(options.folder).configFile);
  const wanted =
    options.port === undefined ? [former ?? DEFAULT_PORT, DEFAULT_PORT] : [options.port];
  for (const port of wanted) {
    if (await isFree(port)) return port;
  }
  return freePort();
}
