import { join } from "node:path";
import { ADDRESS_FILE, addressFromEnvironment, readAddress } from "../../bus/connection.ts";
import { type Client, openClient } from "../../coordinator/client.ts";
import { SwarmError } from "../../core/errors.ts";

const CONNECT_TIMEOUT_MS = 2_000;

/**
 * A client of the swarm that runs in a directory, or of the server that NATS_URL names.
 * @throws SwarmError `coordinator-unavailable` when there is none
 */
export function clientHere(directory: string): Promise<Client> {
  return openClient(addressHere(directory), { connectTimeoutMs: CONNECT_TIMEOUT_MS });
}

function addressHere(directory: string): ReturnType<typeof readAddress> {
  const named = addressFromEnvironment(process.env);
  if (named !== undefined) return named;
  try {
    return readAddress(join(directory, ADDRESS_FILE));
  } catch (error) {
    throw new SwarmError("coordinator-unavailable", "no swarm runs here", {
      hint: "go to the directory that it was started in, or name its server with NATS_URL",
      cause: error,
    });
  }
}
