import { type AgentId, parseAgentId } from "../core/ids.ts";
import { openSubjects } from "../core/subjects.ts";
import { type BusAddress, openBus } from "./connection.ts";
import { isForbidden, isUnheard } from "./failures.ts";
import { encodeMessage, type Heartbeat } from "./messages.ts";

const CONNECT_TIMEOUT_MS = 3_000;
const ANSWER_TIMEOUT_MS = 1_000;

/**
 * Sends a message along an edge that no topology has, in the name of an agent that does not exist, to another one that does not
 * exist either. Answers whether the server refused it.
 * @param name of whoever tries; an agent that was let in for it is forgotten afterwards
 * @throws SwarmError `broker-unavailable`
 */
export async function isForgeryRefused(address: BusAddress, name: AgentId): Promise<boolean> {
  const connection = await openBus(address, { name, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  const subjects = openSubjects();
  try {
    const edge = subjects.peer(`${name}-forged`, `${name}-nobody`, "task");
    await connection.request(edge, new Uint8Array(), { timeout: ANSWER_TIMEOUT_MS });
    return false;
  } catch (error) {
    if (isForbidden(error)) return true;
    if (isUnheard(error)) return false;
    throw error;
  } finally {
    connection.publish(subjects.agentHeartbeat(name), encodeMessage(farewellOf(name)));
    await connection.flush();
    await connection.close();
  }
}

function farewellOf(name: AgentId): Heartbeat {
  const none = { light: 0, heavy: 0, sandbox: 0 };
  return {
    ...{ v: 1, agent: parseAgentId(name), host: "", status: "gone" },
    ...{ slots: none, busy: none, skills: [] },
  };
}
