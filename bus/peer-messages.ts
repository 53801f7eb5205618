import { z } from "zod";
import type { JsonObject } from "../core/json.ts";
import { agentId, errorRecord, json, task, v } from "./messages.ts";

/** Which stage a message between members is about, and the team in which it travels. */
const about = {
  v,
  from: agentId,
  ...task.pick({ run: true, stage: true }).shape,
  team: task.shape.team.unwrap(),
};
const topic = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be a token");
const object = z.custom<JsonObject>((data) => typeof data === "object" && data !== null);

/** Request to `peer.<from>.<to>.note`: something that tasks of the stage may read there. */
export const peerNote = z.object({ ...about, topic, body: json });

/** Request to `peer.<from>.<to>.ask`: carry out a skill for a task of the stage. */
export const peerAsk = z.object({
  ...about,
  ...task.pick({ index: true, attempt: true, cascade: true, directory: true, skill: true }).shape,
  /** The version that the run is pinned to, when the task is of this skill itself. */
  digest: task.shape.digest,
  inputs: object,
});
export type PeerAsk = z.infer<typeof peerAsk>;

/** Answer to both; `output` is that of the skill. */
export const peerAnswer = z.union([
  z.object({ v, output: object.exactOptional() }),
  z.object({ error: errorRecord }),
]);
