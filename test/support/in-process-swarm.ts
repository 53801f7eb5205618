import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NatsConnection } from "nats";
import type { Logger } from "pino";
import { type Agent, openAgent } from "../../agents/agent.ts";
import { openBus } from "../../bus/connection.ts";
import { type Client, openClient } from "../../coordinator/client.ts";
import { type Coordinator, openCoordinator } from "../../coordinator/coordinator.ts";
import { systemClock } from "../../core/clock.ts";
import { newMemberId, parseAgentId, parseCoordinatorId } from "../../core/ids.ts";
import { openLogger } from "../../core/logging.ts";
import { Scrubber } from "../../core/scrub.ts";
import type { SkillAllowance } from "../../core/skill-allowance.ts";
import { openCascadeRegistry } from "../../language/cascade-registry.ts";
import { openSkillCatalog } from "../../language/skill-catalog.ts";
import { openSwarmCatalog } from "../../language/swarm-catalog.ts";
import type { ModelService } from "../../models/service.ts";
import { startTestServer, type TestServer } from "./nats.ts";
import { noModels } from "./no-models.ts";
import type { LogLine } from "./swarm-process.ts";

const skillFolders = [join(import.meta.dirname, "skills")];
const cascadeFolders = [join(import.meta.dirname, "cascades")];

/** A real server, coordinator and agents, all connected over it but living in this process. */
export interface InProcessSwarm extends AsyncDisposable {
  readonly server: TestServer;
  readonly client: Client;
  readonly directory: string;
  readonly lines: readonly LogLine[];
  readonly coordinators: readonly Coordinator[];
  addAgent(
    id: string,
    slots?: { light?: number; heavy?: number },
  ): Promise<Agent & { connection: NatsConnection }>;
  addCoordinator(
    predecessors?: readonly string[],
  ): Promise<Coordinator & { connection: NatsConnection; id: string }>;
}

export async function startInProcessSwarm(
  options: {
    readonly agents?: number;
    readonly coordinators?: number;
    /** With it, the swarm has the shipped skills too, as far as they are allowed. */
    readonly allowance?: SkillAllowance;
    /** Default: none can be had. */
    readonly models?: ModelService;
  } = {},
): Promise<InProcessSwarm> {
  const server = await startTestServer();
  const directory = await mkdtemp(join(tmpdir(), "cascade swarm "));
  const lines: LogLine[] = [];
  const closing: (() => Promise<unknown>)[] = [];
  const coordinators: Coordinator[] = [];
  const logger: Logger = openLogger({
    service: "test",
    scrubber: new Scrubber(),
    level: "debug",
    write: (line) => void lines.push(JSON.parse(line) as LogLine),
  });
  const { allowance } = options;
  const models = options.models ?? (await noModels());
  const skills =
    allowance === undefined
      ? await openSkillCatalog(skillFolders)
      : await openSwarmCatalog({
          directory,
          allowance,
          env: { CASCADE_SKILLS: skillFolders.join(":") },
        });

  const swarm: InProcessSwarm = {
    server,
    directory,
    lines,
    coordinators,
    client: await openClient(server.address),
    async addAgent(id, slots = {}) {
      const connection = await openBus(server.address, { name: id });
      const agent = await openAgent({
        connection,
        agentId: parseAgentId(id),
        slots: { light: slots.light ?? 8, heavy: slots.heavy ?? 1, sandbox: 0 },
        skills,
        models,
        clock: systemClock,
        logger,
        writeLogLine: (line) => void lines.push(JSON.parse(line) as LogLine),
        drainMs: 5_000,
      });
      closing.push(async () => {
        if (!connection.isClosed()) await agent.drain();
        await connection.close();
      });
      return Object.assign(agent, { connection });
    },
    async addCoordinator(predecessors = []) {
      const id = newMemberId("coordinator", randomBytes);
      const connection = await openBus(server.address, { name: id });
      const coordinator = await openCoordinator({
        connection,
        coordinatorId: parseCoordinatorId(id),
        clock: systemClock,
        logger,
        randomBytes,
        random: Math.random,
        cascades: openCascadeRegistry(cascadeFolders, skills),
        directory,
        predecessors: new Set(predecessors),
        purgeDelayMs: 0,
      });
      closing.push(async () => {
        if (!connection.isClosed()) await coordinator.drain();
        await connection.close();
      });
      coordinators.push(coordinator);
      return Object.assign(coordinator, { connection, id });
    },
    async [Symbol.asyncDispose]() {
      for (const close of closing.reverse()) await close();
      await swarm.client.close();
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
  for (let index = 0; index < (options.coordinators ?? 1); index++) await swarm.addCoordinator();
  for (let index = 0; index < (options.agents ?? 1); index++)
    await swarm.addAgent(`agent-${index + 1}`);
  if (coordinators.length > 0) await swarm.client.ready(AbortSignal.timeout(10_000));
  return swarm;
}
