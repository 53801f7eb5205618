import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NatsConnection } from "nats";
import type { Logger } from "pino";
import { expect, vi } from "vitest";
import { type Agent, type AgentOptions, openAgent } from "../../agents/agent.ts";
import { openSecrets } from "../../agents/secrets.ts";
import { openBus } from "../../bus/connection.ts";
import { type Client, openClient } from "../../coordinator/client.ts";
import { type Coordinator, openCoordinator } from "../../coordinator/coordinator.ts";
import { systemClock } from "../../core/clock.ts";
import { newMemberId, parseAgentId, parseCoordinatorId, type RunId } from "../../core/ids.ts";
import { openLogger } from "../../core/logging.ts";
import { Scrubber } from "../../core/scrub.ts";
import { SHARD_COUNT, shardOf } from "../../core/shard.ts";
import type { SkillCatalog, SkillManifest } from "../../core/skill.ts";
import type { SkillAllowance } from "../../core/skill-allowance.ts";
import { openCascadeRegistry, shippedCascadesFolder } from "../../language/cascade-registry.ts";
import { openSkillCatalog } from "../../language/skill-catalog.ts";
import { openSwarmCatalog } from "../../language/swarm-catalog.ts";
import type { ModelService } from "../../models/service.ts";
import { openLeases } from "../../store/lease.ts";
import { openTestAccess } from "./log-access.ts";
import { startTestServer, type TestServer } from "./nats.ts";
import { noModels } from "./no-models.ts";
import type { LogLine } from "./swarm-process.ts";

const skillFolders = [join(import.meta.dirname, "skills")];
const cascadeFolders = [join(import.meta.dirname, "cascades")];

export type TestCoordinator = Coordinator & {
  readonly connection: NatsConnection;
  readonly id: string;
};

const SOON = { timeout: 15_000, interval: 50 };

/** A real server, coordinator and agents, all connected over it but living in this process. */
export interface InProcessSwarm extends AsyncDisposable {
  readonly server: TestServer;
  readonly client: Client;
  readonly directory: string;
  readonly lines: readonly LogLine[];
  readonly coordinators: readonly TestCoordinator[];
  addAgent(
    id: string,
    options?: { light?: number; heavy?: number; skillFolders?: readonly string[] },
  ): Promise<Agent & { connection: NatsConnection }>;
  addCoordinator(predecessors?: readonly string[]): Promise<TestCoordinator>;
  /** Waits until every coordinator has its even share of the shards, and answers how many each owns. */
  evenShares(): Promise<Readonly<Record<string, number>>>;
  /** Whose run it is. */
  ownerOf(runId: RunId): Promise<TestCoordinator>;
}

function pinned(catalog: SkillCatalog, isPinned: boolean): SkillCatalog {
  if (isPinned) return catalog;
  const find = (name: string): SkillManifest | undefined => {
    const { digest: _, ...manifest } = catalog.find(name) ?? {};
    return "name" in manifest ? (manifest as SkillManifest) : undefined;
  };
  return { ...catalog, find };
}

export async function startInProcessSwarm(
  options: {
    readonly agents?: number;
    readonly coordinators?: number;
    /** With it, the swarm has the shipped skills too, as far as they are allowed. */
    readonly allowance?: SkillAllowance;
    /** The environment that cascades may read. */
    readonly env?: Readonly<Record<string, string>>;
    /** The environment that agents take secrets from, beside the `.env` of the directory. */
    readonly secretsEnv?: Readonly<Record<string, string>>;
    /** With it, agents take tasks of the lane `sandbox`. */
    readonly sandbox?: Required<Pick<AgentOptions, "sandboxes" | "fixers">>;
    /** Default: none can be had. */
    readonly models?: ModelService;
    /** Whether jobs can name the shipped cascades, too. */
    readonly hasShippedCascades?: boolean;
    /** Of the nats-server; default: the one that is found. */
    readonly binary?: string;
    /** False: runs take whatever version of a skill an agent has. */
    readonly isPinned?: boolean;
  } = {},
): Promise<InProcessSwarm> {
  const { binary } = options;
  const server = await startTestServer(binary === undefined ? {} : { binary });
  const directory = await mkdtemp(join(tmpdir(), "cascade swarm "));
  const lines: LogLine[] = [];
  const closing: (() => Promise<unknown>)[] = [];
  const coordinators: TestCoordinator[] = [];
  const present = (): TestCoordinator[] =>
    coordinators.filter(({ connection }) => !connection.isClosed());
  const scrubber = new Scrubber();
  const logger: Logger = openLogger({
    service: "test",
    scrubber,
    level: "debug",
    write: (line) => void lines.push(JSON.parse(line) as LogLine),
  });
  const { allowance, env = {}, secretsEnv } = options;
  const models = options.models ?? (await noModels());
  const secrets =
    secretsEnv === undefined
      ? {}
      : {
          secrets: openSecrets({
            env: secretsEnv,
            directory,
            onValue: (value) => scrubber.register(value),
          }),
        };
  const skills =
    allowance === undefined
      ? pinned(await openSkillCatalog(skillFolders), options.isPinned ?? true)
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
    async addAgent(id, own = {}) {
      const connection = await openBus(await server.admit(id), { name: id });
      const agent = await openAgent({
        connection,
        agentId: parseAgentId(id),
        slots: {
          light: own.light ?? 8,
          heavy: own.heavy ?? 1,
          sandbox: options.sandbox === undefined ? 0 : 1,
        },
        ...options.sandbox,
        skills: own.skillFolders === undefined ? skills : await openSkillCatalog(own.skillFolders),
        models,
        clock: systemClock,
        logger,
        writeLogLine: (line) => void lines.push(JSON.parse(scrubber.scrub(line)) as LogLine),
        scrub: (text) => scrubber.scrub(text),
        ...secrets,
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
        cascades: openCascadeRegistry(
          options.hasShippedCascades === true
            ? [...cascadeFolders, shippedCascadesFolder]
            : cascadeFolders,
          skills,
        ),
        directory,
        env,
        predecessors: new Set(predecessors),
        purgeDelayMs: 0,
      });
      closing.push(async () => {
        if (!connection.isClosed()) await coordinator.drain();
        await connection.close();
      });
      const opened = Object.assign(coordinator, { connection, id });
      coordinators.push(opened);
      return opened;
    },
    async evenShares() {
      await using access = await openTestAccess(server);
      return await vi.waitFor(async () => {
        const owned = Object.fromEntries(present().map(({ id }) => [id, 0]));
        const leases = await openLeases(access);
        for (let shard = 0; shard < SHARD_COUNT; shard++) {
          const { owner } = await leases.read(shard);
          expect(Object.keys(owned)).toContain(owner);
          owned[String(owner)] = (owned[String(owner)] ?? 0) + 1;
        }
        const counts = Object.values(owned);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        return owned;
      }, SOON);
    },
    async ownerOf(runId) {
      await using access = await openTestAccess(server);
      const { owner } = await (await openLeases(access)).read(shardOf(runId));
      const found = present().find(({ id }) => id === owner);
      if (found === undefined) throw new Error(`${owner} owns ${runId}, and is not here`);
      return found;
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
