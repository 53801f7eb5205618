import { randomBytes } from "node:crypto";
import type { NatsConnection } from "nats";
import type { Logger } from "pino";
import { findAddress, openBus } from "../bus/connection.ts";
import { systemClock } from "../core/clock.ts";
import { drainOnSignal } from "../core/drain-on-signal.ts";
import { newMemberId, parseCoordinatorId } from "../core/ids.ts";
import { openLogger } from "../core/logging.ts";
import { PROVIDERS_VARIABLE } from "../core/model-variables.ts";
import { exitWithParent } from "../core/parent-pipe.ts";
import { registerEnvironment, Scrubber } from "../core/scrub.ts";
import { ALLOWANCE_VARIABLE, allowanceFromText } from "../core/skill-allowance.ts";
import { cascadeFoldersOf, openCascadeRegistry } from "../language/cascade-registry.ts";
import { openSwarmCatalog } from "../language/swarm-catalog.ts";
import { openModelOutlook } from "../models/outlook.ts";
import { type Coordinator, openCoordinator } from "./coordinator.ts";

/** The coordinator process: `npm run coordinator`, or a child of the supervisor. */
async function main(): Promise<void> {
  const { env } = process;
  exitWithParent(env);
  const coordinatorId = parseCoordinatorId(
    env["CASCADE_COORDINATOR_ID"] ?? newMemberId("coordinator", randomBytes),
  );
  const scrubber = new Scrubber();
  registerEnvironment(scrubber, env);
  const logger = openLogger({ service: coordinatorId, scrubber });
  const directory = env["INIT_CWD"] ?? process.cwd();
  const address = findAddress(env, directory);
  scrubber.register(address.password);
  const connection = await openBus(address, { name: coordinatorId });
  const bindDrain = drainOnSignal(EXIT_INTERRUPTED);
  const allowance = allowanceFromText(env[ALLOWANCE_VARIABLE]);
  // The supervisor says whose keys the agents have. Without it that is not known here, and the agents refuse.
  const isToldOf = env[PROVIDERS_VARIABLE] !== undefined;
  const models = isToldOf ? { models: await openModelOutlook(env, systemClock) } : {};
  const skills = await openSwarmCatalog({ directory, allowance, env, ...models });
  const coordinator = await openCoordinator({
    connection,
    coordinatorId,
    clock: systemClock,
    logger,
    randomBytes,
    random: Math.random,
    cascades: openCascadeRegistry(cascadeFoldersOf(directory, env), skills),
    directory,
    env,
    predecessors: new Set(namesIn(env["CASCADE_PREDECESSORS"])),
    purgeDelayMs: Number(env["CASCADE_PURGE_DELAY_MS"] ?? DEFAULT_PURGE_DELAY_MS),
  });
  bindDrain(() => void coordinator.drain().catch(() => {})); // `stopped` below has the error
  await serveUntilStopped({ coordinator, connection, logger });
}

/** Twice the longest default sync interval of any supported server; the supervisor says 0 when every write is synced. */
const DEFAULT_PURGE_DELAY_MS = 240_000;
const EXIT_INFRASTRUCTURE = 5;
const EXIT_INTERRUPTED = 130;

async function serveUntilStopped(parts: {
  readonly coordinator: Coordinator;
  readonly connection: NatsConnection;
  readonly logger: Logger;
}): Promise<void> {
  const { coordinator, connection, logger } = parts;
  connection.closed().then(
    (error) => {
      if (error instanceof Error) {
        logger.fatal({ event: "bus.closed", err: error });
        process.exit(EXIT_INFRASTRUCTURE);
      }
    },
    () => {},
  );
  try {
    await coordinator.stopped;
    await connection.close();
  } catch (error) {
    logger.fatal({ event: "coordinator.failed", err: error });
    process.exitCode = EXIT_INFRASTRUCTURE;
    await connection.close();
  }
}

function namesIn(list: string | undefined): string[] {
  return (list ?? "").split(",").filter((entry) => entry !== "");
}

try {
  await main();
} catch (error) {
  process.stderr.write(`coordinator: ${(error as Error).message}\n`);
  process.exit(EXIT_INFRASTRUCTURE);
}
