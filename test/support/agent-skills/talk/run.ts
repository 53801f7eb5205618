import { toErrorRecord } from "../../../../core/errors.ts";
import { parseAgentId } from "../../../../core/ids.ts";
import type { Json, JsonObject } from "../../../../core/json.ts";
import type { SkillPeers } from "../../../../core/peers.ts";
import type { SkillRun } from "../../../../core/skill.ts";

export const run: SkillRun = async ({ steps }, { peers }) => {
  const answers: Json[] = [];
  for (const step of steps as readonly (readonly Json[])[]) {
    try {
      answers.push((await done(peers, step)) as Json);
    } catch (error) {
      answers.push(toErrorRecord(error).code);
    }
  }
  return { answers };
};

function done(peers: SkillPeers, [what, ...given]: readonly Json[]): Promise<unknown> {
  const [first, second, third = null] = given;
  switch (what) {
    case "neighbours":
      return peers.neighbours();
    case "send":
      return peers.send(parseAgentId(first), String(second), third);
    case "broadcast":
      return peers.broadcast(String(first), second ?? null);
    case "received":
      return peers.received(String(first));
    default:
      return peers.ask(parseAgentId(first), String(second), third as JsonObject);
  }
}
