import type { Msg, NatsConnection } from "nats";
import { SwarmError, toErrorRecord } from "../../core/errors.ts";
import type { AgentId } from "../../core/ids.ts";
import { openSubjects } from "../../core/subjects.ts";
import { type LinkedTeam, type Links, linksOf } from "../../topology/permissions.ts";
import { type BusAddress, openBus } from "../connection.ts";
import { decodeMessage, encodeMessage } from "../messages.ts";
import { newSeed, nkeyOf } from "../nkey.ts";
import { type AdmissionAnswer, admission, teamsMessage } from "../permission-messages.ts";
import { answer } from "../requests.ts";
import { heartbeatIn } from "../sender.ts";
import type { NatsServer } from "./server.ts";

/** Keeps what the server permits at what the members and their teams need now. */
export interface Gatekeeper extends AsyncDisposable {
  /**
   * Lets an agent in, under a key that is made here, and answers how it connects. The same name gets the same key.
   * @throws SwarmError `broker-unavailable`
   */
  admit(agent: AgentId): Promise<BusAddress>;
  /** A coordinator has ended: the links of its teams go with the next change. */
  forget(coordinator: string): void;
}

/** Links that nobody needs any more stay this long: the next stage of a run often has the same ones. */
const KEPT_MS = 1_000;
/** Coordinators that have teams say so every ten seconds. */
const SILENT_MS = 30_000;

/** Opens a connection of its own to the server, with which it hears who wants in and which teams there are. */
export async function openGatekeeper(
  server: NatsServer,
  options: { readonly onError: (error: unknown) => void },
): Promise<Gatekeeper> {
  const connection = await openBus(server.address, { name: "gatekeeper" });
  const gatekeeper = new ServerGatekeeper(server, connection, options.onError);
  await gatekeeper.listen();
  return gatekeeper;
}

class ServerGatekeeper implements Gatekeeper {
  readonly #server: NatsServer;
  readonly #connection: NatsConnection;
  readonly #onError: (error: unknown) => void;
  readonly #seeds = new Map<AgentId, string>();
  readonly #keys = new Map<AgentId, string>();
  /** Their keys go with the next change. */
  readonly #left = new Set<AgentId>();
  readonly #teams = new Map<
    string,
    { readonly teams: readonly LinkedTeam[]; readonly heardMs: number }
  >();
  /** In force, or being put into force. */
  #links: Links = new Map();
  #permitted: Promise<void> = Promise.resolve();
  #pending: Promise<void> | undefined;
  #narrowing: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(server: NatsServer, connection: NatsConnection, onError: (error: unknown) => void) {
    this.#server = server;
    this.#connection = connection;
    this.#onError = onError;
  }

  async listen(): Promise<void> {
    const { admit, allTeams, allHeartbeats, allGone } = openSubjects();
    for (const subject of [allHeartbeats, allGone]) {
      this.#connection.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) this.#see(message);
        },
      });
    }
    this.#serve(admit, (message) => {
      const { agent, publicKey } = decodeMessage(admission, message.data);
      return this.#let(agent, publicKey);
    });
    this.#serve(allTeams, (message) => {
      const { teams } = decodeMessage(teamsMessage, message.data);
      const coordinator = message.subject.split(".").at(-1) ?? "";
      this.#teams.set(coordinator, { teams, heardMs: performance.now() });
      return this.#link();
    });
    await this.#connection.flush();
  }

  async admit(agent: AgentId): Promise<BusAddress> {
    const seed = this.#seeds.get(agent);
    if (seed !== undefined) return { url: this.#server.address.url, seed };
    const fresh = newSeed();
    this.#seeds.set(agent, fresh);
    await this.#let(agent, nkeyOf(fresh));
    return { url: this.#server.address.url, seed: fresh };
  }

  forget(coordinator: string): void {
    if (this.#teams.delete(coordinator)) this.#narrowSoon();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#narrowing);
    await this.#connection.close();
  }

  /** An agent that was started by hand takes its key along when it leaves; one that was killed keeps it. */
  #see(message: Msg): void {
    const agent = message.subject.split(".").at(-2) as AgentId; // a key of the map, or nobody
    if (!this.#keys.has(agent) || this.#seeds.has(agent)) return;
    try {
      if (heartbeatIn(message).status !== "gone") return;
    } catch {
      return; // whoever else hears it says what is wrong with it
    }
    this.#left.add(agent);
    this.#narrowSoon();
  }

  #let(agent: AgentId, publicKey: string): Promise<void> {
    this.#left.delete(agent);
    const known = this.#keys.get(agent);
    if (known !== undefined && known !== publicKey && this.#seeds.has(agent)) {
      // An agent of ours keeps its key, whoever else wants its name.
      throw new SwarmError("usage", `an agent ${agent} belongs to this swarm already`, {
        hint: "give the other one a name of its own (CASCADE_AGENT_ID)",
      });
    }
    if (known === publicKey) return this.#permitted;
    this.#keys.set(agent, publicKey);
    return this.#permit();
  }

  /** New links are in force before this resolves; those that are not needed any more go a little later, all together. */
  #link(): Promise<void> {
    const wanted = this.#wantedLinks();
    const isWider = [...wanted].some(([agent, linked]) =>
      [...linked].some((peer) => this.#links.get(agent)?.has(peer) !== true),
    );
    if (isWider) {
      this.#links = union(this.#links, wanted);
      this.#narrowSoon();
      return this.#permit();
    }
    this.#narrowSoon();
    return this.#permitted;
  }

  #narrowSoon(): void {
    if (this.#narrowing !== undefined || this.#isClosed) return;
    this.#narrowing = setTimeout(() => {
      this.#narrowing = undefined;
      const wanted = this.#wantedLinks();
      if (countOf(wanted) === countOf(this.#links) && this.#left.size === 0) return;
      this.#links = wanted;
      for (const agent of this.#left) this.#keys.delete(agent);
      this.#left.clear();
      this.#permit().catch(this.#onError);
    }, KEPT_MS);
    this.#narrowing.unref();
  }

  #wantedLinks(): Links {
    const lateMs = performance.now() - SILENT_MS;
    for (const [coordinator, { heardMs }] of this.#teams) {
      if (heardMs < lateMs) this.#teams.delete(coordinator);
    }
    return linksOf([...this.#teams.values()].flatMap(({ teams }) => teams));
  }

  /** What changes while one change is being put into force goes with the next. */
  #permit(): Promise<void> {
    this.#pending ??= this.#permitted
      .catch(() => {}) // whoever asked for that change has heard of it
      .then(() => {
        this.#pending = undefined;
        return this.#server.permit({ agents: new Map(this.#keys), links: this.#links });
      });
    this.#permitted = this.#pending;
    return this.#pending;
  }

  #serve(subject: string, carryOut: (message: Msg) => Promise<void>): void {
    this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) void this.#answer(message, carryOut);
      },
    });
  }

  async #answer(message: Msg, carryOut: (message: Msg) => Promise<void>): Promise<void> {
    let said: AdmissionAnswer = { v: 1, status: "admitted" };
    try {
      await carryOut(message);
    } catch (error) {
      this.#onError(error);
      said = { v: 1, status: "refused", error: toErrorRecord(error) };
    }
    answer(message, encodeMessage(said));
  }
}

function union(a: Links, b: Links): Links {
  const all = new Map([...a].map(([agent, linked]) => [agent, new Set(linked)]));
  for (const [agent, linked] of b) {
    const known = all.get(agent) ?? new Set();
    all.set(agent, known);
    for (const peer of linked) known.add(peer);
  }
  return all;
}

function countOf(links: Links): number {
  return [...links.values()].reduce((sum, linked) => sum + linked.size, 0);
}
