import { registerEnvironment, Scrubber } from "../../core/scrub.ts";
import type { Environment } from "./installed.ts";

/** Takes the environment's secrets out of all that is shown; passwords may stand in the server's URL itself, too. */
export function scrubberOf(env: Environment): Scrubber {
  const scrubber = new Scrubber();
  registerEnvironment(scrubber, env);
  for (const url of (env["NATS_URL"] ?? "").split(",")) {
    const password = URL.parse(url)?.password ?? "";
    scrubber.register(password);
    scrubber.register(decodeURIComponent(password));
  }
  return scrubber;
}
