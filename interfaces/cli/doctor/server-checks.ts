import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ADDRESS_FILE,
  addressFromEnvironment,
  type BusAddress,
  openBus,
  readAddress,
} from "../../../bus/connection.ts";
import { openGuard } from "../../../bus/server/guard-client.ts";
import { locateServer } from "../../../bus/server/locate.ts";
import type { LocatedProgram } from "../../../bus/server/program-cache.ts";
import { openServer } from "../../../bus/server/server.ts";
import { readStoredVersion } from "../../../bus/server/store-folder.ts";
import { formatVersion } from "../../../bus/server/version.ts";
import { openClient } from "../../../coordinator/client.ts";
import { lockHolder } from "../supervisor/lock.ts";
import { withoutCredentials } from "../supervisor/supervisor.ts";
import type { Check, ProbeContext } from "./check.ts";

/**
 * The server that a swarm here would use: the one that `NATS_URL` names, else the one that a start would find, or
 * fetch into the cache. It is started in a temporary folder, with JetStream, to see that it does run.
 */
export async function checkServer({ env, directory, signal }: ProbeContext): Promise<Check> {
  const name = "nats-server";
  const address = addressFromEnvironment(env);
  if (address !== undefined) {
    return judgeNamedServer(address);
  }
  const storedVersion = await readStoredVersion(join(directory, ".cascade"));
  const located = await locateServer({
    env,
    signal,
    progress: () => {},
    ...(storedVersion === undefined ? {} : { storedVersion }),
  });
  return { name, status: "ok", found: `${describe(located)}; ${await tryServer(located)}` };
}

async function judgeNamedServer(address: BusAddress): Promise<Check> {
  const name = "nats-server";
  const connection = await openBus(address, { name: "doctor", connectTimeoutMs: 3_000 });
  const { version, jetstream } = connection.info ?? {};
  await connection.close();
  const found = `${version ?? "of an unknown version"} answers at ${withoutCredentials(address.url)} (NATS_URL)`;
  return jetstream === true
    ? { name, status: "ok", found: `${found}, with JetStream` }
    : { name, status: "failed", found: `${found}, without JetStream`, remedy: "start it with -js" };
}

function describe({ version, origin, binary }: LocatedProgram): string {
  return `${formatVersion(version)} from ${origin} (${binary})`;
}

async function tryServer(located: LocatedProgram): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cascade-doctor-"));
  const guard = openGuard();
  try {
    const startedMs = performance.now();
    const server = await openServer({ server: located, folder, port: 0, sync: "always", guard });
    const ms = Math.round(performance.now() - startedMs);
    await server.close();
    const sync = server.syncsEveryWrite
      ? "every write is synced to disk"
      : "writes are synced every two minutes: 2.10 or newer syncs each";
    return `JetStream is up in ${ms} ms, ${sync}`;
  } finally {
    guard.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A swarm that runs in this directory, and whether it answers. */
export async function checkSwarm({ directory, signal }: ProbeContext): Promise<Check> {
  const name = "swarm here";
  const folder = join(directory, ".cascade");
  const holder = existsSync(folder) ? lockHolder(folder) : undefined;
  if (holder === undefined) {
    return { name, status: "absent", found: "none runs", remedy: "npm run swarm starts one" };
  }
  const { pid } = holder;
  const address = readAddress(join(directory, ADDRESS_FILE));
  await using client = await openClient(address, { connectTimeoutMs: 2_000 });
  await client.ready(signal);
  const agents = await client.agents();
  const names = agents.map(({ agent }) => agent).sort();
  return {
    name,
    status: "ok",
    found: `process ${pid} at ${withoutCredentials(address.url)}, ${names.length} agents: ${names.join(", ")}`,
  };
}
