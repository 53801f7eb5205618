import { SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import { isToken } from "../core/ids.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { PeerDelivery, PeerNote, SkillPeers } from "../core/peers.ts";

/** What a task wants of the other members; plain data, so that worker threads can ask it of their agent. */
export type PeerQuestion =
  | { readonly op: "neighbours" }
  | { readonly op: "received"; readonly topic: string }
  | {
      readonly op: "send";
      /** Undefined: all neighbours. */
      readonly to: AgentId | undefined;
      readonly topic: string;
      readonly body: Json;
    }
  | {
      readonly op: "ask";
      readonly to: AgentId;
      readonly skill: string;
      readonly inputs: JsonObject;
    };

/** The answers, by the question's `op`. */
export interface PeerFindings {
  readonly neighbours: readonly AgentId[];
  readonly received: readonly PeerNote[];
  readonly send: readonly PeerDelivery[];
  readonly ask: JsonObject;
}
export type PeerFinding = PeerFindings[keyof PeerFindings];

/** Contract: answers what `PeerFindings` has for the question. */
export type AskPeers = (question: PeerQuestion) => Promise<PeerFinding>;

/** Of a task whose stage has no swarm. */
export const noPeers: AskPeers = async (question) => {
  if (question.op === "neighbours" || question.op === "received") return [];
  if (question.op === "send" && question.to === undefined) return [];
  throw new SwarmError("peer-unlinked", "this task is in no team", {
    hint: "only stages with `swarm_config` have one",
  });
};

/** What a skill sees of the other members, in the agent's own thread or in one of its worker threads. */
export function openSkillPeers(ask: AskPeers): SkillPeers {
  async function find<Op extends PeerQuestion["op"]>(
    question: PeerQuestion & { readonly op: Op },
  ): Promise<PeerFindings[Op]> {
    return (await ask(question)) as PeerFindings[Op];
  }
  return {
    neighbours: () => find({ op: "neighbours" }),
    received: (topic) => find({ op: "received", topic: checkedTopic(topic) }),
    async send(to, topic, body) {
      const [delivery] = await find({ op: "send", to, topic: checkedTopic(topic), body });
      if (delivery === undefined) throw new Error("a note to one member has one delivery");
      return delivery;
    },
    broadcast: (topic, body) =>
      find({ op: "send", to: undefined, topic: checkedTopic(topic), body }),
    ask: (to, skill, inputs) => find({ op: "ask", to, skill, inputs }),
  };
}

function checkedTopic(topic: string): string {
  if (isToken(topic)) return topic;
  throw new SwarmError("invalid-input", `${JSON.stringify(topic)} is no topic of a note`, {
    hint: "use 1 to 64 letters, digits, hyphens or underscores",
  });
}
