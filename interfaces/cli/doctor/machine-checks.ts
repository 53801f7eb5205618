import { access, constants, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Check } from "./check.ts";

const NEEDED_NODE = 24;
/** A run over a large tree stores some tens of megabytes; the first start fetches a server of 20 MB. */
const LEAST_BYTES = 200_000_000;

export async function checkNode(version: string): Promise<Check> {
  const name = "Node.js";
  if (Number(version.split(".")[0]) >= NEEDED_NODE) return { name, status: "ok", found: version };
  return {
    name,
    status: "failed",
    found: `${version}, ${NEEDED_NODE} or newer is needed`,
    remedy: "use the npm scripts (npm run cascade), which bring their own after npm ci",
  };
}

/** The folder in which the swarm keeps its things can be made and written. */
export async function checkFolder(directory: string): Promise<Check> {
  const name = "folder";
  for (const path of [join(directory, ".cascade"), directory]) {
    try {
      await access(path, constants.W_OK | constants.X_OK);
      return { name, status: "ok", found: `${path} can be written` };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" && path !== directory) continue;
      return {
        name,
        status: "failed",
        found: `${path} cannot be written (${code})`,
        remedy: "start in a directory of yours; the path to analyse may lie elsewhere",
      };
    }
  }
  throw new Error("unreachable: the directory itself was looked at");
}

export async function checkDisk(directory: string): Promise<Check> {
  const { bavail, bsize } = await statfs(directory);
  return judgeDisk(bavail * bsize);
}

/** @param freeBytes what may still be written where the person stood */
export function judgeDisk(freeBytes: number): Check {
  const name = "free disk";
  const found = `${(freeBytes / 1e9).toFixed(1)} GB`;
  if (freeBytes >= LEAST_BYTES) return { name, status: "ok", found };
  return {
    name,
    status: "failed",
    found: `${found}, at least ${LEAST_BYTES / 1e9} GB are needed`,
    remedy: "free some space, for example old runs in .cascade/runs",
  };
}

/** The server listens on a free port of the loopback interface. */
export async function checkPorts(host = "127.0.0.1"): Promise<Check> {
  const name = "ports";
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<Check>();
  server.once("error", (error) =>
    resolve({
      name,
      status: "failed",
      found: `no port of ${host} can be opened: ${error.message}`,
      remedy: "allow programs to listen on the loopback interface",
    }),
  );
  server.listen(0, host, () =>
    resolve({ name, status: "ok", found: `${host} can be listened on` }),
  );
  const check = await promise;
  server.close();
  return check;
}
