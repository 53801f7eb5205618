import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type BusAddress, readAddress } from "../../../bus/connection.ts";
import { newSeed, nkeyOf } from "../../../bus/nkey.ts";
import { accountsText } from "../../../bus/server/accounts.ts";
import { writePrivate } from "../../../bus/server/store-folder.ts";
import { SwarmError } from "../../../core/errors.ts";
import { inboxOf, openSubjects } from "../../../core/subjects.ts";
import { linksOf, SUBMITTER_NAME } from "../../../topology/permissions.ts";
import type { PermissionsCommand } from "../commands.ts";
import { EXIT } from "../exit-code.ts";
import { withoutCredentials } from "../supervisor/supervisor.ts";

const DEFAULT_URL = "nats://127.0.0.1:4222";
const COORDINATOR = "coordinator";

/**
 * Prints the `accounts` of a nats-server's configuration, with public keys only. The secret ones are made once and kept in
 * `.cascade/keys`, a file for each member that only its owner can read.
 */
export async function runPermissions(
  { agents, topology }: PermissionsCommand,
  { directory }: { readonly directory: string },
): Promise<number> {
  const reserved = agents.find((agent) => [COORDINATOR, SUBMITTER_NAME].includes(agent));
  if (reserved !== undefined || new Set(agents).size < agents.length)
    throw new SwarmError(
      "usage",
      `agents need names of their own, and none is ${COORDINATOR} or ${SUBMITTER_NAME}`,
    );
  const folder = join(directory, ".cascade", "keys");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const keyOf = (name: string, inboxPrefix?: string): Promise<string> =>
    keptKey(join(folder, `${name}.json`), inboxPrefix);
  const keys = new Map<(typeof agents)[number], string>();
  for (const agent of agents) keys.set(agent, await keyOf(agent));
  const text = accountsText(
    {
      subjects: openSubjects(),
      agents: keys,
      links: linksOf([{ topology, members: agents }]),
      submitter: await keyOf(SUBMITTER_NAME, inboxOf(SUBMITTER_NAME)),
    },
    await keyOf(COORDINATOR),
  );
  process.stdout.write(text);
  process.stderr.write(`The secret keys are in ${folder}, one file for each:
  CASCADE_NATS_FILE=${join(folder, `${COORDINATOR}.json`)} npm run coordinator
${agents.map((agent) => `  CASCADE_AGENT_ID=${agent} CASCADE_NATS_FILE=${join(folder, `${agent}.json`)} npm run agent`).join("\n")}
Put what is printed into the server's configuration and reload it (nats-server --signal reload).
`);
  return EXIT.ok;
}

/** The public key of the member whose file it is; the file is written when it is not there. */
async function keptKey(file: string, inboxPrefix: string | undefined): Promise<string> {
  const known = existsSync(file) ? readAddress(file) : undefined;
  const seed = known?.seed ?? newSeed();
  const url = withoutCredentials(process.env["NATS_URL"] || known?.url || DEFAULT_URL);
  const address: BusAddress = { url, seed, ...(inboxPrefix === undefined ? {} : { inboxPrefix }) };
  await writePrivate(file, `${JSON.stringify(address)}\n`);
  return nkeyOf(seed);
}
