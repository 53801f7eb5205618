import { randomBytes } from "node:crypto";
import querystring from "node:querystring";
import { askToBeAdmitted } from "../bus/admission.ts";
import { type BusAddress, findAddress, openBus } from "../bus/connection.ts";
import { systemClock } from "../core/clock.ts";
import { drainOnSignal } from "../core/drain-on-signal.ts";
import { SwarmError } from "../core/errors.ts";
import { newMemberId, parseAgentId } from "../core/ids.ts";
import { openLogger } from "../core/logging.ts";
import { exitWithParent } from "../core/parent-pipe.ts";
import { registerEnvironment, Scrubber } from "../core/scrub.ts";
import { ALLOWANCE_VARIABLE, allowanceFromText } from "../core/skill-allowance.ts";
import { openSwarmCatalog } from "../language/swarm-catalog.ts";
import { openModelsOf } from "../models/environment.ts";
import { openAgent } from "./agent.ts";
import { openFixers } from "./fixers/open-fixers.ts";
import { pruneResultCache, resultCacheFolder } from "./result-cache.ts";
import { openSandboxes, sandboxBackend } from "./sandbox/sandbox.ts";
import { openSecrets } from "./secrets.ts";

const EXIT_INFRASTRUCTURE = 5;
const EXIT_INTERRUPTED = 130;
/** Light tasks share the event loop; more at once only makes each of them slower. */
const LIGHT_SLOTS = 64;
/** One worker thread an agent: a swarm's share of the processors is the number of its agents. */
const HEAVY_SLOTS = 1;
/** Also where no sandbox can be had: a task that needs one is then told so, instead of waiting for an agent that has one. */
const SANDBOX_SLOTS = 1;
const DRAIN_MS = 30_000;

/** The agent process: `npm run agent`, or a child of the supervisor. */
async function main(scrubber: Scrubber): Promise<void> {
  const { env } = process;
  exitWithParent(env);
  const agentId = parseAgentId(env["CASCADE_AGENT_ID"] ?? newMemberId("agent", randomBytes));
  registerEnvironment(scrubber, env);
  const scrub = (text: string): string => scrubber.scrub(text);
  const logger = openLogger({ service: agentId, scrubber });
  const directory = env["INIT_CWD"] ?? process.cwd();
  const named = findAddress(env, directory);
  registerAddress(scrubber, named);
  const address = await askToBeAdmitted(named, agentId);
  registerAddress(scrubber, address);
  const connection = await openBus(address, { name: agentId });
  const bindDrain = drainOnSignal(EXIT_INTERRUPTED);
  const cacheFolder = resultCacheFolder(env);
  const models = await openModelsOf(env, { clock: systemClock, random: Math.random, scrub });
  const agent = await openAgent({
    connection,
    agentId,
    slots: {
      light: count(env, "CASCADE_SLOTS_LIGHT", LIGHT_SLOTS),
      heavy: count(env, "CASCADE_SLOTS_HEAVY", HEAVY_SLOTS),
      sandbox: count(env, "CASCADE_SLOTS_SANDBOX", SANDBOX_SLOTS),
    },
    skills: await openSwarmCatalog({
      directory,
      allowance: allowanceFromText(env[ALLOWANCE_VARIABLE]),
      env,
    }),
    models,
    clock: systemClock,
    logger,
    cacheFolder,
    fixers: openFixers(env, { logger, models }),
    sandboxes: openSandboxes({ backend: sandboxBackend(env), env, logger }),
    secrets: openSecrets({ env, directory, onValue: (value) => scrubber.register(value) }),
    writeLogLine: (line) => void process.stdout.write(scrubber.scrub(line)),
    scrub,
    drainMs: count(env, "CASCADE_DRAIN_MS", DRAIN_MS),
  });
  bindDrain(() => void agent.drain());
  if (cacheFolder !== undefined) {
    pruneResultCache(cacheFolder, systemClock.wallMs()).catch((error: unknown) => {
      logger.debug({ event: "cache.unpruned", err: error });
    });
  }
  const ended = await Promise.race([agent.left, connection.closed()]);
  if (ended instanceof Error) throw ended;
  await connection.close();
}

function registerAddress(scrubber: Scrubber, address: BusAddress): void {
  scrubber.register(address.password);
  scrubber.register(address.seed);
  for (const server of address.url.split(",")) {
    const password = URL.parse(server)?.password ?? "";
    scrubber.register(password);
    scrubber.register(querystring.unescape(password)); // never throws, unlike decodeURIComponent
  }
}

function count(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined || text === "") return otherwise;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new SwarmError("usage", `${name}=${text} is not a whole number`);
}

const scrubber = new Scrubber();

function fail(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`agent: ${scrubber.scrub(message)}\n`);
  process.exit(EXIT_INFRASTRUCTURE);
}

// A skill of the light lane that fails where nobody waits for it leaves this process in an unknown state.
process.on("uncaughtException", fail);
try {
  await main(scrubber);
  process.exit(0);
} catch (error) {
  fail(error);
}
