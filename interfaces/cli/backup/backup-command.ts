import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { ADDRESS_FILE, addressFromEnvironment, readAddress } from "../../../bus/connection.ts";
import { openGuard } from "../../../bus/server/guard-client.ts";
import { locateServer } from "../../../bus/server/locate.ts";
import { openServer } from "../../../bus/server/server.ts";
import { readStoredVersion } from "../../../bus/server/store-folder.ts";
import { type BackupCounts, type Client, openClient } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import { EXIT } from "../exit-code.ts";
import { takeLock } from "../supervisor/lock.ts";
import type { BackupCommand } from "./command.ts";

const CONNECT_TIMEOUT_MS = 5_000;

/** Writes a backup, or brings one into an empty store. */
export async function runBackup(
  command: BackupCommand,
  { directory }: { readonly directory: string },
): Promise<number> {
  const path = resolve(directory, command.file);
  const counts =
    command.kind === "export"
      ? await withStore(directory, (client) => exportTo(client, path, command.file))
      : await importFrom(path, command.file, directory);
  const { runs, open: unfinished, messages, objects } = counts;
  const verb = command.kind === "export" ? "written" : "brought back";
  const words = `${verb}: ${runs} runs, ${unfinished} of them unfinished, ${messages} values and messages, ${objects} objects`;
  process.stdout.write(
    `${command.json ? JSON.stringify({ schemaVersion: 1, ...counts }) : words}\n`,
  );
  return EXIT.ok;
}

/** The file is there only when it is whole. */
async function exportTo(client: Client, path: string, name: string): Promise<BackupCounts> {
  const file = await open(path, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EEXIST" ? "is there already" : `cannot be written (${error.code})`;
    throw new SwarmError("path-unreadable", `${name} ${why}`, { cause: error });
  });
  try {
    for await (const line of client.backup()) await file.write(line);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return client.checkBackup(linesOf(path), name);
}

async function importFrom(path: string, name: string, directory: string): Promise<BackupCounts> {
  return withStore(directory, async (client) => {
    const counts = await client.checkBackup(linesOf(path), name);
    await client.restore(linesOf(path));
    return counts;
  });
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const input = createReadStream(path, "utf8");
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SwarmError(
      code === "ENOENT" ? "path-not-found" : "path-unreadable",
      `${path} cannot be read (${code})`,
      { cause: error },
    );
  }
}

/** The store that `NATS_URL` names or that a swarm here uses; else a server is started here for as long as it takes. */
async function withStore<Result>(
  directory: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const named = addressFromEnvironment(process.env);
  if (named !== undefined) return withClient(named, work);
  const folder = join(directory, ".cascade");
  const lock = takeLock(folder);
  if (lock.status === "held") return withClient(readAddress(join(directory, ADDRESS_FILE)), work);
  const guard = openGuard();
  try {
    const storedVersion = await readStoredVersion(folder);
    const located = await locateServer({
      env: process.env,
      signal: new AbortController().signal,
      progress: (line) => process.stderr.write(`${line}\n`),
      ...(storedVersion === undefined ? {} : { storedVersion }),
    });
    const sync = process.env["CASCADE_SYNC"] === "default" ? "default" : "always";
    await using server = await openServer({ server: located, folder, sync, guard });
    return await withClient(server.address, work);
  } finally {
    guard.close();
    lock.release();
  }
}

async function withClient<Result>(
  address: Parameters<typeof openClient>[0],
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  await using client = await openClient(address, { connectTimeoutMs: CONNECT_TIMEOUT_MS });
  return await work(client);
}
