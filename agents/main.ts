import { randomBytes } from "node:crypto";
import { findAddress, openBus } from "../bus/connection.ts";
import { systemClock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import { newMemberId, parseAgentId } from "../core/ids.ts";
import { openLogger } from "../core/logging.ts";
import { exitWithParent } from "../core/parent-pipe.ts";
import { registerEnvironment, Scrubber } from "../core/scrub.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../language/skill-catalog.ts";
import { openAgent } from "./agent.ts";

const EXIT_INFRASTRUCTURE = 5;
const EXIT_INTERRUPTED = 130;
/** Light tasks share the event loop; more at once only makes each of them slower. */
const LIGHT_SLOTS = 64;
/** One worker thread an agent: a swarm's share of the processors is the number of its agents. */
const HEAVY_SLOTS = 1;
const DRAIN_MS = 30_000;

/** The agent process: `npm run agent`, or a child of the supervisor. */
async function main(): Promise<void> {
  const { env } = process;
  exitWithParent(env);
  const agentId = parseAgentId(env["CASCADE_AGENT_ID"] ?? newMemberId("agent", randomBytes));
  const scrubber = new Scrubber();
  registerEnvironment(scrubber, env);
  const logger = openLogger({ service: agentId, scrubber });
  const address = findAddress(env, env["INIT_CWD"] ?? process.cwd());
  scrubber.register(address.password);
  const connection = await openBus(address, { name: agentId });
  const extraSkills = (env["CASCADE_SKILLS"] ?? "").split(":").filter((folder) => folder !== "");
  const agent = await openAgent({
    connection,
    agentId,
    slots: {
      light: count(env, "CASCADE_SLOTS_LIGHT", LIGHT_SLOTS),
      heavy: count(env, "CASCADE_SLOTS_HEAVY", HEAVY_SLOTS),
      sandbox: 0,
    },
    skills: await openSkillCatalog([shippedSkillsFolder, ...extraSkills]),
    clock: systemClock,
    logger,
    writeLogLine: (line) => void process.stdout.write(scrubber.scrub(line)),
    drainMs: count(env, "CASCADE_DRAIN_MS", DRAIN_MS),
  });
  const leave = async (): Promise<void> => {
    await agent.drain();
    await connection.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(EXIT_INTERRUPTED));
      void leave();
    });
  }
  const closed = await connection.closed();
  if (closed instanceof Error) throw closed;
}

function count(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined || text === "") return otherwise;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new SwarmError("usage", `${name}=${text} is not a whole number`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`agent: ${(error as Error).message}\n`);
  process.exit(EXIT_INFRASTRUCTURE);
}
