import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Client } from "../../coordinator/client.ts";
import type { SwarmError } from "../../core/errors.ts";
import { isJsonObject } from "../../core/json.ts";
import type { Scrubber } from "../../core/scrub.ts";
import type { SkillAllowance } from "../../core/skill-allowance.ts";
import type { Environment } from "../cli/installed.ts";
import { type LogFile, openLogFile } from "../cli/log-file.ts";
import { lockHolder } from "../cli/supervisor/lock.ts";
import type { Session } from "../cli/swarm-session.ts";

export interface StandingSwarmOptions {
  readonly directory: string;
  readonly env: Environment;
  readonly allowance: SkillAllowance;
  readonly scrubber: Scrubber;
  /** Agents that a swarm of ours is started with. */
  readonly agents: number;
}

/** A swarm that can be worked with. */
export interface OpenSwarm {
  /** The same for everybody who works with it, until its server is another one. */
  readonly id: string;
  readonly session: Session;
}

/**
 * The swarm of the directory, joined or started when a tool first needs it. One that has ended, because whoever started
 * it stopped, is opened anew at the next need.
 */
export class StandingSwarm {
  readonly #options: StandingSwarmOptions;
  readonly #pids = new Map<string, number>();
  readonly #closing = new AbortController();
  #opening: Promise<OpenSwarm> | undefined;
  #session: Session | undefined;
  #logger: Logger | undefined;
  #log: LogFile | undefined;

  constructor(options: StandingSwarmOptions) {
    this.#options = options;
  }

  /** Joins the swarm, or starts one. @param agents how many, should it be started now */
  open(agents = this.#options.agents): Promise<OpenSwarm> {
    if (this.#hasEnded()) this.#forget("whoever started the swarm has stopped it");
    this.#opening ??= this.#open(agents).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** The swarm that is open, or one that runs here and can be joined; undefined when there is none: nothing is started. */
  async found(): Promise<OpenSwarm | undefined> {
    const isOpen = this.#opening !== undefined && !this.#hasEnded();
    return isOpen || this.#isHeld() ? this.open() : undefined;
  }

  /** Undefined while no tool has needed it, or after it has ended. */
  opened(): Promise<OpenSwarm> | undefined {
    return this.#opening;
  }

  async client(): Promise<Client> {
    return (await this.open()).session.client;
  }

  /** Agents that a swarm of ours is started with, unless a tool says otherwise. */
  get usualAgents(): number {
    return this.#options.agents;
  }

  /** Process ids by name, such as `agent-1` and `nats-server`, of a swarm that we started; of others none is known. */
  get pids(): ReadonlyMap<string, number> {
    return this.#pids;
  }

  /** Ends what was started. */
  async close(): Promise<void> {
    this.#closing.abort(new Error("the server is closed"));
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.session.close();
    this.#log?.[Symbol.dispose]();
  }

  kill(): void {
    this.#session?.kill();
  }

  /** Whether a living process has the swarm of the directory. */
  #isHeld(): boolean {
    const folder = join(this.#options.directory, ".cascade");
    return existsSync(folder) && lockHolder(folder) !== undefined;
  }

  /** Of a swarm that we joined: we may be asked for it before we are told that it has ended. */
  #hasEnded(): boolean {
    return this.#session?.owned === false && this.#session.embedded && !this.#isHeld();
  }

  async #open(agents: number): Promise<OpenSwarm> {
    const { directory, env, allowance, scrubber } = this.#options;
    // Loaded when first needed: a client that only lists the tools should not wait for it.
    const { openSession } = await import("../cli/swarm-session.ts");
    const { openLogger } = await import("../../core/logging.ts");
    const write = (line: string): void => this.#write(line.trimEnd());
    const logger = openLogger({ service: "mcp", scrubber, write });
    this.#logger = logger;
    const session = await openSession({
      ...{ directory, env, allowance, agents },
      logger,
      onLine: (line) => this.#write(scrubber.scrub(line)),
      onFailure: (error) => this.#forget(error.message),
      signal: this.#closing.signal,
    });
    this.#session = session;
    session.lost.catch((error: SwarmError) => {
      if (this.#session === session) this.#forget(error.message);
    });
    return { id: swarmId(directory, session.url), session };
  }

  /** The next need opens another one. */
  #forget(why: string): void {
    const session = this.#session;
    this.#opening = undefined;
    this.#session = undefined;
    this.#pids.clear();
    this.#logger?.warn({ event: "swarm.ended" }, why);
    session?.close().catch((failure: unknown) => {
      this.#logger?.error({ event: "swarm.unclosed", err: failure });
    });
  }

  #write(line: string): void {
    this.#log ??= openLogFile(join(this.#options.directory, ".cascade/logs"), {
      now: new Date(),
      onFailure: (error) => void process.stderr.write(`no log file: ${error.message}\n`),
    });
    this.#log.write(line);
    this.#notePid(line);
  }

  #notePid(line: string): void {
    if (!/"event":"(process|server)\./.test(line)) return;
    const fields = JSON.parse(line) as unknown;
    if (!isJsonObject(fields)) return;
    const { event, process: name, pid } = fields;
    if (event === "process.started") this.#pids.set(String(name), Number(pid));
    if (event === "process.ended") this.#pids.delete(String(name));
    if (event === "server.ready" || event === "server.restarted")
      this.#pids.set("nats-server", Number(pid));
  }
}

function swarmId(directory: string, url: string): string {
  return `swarm-${createHash("sha256").update(`${directory}\0${url}`).digest("hex").slice(0, 12)}`;
}
