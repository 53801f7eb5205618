import { join } from "node:path";
import { addressFromEnvironment } from "../../../bus/connection.ts";
import { syncsEveryWrite } from "../../../bus/server/config.ts";
import { locateServer } from "../../../bus/server/locate.ts";
import { readStoredVersion } from "../../../bus/server/store-folder.ts";
import { formatVersion, type ProgramVersion } from "../../../bus/server/version.ts";
import type { Check, ProbeContext } from "./check.ts";

const NAME = "durability";

/** What it is worth when a job was answered: see docs/operations.md. */
export async function checkDurability({ env, directory, signal }: ProbeContext): Promise<Check> {
  if (addressFromEnvironment(env) !== undefined) {
    return {
      name: NAME,
      status: "ok",
      found:
        "what was answered outlives killed processes; whether a power cut, is up to the server that NATS_URL names (sync_interval, replicas)",
    };
  }
  const storedVersion = await readStoredVersion(join(directory, ".cascade"));
  const { version } = await locateServer({
    env,
    signal,
    progress: () => {},
    ...(storedVersion === undefined ? {} : { storedVersion }),
  });
  return durabilityOf(version, env["CASCADE_SYNC"]);
}

/** What a server of this version promises with this setting. Pure. */
export function durabilityOf(version: ProgramVersion, setting: string | undefined): Check {
  const sync = setting === "default" ? "default" : "always";
  if (syncsEveryWrite({ version, sync })) {
    const found =
      "what was answered outlives killed processes and power cuts; one copy, on this disk";
    return { name: NAME, status: "ok", found };
  }
  const found =
    "what was answered outlives killed processes; a power cut may take the last two minutes";
  const remedy =
    sync === "default"
      ? "without CASCADE_SYNC=default every write is synced, where the server can"
      : `nats-server ${formatVersion(version)} cannot sync every write: 2.10 or newer can`;
  return { name: NAME, status: "ok", found, remedy };
}
