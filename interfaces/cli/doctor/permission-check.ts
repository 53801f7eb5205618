import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { askToBeAdmitted } from "../../../bus/admission.ts";
import {
  ADDRESS_FILE,
  addressFromEnvironment,
  type BusAddress,
  readAddress,
} from "../../../bus/connection.ts";
import { isForgeryRefused } from "../../../bus/forged-edge.ts";
import { newMemberId, parseAgentId } from "../../../core/ids.ts";
import { lockHolder } from "../supervisor/lock.ts";
import { withoutCredentials } from "../supervisor/supervisor.ts";
import type { Check, ProbeContext } from "./check.ts";

const NAME = "permissions";
const REMEDY = "npm run cascade -- permissions prints the accounts that your server needs";

/**
 * Whether the server keeps agents apart, found out by trying: a message along an edge that no topology has, in the name of an agent
 * that does not exist. On the server of a swarm that runs here an agent is let in for it; elsewhere it is sent with what the
 * environment names.
 */
export async function checkPermissions({ env, directory }: ProbeContext): Promise<Check> {
  const named = addressFromEnvironment(env);
  const agent = parseAgentId(newMemberId("doctor", randomBytes));
  if (named !== undefined) return judge(await isForgeryRefused(named, agent), named);
  const folder = join(directory, ".cascade");
  if (!existsSync(folder) || lockHolder(folder) === undefined) {
    const found = "no swarm runs here: one that is started without NATS_URL enforces them";
    return { name: NAME, status: "absent", found };
  }
  const operator = readAddress(join(directory, ADDRESS_FILE));
  const own = await askToBeAdmitted(operator, agent);
  return judge(await isForgeryRefused(own, agent), operator);
}

/** Pure. @param refused what the server did not let through */
export function judge(refused: boolean, { url }: Pick<BusAddress, "url">): Check {
  const where = withoutCredentials(url);
  return refused
    ? { name: NAME, status: "ok", found: `enforced by ${where}: a forged edge was refused` }
    : {
        name: NAME,
        status: "absent",
        found: `NOT enforced by ${where}: a message in another agent's name was let through`,
        remedy: REMEDY,
      };
}
