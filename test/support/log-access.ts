import { openBus } from "../../bus/connection.ts";
import { followLink } from "../../bus/link.ts";
import { ensureStreams } from "../../bus/streams.ts";
import { systemClock } from "../../core/clock.ts";
import { openSubjects } from "../../core/subjects.ts";
import type { LogAccess } from "../../store/shard-log.ts";
import type { TestServer } from "./nats.ts";

/** A connection to a test server with all streams there, as a coordinator has it. */
export async function openTestAccess(server: TestServer): Promise<LogAccess & AsyncDisposable> {
  const connection = await openBus(server.address, { name: "test" });
  const subjects = openSubjects();
  await ensureStreams(connection, subjects);
  return {
    connection,
    subjects,
    link: followLink(connection),
    clock: systemClock,
    jetstream: connection.jetstream(),
    manager: await connection.jetstreamManager(),
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
