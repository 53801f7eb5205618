import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import { runsWith } from "./process-list.ts";
import { formatVersion, isAtLeast, type ProgramVersion, parseVersion } from "./version.ts";

/** Everything that a server keeps below `.cascade`. Absolute paths. */
export interface StoreFolder {
  /** Credentials and all that names them: readable by their owner only. */
  readonly addressFile: string;
  /** For whoever only submits jobs. */
  readonly submitterFile: string;
  readonly configFile: string;
  readonly storeFolder: string;
  readonly versionFile: string;
  readonly pidFile: string;
  readonly logFile: string;
}

export function storeFolderAt(folder: string): StoreFolder {
  const storeFolder = join(folder, "nats");
  return {
    addressFile: join(folder, "nats.json"),
    submitterFile: join(folder, "submitter.json"),
    configFile: join(folder, "nats.conf"),
    storeFolder,
    versionFile: join(storeFolder, "version"),
    pidFile: join(storeFolder, "pid"),
    logFile: join(storeFolder, "server.log"),
  };
}

/** Makes the folder, for its owner only and out of git's sight. */
export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(storeFolderAt(folder).storeFolder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await writeFile(join(folder, ".gitignore"), "*\n");
}

/**
 * The version of the server that last wrote the store below `folder` (`.cascade`); undefined when there is none yet.
 * Given to `locateServer`, it keeps an older server from being picked.
 */
export async function readStoredVersion(folder: string): Promise<ProgramVersion | undefined> {
  return parseVersion(await readFile(storeFolderAt(folder).versionFile, "utf8").catch(() => ""));
}

/**
 * An older server must not open a store that a newer one wrote: it would read it wrongly or not at all.
 * @throws SwarmError `broker-too-old`
 */
export async function refuseNewerStore(folder: string, version: ProgramVersion): Promise<void> {
  const writer = await readStoredVersion(folder);
  if (writer === undefined || isAtLeast(version, writer)) return;
  const { storeFolder } = storeFolderAt(folder);
  throw new SwarmError(
    "broker-too-old",
    `the store ${storeFolder} was written by nats-server ${formatVersion(writer)}, this one is ${formatVersion(version)}`,
    {
      hint: `use nats-server ${formatVersion(writer)} or newer (NATS_SERVER_BIN), or move the store away`,
    },
  );
}

const FORMER_SERVER_TIMEOUT_MS = 3_000;
const POLL_MS = 20;

/**
 * Two servers on one store destroy it. After a supervisor was killed, its guard needs a moment to end the former one.
 * @throws SwarmError `broker-unavailable` when it stays
 */
export async function awaitFormerServer(folder: string): Promise<void> {
  const { pidFile, configFile, storeFolder } = storeFolderAt(folder);
  const pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
  const untilMs = performance.now() + FORMER_SERVER_TIMEOUT_MS;
  while (pid > 1 && (await runsWith(pid, configFile))) {
    if (performance.now() > untilMs) {
      throw new SwarmError(
        "broker-unavailable",
        `nats-server (process ${pid}) of another swarm still uses ${storeFolder}`,
        { hint: `stop that swarm or, if there is none any more, end the process: kill ${pid}` },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Written beside and renamed, readable by its owner only. */
export async function writePrivate(file: string, text: string): Promise<void> {
  const beside = `${file}.${process.pid}.part`;
  await rm(beside, { force: true });
  await writeFile(beside, text, { mode: 0o600, flag: "wx" });
  await rename(beside, file);
}
