import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { connect } from "nats";
import { SwarmError } from "../../core/errors.ts";
import type { BusAddress } from "../connection.ts";
import { configText, type SyncSetting, syncsEveryWrite } from "./config.ts";
import type { LocatedServer } from "./locate.ts";
import { signalGroup } from "./process-group.ts";
import { formatVersion, isAtLeast, parseVersion, type ServerVersion } from "./version.ts";

export interface ServerOptions {
  readonly server: Pick<LocatedServer, "binary" | "version">;
  /** Absolute path of `.cascade`: store, configuration, log and credentials live below it. */
  readonly folder: string;
  /** Default: the port of the last time, else 4222, each if it is free; else a free one. 0: a free one. */
  readonly port?: number;
  readonly sync: SyncSetting;
}

/** A nats-server child of this process: loopback only, JetStream, generated credentials. */
export interface NatsServer extends AsyncDisposable {
  readonly address: BusAddress;
  readonly pid: number;
  readonly version: ServerVersion;
  /** True when an acknowledged write survives a power cut. */
  readonly syncsEveryWrite: boolean;
  /** Called when the process ended without `close` or `restart`; the answer removes the listener. */
  onExit(listener: (how: string) => void): () => void;
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

/** @throws SwarmError `broker-too-old` for a store of a newer server, `broker-unavailable` when it does not start */
export async function openServer(options: ServerOptions): Promise<NatsServer> {
  await prepareFolder(options.folder);
  await guardStore(options.folder, options.server.version);
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
  readonly version: ServerVersion;
  readonly syncsEveryWrite: boolean;
  readonly #options: ServerOptions;
  readonly #port: number;
  readonly #listeners = new Set<(how: string) => void>();
  #child: ChildProcess | undefined;
  #expectedToEnd = false;

  constructor(options: ServerOptions, port: number) {
    this.#options = options;
    this.#port = port;
    this.version = options.server.version;
    this.syncsEveryWrite = syncsEveryWrite({ version: this.version, sync: options.sync });
    this.address = {
      url: `nats://127.0.0.1:${port}`,
      user: "cascade",
      password: randomBytes(32).toString("base64url"),
    };
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { folder, sync } = this.#options;
    const { user = "", password = "" } = this.address;
    const config = {
      port: this.#port,
      storeFolder: join(folder, "nats"),
      user,
      password,
      version: this.version,
      sync,
    };
    await writePrivate(join(folder, "nats.conf"), configText(config));
    await this.#spawn();
    await writeFile(join(folder, "nats", "version"), `${formatVersion(this.version)}\n`);
    await writePrivate(join(folder, "nats.json"), `${JSON.stringify(this.address)}\n`);
  }

  async restart(): Promise<void> {
    await this.#stop("SIGTERM");
    await this.#spawn();
  }

  onExit(listener: (how: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#child?.pid !== undefined) signalGroup(this.#child.pid, signal);
  }

  async close(): Promise<void> {
    await this.#stop("SIGTERM");
    const file = join(this.#options.folder, "nats.json");
    const written = existsSync(file) ? readFileSync(file, "utf8") : "";
    if (written.includes(this.address.password ?? "")) await rm(file, { force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async lostItsPort(): Promise<boolean> {
    const log = await readFile(this.#logFile, "utf8").catch(() => "");
    return log.slice(-4_096).includes("address already in use");
  }

  get #logFile(): string {
    return join(this.#options.folder, "nats", "server.log");
  }

  async #spawn(): Promise<void> {
    const log = await open(this.#logFile, "a", 0o600);
    this.#expectedToEnd = false;
    const child = spawn(
      this.#options.server.binary,
      ["-c", join(this.#options.folder, "nats.conf")],
      {
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
      },
    );
    this.#child = child;
    child.on("error", () => {}); // `exit` does not follow a failed start; `#ready` says what is wrong
    child.once("exit", (code, signal) => {
      if (this.#child !== child || this.#expectedToEnd) return;
      for (const listener of [...this.#listeners]) listener(signal ?? `exit code ${code}`);
    });
    try {
      await this.#ready(child);
    } finally {
      await log.close();
    }
  }

  /** Resolves when JetStream answers. @throws SwarmError `broker-unavailable` when the process ends or time is up */
  async #ready(child: ChildProcess): Promise<void> {
    const untilMs = performance.now() + READY_TIMEOUT_MS;
    let last = "no answer";
    while (
      performance.now() < untilMs &&
      child.exitCode === null &&
      child.signalCode === null &&
      child.pid !== undefined
    ) {
      try {
        const { user = "", password = "" } = this.address;
        const connection = await connect({
          servers: this.address.url,
          user,
          pass: password,
          reconnect: false,
          timeout: 1_000,
        });
        try {
          await connection.jetstreamManager();
          return;
        } finally {
          await connection.close();
        }
      } catch (error) {
        last = (error as Error).message;
      }
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
    throw new SwarmError("broker-unavailable", `nats-server does not start: ${last}`, {
      hint: `see ${this.#logFile}`,
    });
  }

  async #stop(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#expectedToEnd = true;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    signalGroup(child.pid, "SIGCONT"); // a stopped process does not hear the next one
    signalGroup(child.pid, signal);
    const pid = child.pid;
    const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
}

async function prepareFolder(folder: string): Promise<void> {
  await mkdir(join(folder, "nats"), { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await writeFile(join(folder, ".gitignore"), "*\n");
}

/** An older server must not open a store that a newer one wrote: it would read it wrongly or not at all. */
async function guardStore(folder: string, version: ServerVersion): Promise<void> {
  const text = await readFile(join(folder, "nats", "version"), "utf8").catch(() => "");
  const writer = parseVersion(text);
  if (writer === undefined || isAtLeast(version, { ...writer, patch: 0 })) return;
  throw new SwarmError(
    "broker-too-old",
    `the store ${join(folder, "nats")} was written by nats-server ${formatVersion(writer)}, this one is ${formatVersion(version)}`,
    {
      hint: `use nats-server ${formatVersion(writer)} or newer (NATS_SERVER_BIN), or move the store away`,
    },
  );
}

/** Written beside and renamed, readable by its owner only. */
async function writePrivate(file: string, text: string): Promise<void> {
  const beside = `${file}.${process.pid}.part`;
  await rm(beside, { force: true });
  await writeFile(beside, text, { mode: 0o600, flag: "wx" });
  await rename(beside, file);
}

async function choosePort(options: ServerOptions, tries: number): Promise<number> {
  if (tries === 1 && options.port !== 0) {
    const former = await formerPort(options.folder);
    for (const port of [options.port ?? former ?? DEFAULT_PORT, options.port ?? DEFAULT_PORT]) {
      if (await isFree(port)) return port;
    }
  }
  return freePort();
}

/** Clients that wait for a restarted swarm find it where it was. */
async function formerPort(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, "nats.conf"), "utf8").catch(() => "");
  const port = /listen: "127\.0\.0\.1:(\d+)"/.exec(text)?.[1];
  return port === undefined ? undefined : Number(port);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        resolve(typeof address === "object" && address !== null ? address.port : DEFAULT_PORT),
      );
    });
  });
}
