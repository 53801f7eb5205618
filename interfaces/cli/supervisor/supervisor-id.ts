import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { hostname } from "node:os";

/** Names the supervisor of a directory on this machine, also on a server that several share. */
export async function supervisorIdOf(directory: string): Promise<string> {
  const place = `${hostname()}\0${await realpath(directory)}`;
  return createHash("sha256").update(place).digest("hex").slice(0, 32);
}
