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
  const subject = `$SRV.INFO.${AGENT_SERVICE}`;
  const infos = await askAll(connection, subject, new Uint8Array(), DISCOVERY_WINDOW_MS);
  const ids = infos
    .map((info) => info.json<{ readonly metadata?: Record<string, string> }>().metadata?.["agent"])
    .filter(isToken)
    .map(parseAgentId);
  const reports = await Promise.all(ids.map((agentId) => askReport(connection, subjects, agentId)));
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
