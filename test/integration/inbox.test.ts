import pino from "pino";
import { describe, expect, it, vi } from "vitest";
import { encodeMessage } from "../../bus/messages.ts";
import { openInbox } from "../../coordinator/inbox.ts";
import type { Results } from "../../coordinator/results.ts";
import type { ShardOwner } from "../../coordinator/shard-owner.ts";
import { SwarmError } from "../../core/errors.ts";
import type { CoordinatorId } from "../../core/ids.ts";
import { openTestAccess } from "../support/log-access.ts";
import { startTestServer } from "../support/nats.ts";

/** Hands one job over to an owner that makes its run as told, and answers the runs it was asked for. */
async function handOver(createRun: (attempt: number) => Promise<void>, until: () => void) {
  await using server = await startTestServer();
  await using access = await openTestAccess(server);
  const { jetstream, manager, subjects } = access;
  const owner = { shard: 0, afterStored: (then: () => void) => then() } as ShardOwner;
  let attempts = 0;
  const inbox = await openInbox(
    {
      jetstream,
      manager,
      subjects,
      logger: pino({ level: "silent" }),
      results: {} as Results,
      cancel: () => {},
      approve: () => {},
      createRun: () => createRun(++attempts),
    },
    owner,
  );
  const job = { cascade: "pauses" };
  await jetstream.publish(
    subjects.inbox(0, "job", "coordinator-a" as CoordinatorId),
    encodeMessage({ v: 1, runId: "r00000000-000000000000", job }),
  );
  await vi.waitFor(until, 10_000);
  await vi.waitFor(async () => {
    const { num_ack_pending, num_pending } = await manager.consumers.info(
      subjects.streams.inbox,
      "owner-0",
    );
    expect({ num_ack_pending, num_pending }).toEqual({ num_ack_pending: 0, num_pending: 0 });
  }, 10_000);
  inbox.stop();
  const dead = await manager.streams.info(subjects.streams.dead);
  return { attempts, dead: dead.state.messages };
}

describe("a job that was handed over", () => {
  it("comes again after a time-out of its owner", async () => {
    const created = vi.fn();
    const result = await handOver(
      async (attempt) => {
        if (attempt === 1) throw new Error("TIMEOUT");
        created();
      },
      () => expect(created).toHaveBeenCalledOnce(),
    );
    expect(result).toEqual({ attempts: 2, dead: 0 });
  });

  it("that cannot be a run is kept as a dead letter", async () => {
    const asked = vi.fn();
    const result = await handOver(
      async () => {
        asked();
        throw new SwarmError("invalid-job", "no such cascade");
      },
      () => expect(asked).toHaveBeenCalledOnce(),
    );
    expect(result).toEqual({ attempts: 1, dead: 1 });
  });
});
