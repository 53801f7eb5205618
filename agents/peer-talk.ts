import type { Msg } from "nats";
import pLimit from "p-limit";
import type { Logger } from "pino";
import { decodeMessage, encodeMessage, type Task } from "../bus/messages.ts";
import { type PeerAsk, peerAnswer, peerAsk, peerNote } from "../bus/peer-messages.ts";
import { answer } from "../bus/requests.ts";
import type { Clock } from "../core/clock.ts";
import { fromErrorRecord, SwarmError, toErrorRecord } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { refuseOver } from "../core/limits.ts";
import type { PeerDelivery } from "../core/peers.ts";
import { mayTalk } from "../core/topology.ts";
import { TOPOLOGIES } from "../topology/registry.ts";
import { LoopGuard } from "./loop-guard.ts";
import { Mailboxes } from "./mailboxes.ts";
import type { Peers } from "./peers.ts";
import type { Secrets } from "./secrets.ts";
import { type AskPeers, noPeers, type PeerFinding, type PeerQuestion } from "./skill-peers.ts";

export interface PeerTalkOptions {
  readonly agentId: AgentId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly peers: Peers;
  /** No secret leaves the agent in what its tasks tell others. */
  readonly secrets: Secrets;
  /** Carries out a skill for a task that runs at a peer. */
  readonly carryOut: (asked: PeerAsk) => Promise<JsonObject>;
}

type Team = NonNullable<Task["team"]>;

const NOTE_TIMEOUT_MS = 1_000;
/** The other member does it beside its own work, after those that asked before. */
const ASK_TIMEOUT_MS = 60_000;

/** What tasks of one team say to one another, along the links of its topology. */
export class PeerTalk {
  readonly #options: PeerTalkOptions;
  readonly #mail = new Mailboxes();
  readonly #loops: LoopGuard;
  readonly #oneByOne = pLimit(1);

  constructor(options: PeerTalkOptions) {
    this.#options = options;
    this.#loops = new LoopGuard(options.clock);
  }

  /** What a task may ask of the others. */
  of(task: Task): AskPeers {
    const { team } = task;
    if (team === undefined) return noPeers;
    return (question) => this.#answer(task, team, question);
  }

  /** A note of a peer, which is kept for the tasks of its stage. @throws SwarmError `invalid-message` */
  receiveNote(message: Msg, peer: AgentId): void {
    const { from, run, stage, team, topic, body } = decodeMessage(peerNote, message.data);
    this.#refuseStranger(peer, from, team);
    this.#mail.keep(run, stage, { from, topic, body });
    answer(message, encodeMessage({ v: 1 }));
  }

  /** A peer wants a skill carried out. @throws SwarmError `invalid-message` */
  receiveAsk(message: Msg, peer: AgentId): void {
    const asked = decodeMessage(peerAsk, message.data);
    this.#refuseStranger(peer, asked.from, asked.team);
    void this.#carryOut(asked).then((said) => answer(message, encodeMessage(said)));
  }

  async #carryOut(asked: PeerAsk): Promise<object> {
    try {
      refuseOver("peerAsksWaiting", this.#oneByOne.pendingCount + 1);
      const output = await this.#oneByOne(() => this.#options.carryOut(asked));
      refuseOver("peerAnswerBytes", Buffer.byteLength(JSON.stringify(output)));
      return { v: 1, output };
    } catch (error) {
      return { error: toErrorRecord(error) };
    }
  }

  async #answer(task: Task, team: Team, question: PeerQuestion): Promise<PeerFinding> {
    switch (question.op) {
      case "neighbours":
        return this.#neighbours(team);
      case "received":
        return this.#mail.of(task.run, task.stage, question.topic);
      case "send": {
        const all = question.to === undefined ? this.#neighbours(team) : [question.to];
        return Promise.all(all.map((to) => this.#send(task, team, { ...question, to })));
      }
      case "ask":
        return this.#ask(task, team, question);
      default:
        return question satisfies never;
    }
  }

  #neighbours({ topology, members }: Team): readonly AgentId[] {
    const { agentId, peers } = this.#options;
    return TOPOLOGIES[topology].neighbours(agentId, peers.present(members));
  }

  async #send(
    task: Task,
    team: Team,
    { to, topic, body }: { readonly to: AgentId; readonly topic: string; readonly body: Json },
  ): Promise<PeerDelivery> {
    const { agentId, peers, secrets, logger } = this.#options;
    this.#refuseUnlinked(team, to);
    const { run, stage } = task;
    const { value } = secrets.scrubbed(body);
    const message = { v: 1, from: agentId, run, stage, team, topic, body: value };
    refuseOver("peerMessageBytes", Buffer.byteLength(JSON.stringify(value)));
    const passed = this.#loops.check(agentId, to, JSON.stringify([run, stage, topic, value]));
    if (passed === "dropped-first")
      logger.warn({ event: "peer.loop_broken", runId: run, stageId: stage, to, topic });
    if (passed !== "send") return { to, status: "dropped" };
    const asked = await peers.ask(to, "note", message, NOTE_TIMEOUT_MS);
    return { to, status: asked.status === "answered" ? "delivered" : "unheard" };
  }

  async #ask(
    task: Task,
    team: Team,
    { to, skill, inputs }: Extract<PeerQuestion, { readonly op: "ask" }>,
  ): Promise<JsonObject> {
    const { agentId, peers, secrets } = this.#options;
    this.#refuseUnlinked(team, to);
    const { run, stage, index, attempt, cascade, directory } = task;
    const { value } = secrets.scrubbed(inputs);
    refuseOver("peerMessageBytes", Buffer.byteLength(JSON.stringify(value)));
    const about = { v: 1, from: agentId, run, stage, team, index, attempt, cascade, directory };
    const version =
      skill === task.skill && task.digest !== undefined ? { digest: task.digest } : {};
    const asked = await peers.ask(
      to,
      "ask",
      { ...about, ...version, skill, inputs: value },
      ASK_TIMEOUT_MS,
    );
    if (asked.status !== "answered")
      throw new SwarmError("peer-silent", `${to} did not carry out ${skill}: ${asked.status}`, {
        disposition: "retry",
      });
    const said = decodeMessage(peerAnswer, asked.message.data);
    if ("error" in said) throw fromErrorRecord(said.error);
    return said.output ?? {};
  }

  /** At the sender: a message along a link that is not there is never sent. */
  #refuseUnlinked({ topology, members }: Team, to: AgentId): void {
    const { agentId: from, peers } = this.#options;
    if (mayTalk(TOPOLOGIES[topology], { from, to }, peers.present(members))) return;
    throw new SwarmError("peer-unlinked", `a ${topology} has no link from ${from} to ${to}`, {
      hint: "ask `peers.neighbours()` whom a task may send to",
    });
  }

  /** At the receiver: whoever else is there, the topology must be able to have the link. */
  #refuseStranger(peer: AgentId, from: AgentId, { topology, members }: Team): void {
    const { agentId: to } = this.#options;
    if (peer !== from)
      throw new SwarmError("invalid-message", `${peer} speaks in the name of ${from}`);
    const both = members.filter((member) => member === from || member === to);
    if (mayTalk(TOPOLOGIES[topology], { from, to }, both)) return;
    throw new SwarmError("invalid-message", `a ${topology} has no link from ${from} to ${to}`);
  }
}
