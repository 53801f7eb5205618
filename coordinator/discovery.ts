import type { NatsConnection } from "nats";
import { failureOf, isUnheard } from "../bus/failures.ts";
import {
  type ControlAnswer,
  controlAnswer,
  decodeMessage,
  encodeMessage,
} from "../bus/messages.ts";
import { askAll } from "../bus/requests.ts";
import { type AgentId, isToken, parseAgentId } from "../core/ids.ts";
import { AGENT_SERVICE, type Subjects } from "../core/subjects.ts";

const DISCOVERY_WINDOW_MS = 300;
const REPORT_TIMEOUT_MS = 1_000;

/**
 * Asks who is there by NATS service discovery, then each for what it holds.
 * A sample, never proof of absence: an agent may answer after the window.
 */
export async function discoverAgents(
  connection: NatsConnection,
  subjects: Subjects,
): Promise<readonly ControlAnswer[]> {
  return reportsOf(connection, subjects, await discoverAgentIds(connection));
}

/** The agents that answer within the discovery window. */
export async function discoverAgentIds(connection: NatsConnection): Promise<readonly AgentId[]> {
  const subject = `$SRV.PING.${AGENT_SERVICE}`;
  const answers = await askAll(connection, subject, new Uint8Array(), DISCOVERY_WINDOW_MS);
  return answers
    .map((info) => info.json<{ readonly metadata?: Record<string, string> }>().metadata?.["agent"])
    .filter(isToken)
    .map(parseAgentId);
}

/** What each of them holds; those that do not answer are left out. */
export async function reportsOf(
  connection: NatsConnection,
  subjects: Subjects,
  agentIds: readonly AgentId[],
): Promise<readonly ControlAnswer[]> {
  const reports = await Promise.all(
    agentIds.map((agentId) => askReport(connection, subjects, agentId)),
  );
  return reports.filter((report) => report !== undefined);
}

async function askReport(
  connection: NatsConnection,
  subjects: Subjects,
  agentId: AgentId,
): Promise<ControlAnswer | undefined> {
  const command = encodeMessage({ v: 1, command: "report" });
  try {
    const message = await connection.request(subjects.agentControl(agentId), command, {
      timeout: REPORT_TIMEOUT_MS,
    });
    return decodeMessage(controlAnswer, message.data);
  } catch (error) {
    if (isUnheard(error) || failureOf(error) === "unknown") return undefined; // it left meanwhile
    throw error;
  }
}
