import { fromErrorRecord, SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import { openSubjects } from "../core/subjects.ts";
import { type BusAddress, openBus } from "./connection.ts";
import { isUnheard } from "./failures.ts";
import { decodeMessage, encodeMessage } from "./messages.ts";
import { newSeed, nkeyOf } from "./nkey.ts";
import { type AdmissionRequest, admissionAnswer } from "./permission-messages.ts";

const ADMISSION_TIMEOUT_MS = 10_000;

/**
 * How an agent that was started by hand reaches the server: where agents have to be let in it makes a key of its own, of which
 * the secret half stays in this process, and asks with the operator's address that it be let in. Elsewhere the address is its own.
 * @throws SwarmError `broker-unavailable`, or why it is not let in
 */
export async function askToBeAdmitted(operator: BusAddress, agent: AgentId): Promise<BusAddress> {
  if (operator.admits !== true) return operator;
  const seed = newSeed();
  const connection = await openBus(operator, { name: `${agent}`.slice(0, 55).concat("-joining") });
  try {
    const request: AdmissionRequest = { v: 1, agent, publicKey: nkeyOf(seed) };
    const answered = await connection.request(openSubjects().admit, encodeMessage(request), {
      timeout: ADMISSION_TIMEOUT_MS,
    });
    const answer = decodeMessage(admissionAnswer, answered.data);
    if (answer.status === "refused") throw fromErrorRecord(answer.error);
  } catch (error) {
    if (!isUnheard(error)) throw error;
    throw new SwarmError("broker-unavailable", `nobody lets ${agent} in at ${operator.url}`, {
      disposition: "retry",
      hint: "the swarm is starting or stopping: try again when it says that it is ready",
      cause: error,
    });
  } finally {
    await connection.close();
  }
  return { url: operator.url, seed };
}
