import { openBus } from "../../../bus/connection.ts";
import { isUnheard } from "../../../bus/failures.ts";
import { decodeMessage, encodeMessage } from "../../../bus/messages.ts";
import { type Scaled, scaleAnswer } from "../../../bus/supervisor-messages.ts";
import { fromErrorRecord, SwarmError } from "../../../core/errors.ts";
import { openSubjects } from "../../../core/subjects.ts";
import { EXIT } from "../exit-code.ts";
import { supervisorIdOf } from "../supervisor/supervisor-id.ts";
import { addressHere } from "../swarm-address.ts";
import type { AgentsCommand } from "./command.ts";

type Scale = Extract<AgentsCommand, { readonly action: "scale" }>;

const CONNECT_TIMEOUT_MS = 2_000;
/** Beside the time to drain: for agents that start, and for those that have to be killed. */
const ANSWER_GRACE_MS = 45_000;

/** Asks the supervisor of the directory, and tells what it did. @throws SwarmError `coordinator-unavailable` when there is none */
export async function scaleAgents(
  { count, drainMs, json }: Scale,
  directory: string,
): Promise<number> {
  const connection = await openBus(addressHere(directory), {
    name: "scale",
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  });
  try {
    const subject = openSubjects().supervisorScale(await supervisorIdOf(directory));
    const order = encodeMessage({ v: 1, agents: count, drainMs });
    const message = await connection
      .request(subject, order, { timeout: drainMs + ANSWER_GRACE_MS })
      .catch((error: unknown) => {
        throw isUnheard(error) ? noSupervisor(error) : error;
      });
    const answer = decodeMessage(scaleAnswer, message.data);
    if ("error" in answer) throw fromErrorRecord(answer.error);
    const { v: _, ...done } = answer;
    process.stdout.write(
      json
        ? `${JSON.stringify({ schemaVersion: 1, ...done })}\n`
        : `${scaledLines(answer).join("\n")}\n`,
    );
    return EXIT.ok;
  } finally {
    await connection.close();
  }
}

/** What was done, for people. Pure. */
export function scaledLines({
  agents,
  started,
  ended,
  killed,
}: Omit<Scaled, "v">): readonly string[] {
  const drained = ended.filter((agent) => !killed.includes(agent));
  const nothing = started.length === 0 && ended.length === 0;
  return [
    ...(started.length === 0 ? [] : [`started  ${started.join(", ")}`]),
    ...(drained.length === 0 ? [] : [`drained  ${drained.join(", ")}, then ended`]),
    ...(killed.length === 0 ? [] : [`killed   ${killed.join(", ")}: not drained in time`]),
    ...(nothing ? ["nothing to do"] : []),
    agents.length === 0
      ? "running  none: tasks wait until there is one again"
      : `running  ${agents.length}: ${agents.join(", ")}`,
  ];
}

function noSupervisor(cause: unknown): SwarmError {
  return new SwarmError("coordinator-unavailable", "no supervisor of this directory answers", {
    hint: "the agents of a swarm are scaled where it was started; elsewhere, start and stop `npm run agent`",
    cause,
  });
}
