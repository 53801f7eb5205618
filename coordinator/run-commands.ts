import type { Msg, Subscription } from "nats";
import { failureOf, isUnheard } from "../bus/failures.ts";
import { decodeMessage, encodeMessage, type RunCommand, runCommand } from "../bus/messages.ts";
import { answer } from "../bus/requests.ts";
import { SwarmError, toErrorRecord } from "../core/errors.ts";
import type { RunId } from "../core/ids.ts";
import { shardOf } from "../core/shard.ts";
import type { LogAccess } from "../store/shard-log.ts";
import type { Conductor } from "./conductor.ts";
import { refusalOf, refuseSignal } from "./pauses.ts";
import type { RunReader } from "./run-reader.ts";
import type { RunState } from "./run-state.ts";
import type { ShardOwner } from "./shard-owner.ts";

const QUEUE_GROUP = "coordinators";
/** A shard that changes hands has an owner again within about the lease; the sender asks again. */
const PASS_ON_TIMEOUT_MS = 2_000;

/** Passes what anyone asks of a run on to the owner of its shard, so that nobody outside needs to know shards. */
export function passCommandsOn({ connection, subjects }: LogAccess): Subscription {
  const passOn = async (message: Msg): Promise<void> => {
    try {
      const { run } = decodeMessage(runCommand, message.data);
      const subject = subjects.controlOf(shardOf(run));
      const answered = await connection.request(subject, message.data, {
        timeout: PASS_ON_TIMEOUT_MS,
      });
      answer(message, answered.data);
    } catch (error) {
      answer(message, encodeMessage({ error: toErrorRecord(unanswered(error)) }));
    }
  };
  return connection.subscribe(subjects.control, {
    queue: QUEUE_GROUP,
    callback: (error, message) => {
      if (error === null) void passOn(message);
    },
  });
}

/** Carries out what is asked of the runs of a shard, and answers when it is stored. */
export function takeCommands(
  options: {
    readonly access: LogAccess;
    readonly conductor: Conductor;
    readonly reader: RunReader;
  },
  owner: ShardOwner,
): Subscription {
  const { connection, subjects } = options.access;
  return connection.subscribe(subjects.controlOf(owner.shard), {
    callback: (error, message) => {
      if (error === null) void take(options, owner, message);
    },
  });
}

async function take(
  { conductor, reader }: { readonly conductor: Conductor; readonly reader: RunReader },
  owner: ShardOwner,
  message: Msg,
): Promise<void> {
  try {
    const command = decodeMessage(runCommand, message.data);
    const run = owner.runs.get(command.run);
    if (run === undefined || run.ended) throw await overOrUnknown(reader, owner, command.run);
    carryOut(conductor, owner, run, command);
    const { runId, n } = run;
    owner.afterStored(() => answer(message, encodeMessage({ v: 1, run: runId, n })));
  } catch (error) {
    answer(message, encodeMessage({ error: toErrorRecord(error) }));
  }
}

/** @throws SwarmError when the run cannot do that */
function carryOut(
  conductor: Conductor,
  owner: ShardOwner,
  run: RunState,
  command: RunCommand,
): void {
  const { by } = command;
  switch (command.command) {
    case "cancel":
      conductor.cancel(owner, run, by, command.reason);
      return;
    case "pause":
      conductor.pause(owner, run, by, command.reason);
      return;
    case "resume":
      conductor.resume(owner, run, by);
      return;
    case "approve": {
      const refused = refusalOf(run, command);
      if (refused !== undefined) throw refused;
      conductor.answer(owner, run, command);
      return;
    }
    case "signal": {
      const { name, data, id } = command;
      refuseSignal(run, { name, data, by, id });
      conductor.signal(owner, run, { name, data, by, id });
      return;
    }
    default:
      command satisfies never;
  }
}

async function overOrUnknown(
  reader: RunReader,
  owner: ShardOwner,
  run: RunId,
): Promise<SwarmError> {
  const isKnown = await reader.has(owner, run);
  if (isKnown) return new SwarmError("run-ended", `the run ${run} has ended already`);
  return new SwarmError("unknown-run", `no run ${run}`);
}

function unanswered(error: unknown): unknown {
  if (!isUnheard(error) && failureOf(error) !== "unknown") return error;
  return new SwarmError("coordinator-unavailable", "nobody owns the run's shard now", {
    disposition: "retry",
    hint: "ask again: another coordinator takes it over within seconds",
    cause: error,
  });
}
