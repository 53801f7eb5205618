import { createHash } from "node:crypto";
import type { KV } from "nats";
import { z } from "zod";
import { failureOf } from "../bus/failures.ts";
import { SwarmError } from "../core/errors.ts";
import { parseRunId, type RunId } from "../core/ids.ts";
import type { LogAccess } from "./shard-log.ts";

/** KV `cascade_key`: which run a client's key belongs to. Keys are hashed before they become part of a name. */
export interface JobKeys {
  /**
   * Claims the key for `runId`, or answers the run that has it.
   * @throws SwarmError `idempotency-conflict` when the key was used with another body
   */
  claim(key: string, body: Uint8Array, runId: RunId): Promise<RunId>;
}

const claimSchema = z.object({ runId: z.string(), bodyHash: z.string() });

export async function openJobKeys(
  access: Pick<LogAccess, "jetstream" | "subjects">,
): Promise<JobKeys> {
  const kv: KV = await access.jetstream.views.kv(access.subjects.buckets.key, { history: 1 });
  return {
    async claim(key, body, runId) {
      const name = sha256(Buffer.from(key));
      const bodyHash = sha256(body);
      try {
        await kv.create(name, JSON.stringify({ runId, bodyHash }));
        return runId;
      } catch (error) {
        if (failureOf(error) !== "wrong-sequence") throw error;
      }
      const entry = await kv.get(name);
      if (entry === null)
        throw new SwarmError("storage-full", "the key vanished while it was read", {
          disposition: "retry",
        });
      const claim = claimSchema.parse(entry.json());
      if (claim.bodyHash === bodyHash) return parseRunId(claim.runId);
      throw new SwarmError(
        "idempotency-conflict",
        `this key belongs to run ${claim.runId}, whose job was another`,
        {
          location: { pointer: "/key" },
          hint: "use a new key for a new job",
        },
      );
    },
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
