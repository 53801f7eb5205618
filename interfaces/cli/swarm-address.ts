import { join } from "node:path";
import {
  ADDRESS_FILE,
  addressFromEnvironment,
  type BusAddress,
  readAddress,
} from "../../bus/connection.ts";
import { SwarmError } from "../../core/errors.ts";

/**
 * Where the swarm is that a command talks to: the one that `NATS_URL` names, else the one that runs in the directory.
 * @throws SwarmError `coordinator-unavailable` when there is neither
 */
export function addressHere(directory: string): BusAddress {
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
