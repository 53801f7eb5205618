import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NatsConnection } from "nats";
import { expect } from "vitest";
import { type Agent, openAgent } from "../../agents/agent.ts";
import { openBus } from "../../bus/connection.ts";
import type {
  Control,
  ControlAnswer,
  OfferAnswer,
  ResultBatch,
  Task,
  TaskOutcome,
} from "../../bus/messages.ts";
import { ensureStreams } from "../../bus/streams.ts";
import { BlobActor } from "../../coordinator/blob-actor.ts";
import { systemClock } from "../../core/clock.ts";
import { parseAgentId, type RunId, type StageId } from "../../core/ids.ts";
import { openLogger } from "../../core/logging.ts";
import type { Lane } from "../../core/plan.ts";
import { Scrubber } from "../../core/scrub.ts";
import { SHARD_COUNT } from "../../core/shard.ts";
import { openSubjects } from "../../core/subjects.ts";
import { openSkillCatalog } from "../../language/skill-catalog.ts";
import { openBlobs } from "../../store/blobs.ts";
import type { TestServer } from "./nats.ts";
import { noModels } from "./no-models.ts";
import type { LogLine } from "./swarm-process.ts";

const SHARD = 3;
const EPOCH = 5;

/** The skills that agents of these tests have. */
export const agentSkillFolders: readonly string[] = ["skills", "agent-skills"].map((name) =>
  join(import.meta.dirname, name),
);

/** Plays the coordinator that owns shard 3, with epoch 5, to real agents on a real server. */
export interface AgentScript extends AsyncDisposable {
  readonly connection: NatsConnection;
  readonly directory: string;
  readonly lines: readonly LogLine[];
  addAgent(
    id: string,
    options?: { light?: number; heavy?: number; drainMs?: number },
  ): Promise<Agent & { connection: NatsConnection }>;
  /** A connection with the rights of an agent, with which a test plays one that is linked with these others. */
  playAgent(id: string, linked?: readonly string[]): Promise<NatsConnection>;
  taskOf(index: number, extra?: Partial<Task>): Task;
  offer(agent: string, tasks: readonly Task[]): Promise<OfferAnswer>;
  offerToLane(lane: Lane, tasks: readonly Task[]): Promise<OfferAnswer>;
  control(agent: string, order: Control): Promise<ControlAnswer>;
  /** From now on results are answered as recorded. The list grows as they come. */
  takeResults(): readonly TaskOutcome[];
}

export async function openAgentScript(server: TestServer): Promise<AgentScript> {
  const subjects = openSubjects();
  const connection = await openBus(server.address, { name: "script" });
  await ensureStreams(connection, subjects);
  const directory = await mkdtemp(join(tmpdir(), "cascade agent "));
  const skills = await openSkillCatalog(agentSkillFolders);
  const lines: LogLine[] = [];
  const writeLogLine = (line: string): void => void lines.push(JSON.parse(line) as LogLine);
  const logger = openLogger({
    service: "test",
    scrubber: new Scrubber(),
    level: "debug",
    write: writeLogLine,
  });
  const models = await noModels();
  const closing: (() => Promise<unknown>)[] = [];

  async function ask<Answer>(subject: string, message: unknown): Promise<Answer> {
    const answer = await connection.request(subject, JSON.stringify(message), { timeout: 5_000 });
    return answer.json<Answer>();
  }
  /** As coordinators do, before the members are offered anything. */
  async function link(teams: readonly NonNullable<Task["team"]>[]): Promise<void> {
    const said = await ask(subjects.teams("script"), { v: 1, teams });
    expect(said).toEqual({ v: 1, status: "admitted" });
  }
  async function offerOn(subject: string, tasks: readonly Task[]): Promise<OfferAnswer> {
    const teams = tasks.flatMap(({ team }) => team ?? []);
    if (teams.length > 0) await link(teams);
    return ask(subject, { v: 1, from: "script", tasks });
  }
  const blobActor = new BlobActor({
    connection,
    subjects,
    logger,
    blobs: await openBlobs(connection.jetstream(), subjects),
  });
  for (let shard = 0; shard < SHARD_COUNT; shard++) blobActor.listen(shard);

  return {
    connection,
    directory,
    lines,
    async addAgent(id, { light = 8, heavy = 1, drainMs = 5_000 } = {}) {
      const own = await openBus(await server.admit(id), { name: id });
      const agent = await openAgent({
        connection: own,
        agentId: parseAgentId(id),
        slots: { light, heavy, sandbox: 0 },
        skills,
        models,
        clock: systemClock,
        logger,
        writeLogLine,
        drainMs,
      });
      await own.flush(); // its first heartbeat is out: agents that were there before it know it
      closing.push(async () => {
        await agent.drain();
        await own.close();
      });
      return Object.assign(agent, { connection: own });
    },
    async playAgent(id, linked = []) {
      const own = await openBus(await server.admit(id), { name: id });
      closing.push(() => own.close());
      await link([{ topology: "mesh", members: [id, ...linked].map(parseAgentId) }]);
      return own;
    },
    taskOf: (index, extra = {}) => ({
      run: "r-test" as RunId,
      stage: "s" as StageId,
      index,
      attempt: 1,
      shard: SHARD,
      epoch: EPOCH,
      cascade: "test",
      skill: "pause",
      lane: "light",
      inputs: { ms: 1 },
      timeoutMs: 10_000,
      directory,
      ...extra,
    }),
    offer: (agent, tasks) => offerOn(subjects.agentTask(agent), tasks),
    offerToLane: (lane, tasks) => offerOn(subjects.lane(lane), tasks),
    control: (agent, order) => ask(subjects.agentControl(agent), order),
    takeResults() {
      const results: TaskOutcome[] = [];
      connection.subscribe(subjects.resultsOf(SHARD), {
        callback: (_, message) => {
          const batch = message.json<ResultBatch>();
          results.push(...batch.results.filter((result) => result.status !== "step"));
          const outcomes = batch.results.map(() => "recorded");
          message.respond(JSON.stringify({ v: 1, epoch: EPOCH, outcomes }));
        },
      });
      return results;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(closing.map((close) => close()));
      await connection.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What of a result does not depend on time, in the order of the tasks. */
export function outcomesOf(results: readonly TaskOutcome[]): unknown[] {
  return results
    .toSorted((a, b) => a.index - b.index)
    .map((result) => {
      const { index } = result;
      if (result.status === "succeeded") return { index, output: result.output };
      return { index, code: result.error.code, disposition: result.error.disposition };
    });
}
