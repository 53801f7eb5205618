import { type Client, openClient } from "../../coordinator/client.ts";
import { addressHere } from "./swarm-address.ts";

const CONNECT_TIMEOUT_MS = 2_000;

/** A client of the swarm that a command talks to. @throws SwarmError `coordinator-unavailable` when there is none */
export function clientHere(directory: string): Promise<Client> {
  return openClient(addressHere(directory), { connectTimeoutMs: CONNECT_TIMEOUT_MS });
}
