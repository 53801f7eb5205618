import type { NatsConnection, Status } from "nats";
import { connect } from "nats";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { askToBeAdmitted } from "../../bus/admission.ts";
import { openBus } from "../../bus/connection.ts";
import { askVersion, formatVersion, LOWEST_VERSION } from "../../bus/server/version.ts";
import { type AgentId, parseAgentId } from "../../core/ids.ts";
import type { TopologyName } from "../../core/plan.ts";
import { SHARD_COUNT } from "../../core/shard.ts";
import { openSubjects, peerInboxOf } from "../../core/subjects.ts";
import { openLeases } from "../../store/lease.ts";
import { TOPOLOGIES } from "../../topology/registry.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { openTestAccess } from "../support/log-access.ts";
import { startTestServer, type TestServer, testServerBinaries } from "../support/nats.ts";
import { follow } from "../support/swarm-process.ts";

const SOON = { timeout: 10_000, interval: 20 };
const subjects = openSubjects();
const definition = "cascade: c\nstages: [{ stage: a, transform: 1 }]\n";

const servers = await Promise.all(
  (await testServerBinaries()).map(async (binary) => {
    return { binary, version: formatVersion(await askVersion(binary)) };
  }),
);
const lowest = formatVersion(LOWEST_VERSION);

it.skipIf(!servers.some(({ version }) => version === lowest))(
  `the oldest server, ${lowest}, is among those that NATS_TEST_BINS names`,
  () => {
    expect(servers.map(({ version }) => version)).toContain(lowest);
  },
);

describe.each(servers)("on nats-server $version", ({ binary }) => {
  describe("a submitter", () => {
    let swarm: InProcessSwarm;
    let submitter: NatsConnection;
    beforeAll(async () => {
      swarm = await startInProcessSwarm({ agents: 1, binary });
      submitter = await openBus(swarm.server.submitterAddress, { name: "anyone" });
    });
    afterAll(async () => {
      await submitter.close();
      await swarm[Symbol.asyncDispose]();
    });

    it("submits jobs, publishes them, and is answered", async () => {
      const answer = await submitter.request(
        subjects.submit,
        JSON.stringify({ cascade: "c", definition }),
        { timeout: 5_000 },
      );
      expect(answer.json()).toMatchObject({ status: "accepted" });
      const job = JSON.stringify({ cascade: "demo-chain" });
      const stored = await submitter.jetstream().publish(subjects.jobs, job);
      expect(stored).toMatchObject({ stream: "JOBS" });
      expect(await submitter.jetstream().publish(`${subjects.jobs}.mine`, job)).toMatchObject({
        stream: "JOBS",
      });
    });

    it.each([
      "$JS.API.INFO",
      "$JS.API.STREAM.PURGE.HISTORY",
      "$KV.cascade_lease.0",
      "$SRV.PING",
      "cascade.log.0",
      "cascade.inbox.0.cancel.me",
      "cascade.inbox.0.result.agent-1",
      "cascade.result.0.agent-1",
      "cascade.memory.0.agent-1",
      "cascade.blob.0.agent-1",
      "cascade.agent.agent-1.task",
      "cascade.agent.agent-1.gone",
      "cascade.lane.light",
      "cascade.peer.coordinator.agent-1.task",
      "cascade.permissions.admit",
      "cascade.query.0",
    ])("may not send to %s", (subject) => expectRefused(submitter, subject));

    it.each([
      ">",
      "cascade.>",
      "cascade.events.>",
      "_INBOX_agent-1.>",
      "_R_.>",
      "$JS.>",
    ])("may not listen to %s", (subject) => expectUnheard(submitter, subject));

    it("reaches nothing of the coordinators' with a reply subject", async () => {
      const before = await lookInside(swarm);
      const replies = [
        "$KV.cascade_lease.0",
        "$KV.cascade_lease.shard.0",
        "$JS.API.STREAM.PURGE.HISTORY",
        "$JS.API.STREAM.DELETE.LOG",
        "cascade.log.0",
        "cascade.inbox.0.cancel.me",
        "cascade.agent.agent-1.control",
      ];
      for (const reply of replies) {
        submitter.publish(subjects.jobs, JSON.stringify({ cascade: "none" }), { reply });
        submitter.publish(subjects.submit, JSON.stringify({ cascade: "none" }), { reply });
      }
      await submitter.flush();
      await expectUnharmed(swarm, before);
    });
  });

  describe("an agent", () => {
    let swarm: InProcessSwarm;
    let agent: NatsConnection;
    beforeAll(async () => {
      swarm = await startInProcessSwarm({ agents: 2, binary });
      agent = await openBus(await swarm.server.admit("mallory"), { name: "mallory" });
    });
    afterAll(async () => {
      await agent.close();
      await swarm[Symbol.asyncDispose]();
    });

    it("does what its work needs: the swarm runs a cascade", async () => {
      const stages = `stages: [{ stage: a, skill: pause, inputs: { ms: 1 } }]`;
      const job = {
        cascade: "c",
        definition: `cascade: c\n${stages}\n`,
        directory: swarm.directory,
      };
      const { runId } = await swarm.client.submit(job);
      const run = follow(swarm.client, runId);
      await run.ended;
      expect(run.events.at(-1)?.type).toBe("run.succeeded");
    });

    it("parks a result in its own name", async () => {
      const stored = await agent.jetstream().publish("cascade.inbox.0.result.mallory", "{}");
      expect(stored).toMatchObject({ stream: "INBOX" });
    });

    it.each([
      "$JS.API.INFO",
      "$JS.API.CONSUMER.MSG.NEXT.JOBS.intake",
      "$JS.API.STREAM.PURGE.HISTORY",
      "$KV.cascade_lease.0",
      "$KV.cascade_memory.global.k",
      "$O.cascade_blob.M.x",
      "$SRV.PING.cascade-agent",
      "cascade.submit",
      "cascade.jobs",
      "cascade.log.0",
      "cascade.history.0.r",
      "cascade.events.r._.run-succeeded",
      "cascade.inbox.0.cancel.mallory",
      "cascade.inbox.0.approval.mallory",
      "cascade.inbox.0.result.agent-1",
      "cascade.result.0.agent-1",
      "cascade.memory.0.agent-1",
      "cascade.blob.0.agent-1",
      "cascade.agent.agent-1.task",
      "cascade.agent.agent-1.control",
      "cascade.agent.agent-1.heartbeat",
      "cascade.agent.agent-1.gone",
      "cascade.lane.light",
      "cascade.stage.r.s",
      "cascade.peer.mallory.agent-1.task",
      "cascade.peer.agent-2.agent-1.task",
      "cascade.permissions.admit",
      "cascade.permissions.teams.coordinator",
      "_INBOX_agent-1.mallory.x",
      "_INBOX_agent-1.x.y",
    ])("may not send to %s", (subject) => expectRefused(agent, subject));

    it.each([
      ">",
      "cascade.>",
      "cascade.agent.*.task",
      "cascade.agent.agent-1.task",
      "cascade.lane.light",
      "cascade.peer.*.agent-1.*",
      "cascade.result.*.*",
      "cascade.inbox.>",
      "_INBOX_agent-1.>",
      "_INBOX.>",
      "_R_.>",
      "$JS.>",
    ])("may not listen to %s", (subject) => expectUnheard(agent, subject));

    it("reaches nothing of the coordinators', and nothing that others act on, with a reply subject", async () => {
      const before = await lookInside(swarm);
      const replies = [
        "$KV.cascade_lease.0",
        "$JS.API.STREAM.PURGE.HISTORY",
        "$JS.API.STREAM.DELETE.LOG",
        "cascade.log.0",
        "cascade.inbox.0.cancel.mallory",
        "cascade.inbox.0.result.agent-1",
        "cascade.result.0.agent-1",
        "cascade.agent.agent-1.task",
        "cascade.agent.agent-1.control",
        "cascade.peer.agent-2.agent-1.task",
        "cascade.agent.agent-1.gone",
      ];
      for (const reply of replies) {
        agent.publish("cascade.inbox.0.result.mallory", "{}", { reply });
        agent.publish("cascade.result.0.mallory", JSON.stringify(emptyResult), { reply });
        agent.publish("cascade.blob.0.mallory", JSON.stringify(unknownObject), { reply });
      }
      await agent.flush();
      await expectUnharmed(swarm, before);
    });

    it("is not heard when the body names another than the subject", async () => {
      const beat = {
        v: 1,
        agent: "agent-1",
        host: "h",
        status: "gone",
        slots,
        busy: slots,
        skills: [],
      };
      agent.publish("cascade.agent.mallory.heartbeat", JSON.stringify(beat));
      await vi.waitFor(() => {
        const refused = swarm.lines.filter(
          (line) =>
            line.event === "message.refused" &&
            String((line["err"] as Error).message).includes("in the name of agent-1"),
        );
        expect(refused.length).toBeGreaterThanOrEqual(3); // two agents and the coordinator
      }, SOON);
    });
  });

  describe("links between agents", () => {
    let server: TestServer;
    let coordinator: NatsConnection;
    beforeAll(async () => {
      server = await startTestServer({ binary });
      coordinator = await openBus(server.address, { name: "coordinator" });
    });
    afterAll(async () => {
      await coordinator.close();
      await server[Symbol.asyncDispose]();
    });

    async function form(teams: readonly { topology: TopologyName; members: readonly AgentId[] }[]) {
      const message = JSON.stringify({ v: 1, teams });
      const answer = await coordinator.request(subjects.teams("coordinator"), message, {
        timeout: 5_000,
      });
      expect(answer.json()).toEqual({ v: 1, status: "admitted" });
    }

    it.each([
      "mesh",
      "hierarchical",
      "star",
      "ring",
    ] as const)("of a %s are those of the definition, and every other is refused", async (topology) => {
      const members = ["a", "b", "c", "d", "e", "f", "g"].map((id) =>
        parseAgentId(`${topology}-${id}`),
      );
      await using agents = await openAgents(server, members);
      await form([{ topology, members }]);
      const passed: string[] = [];
      const defined: string[] = [];
      for (const from of members) {
        for (const to of members) {
          if (from === to) continue;
          if (TOPOLOGIES[topology].neighbours(from, members).includes(to)) {
            defined.push(`${from} ${to}`);
          }
          if (await agents.mayAsk(from, to)) passed.push(`${from} ${to}`);
        }
      }
      expect(passed).toEqual(defined);
    });

    it("change for agents that are connected, which stay connected", async () => {
      const members = ["x", "y", "z"].map(parseAgentId);
      const [x, y, z] = members as [AgentId, AgentId, AgentId];
      await using agents = await openAgents(server, members);
      await form([{ topology: "star", members }]);
      expect(await agents.mayAsk(x, y)).toBe(false);
      await form([{ topology: "mesh", members: [x, y] }]);
      expect(await agents.mayAsk(x, y)).toBe(true);
      expect(await agents.mayAsk(x, z)).toBe(false);
      await form([{ topology: "mesh", members }]);
      expect(await agents.mayAsk(x, z)).toBe(true);
      await form([{ topology: "star", members }]);
      await vi.waitFor(async () => expect(await agents.mayAsk(x, y)).toBe(false), SOON);
      expect(agents.disconnects()).toBe(0);
    });

    it("are asked for over requests that nobody else can answer", async () => {
      const members = ["asker", "asked", "third"].map(parseAgentId);
      const [asker, asked, third] = members as [AgentId, AgentId, AgentId];
      await using agents = await openAgents(server, members);
      await form([{ topology: "mesh", members }]);
      const inbox = peerInboxOf(asker, asked);
      await expectRefused(agents.of(third), `${inbox}.token`);
      await expectRefused(agents.of(third), `_INBOX_${asker}.mux.token`);
      expect(await agents.mayAsk(asker, asked)).toBe(true);
    });
  });

  describe("who is let in", () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startTestServer({ binary });
    });
    afterAll(() => server[Symbol.asyncDispose]());

    it("is nobody without a key, nor with one that is not known", async () => {
      const { url } = server.address;
      await expect(connect({ servers: url, reconnect: false })).rejects.toThrow();
      const { seed } = await (async () => {
        await using other = await startTestServer({ binary });
        return other.admit("stranger");
      })();
      await expect(
        openBus(
          { url, ...(seed === undefined ? {} : { seed }) },
          { name: "stranger", connectTimeoutMs: 2_000 },
        ),
      ).rejects.toMatchObject({ code: "broker-unavailable" });
    });

    it("is an agent that was started by hand, while others stay connected", async () => {
      const first = await openBus(await server.admit("first"), { name: "first" });
      const disconnects = countDisconnects(first);
      const address = await askToBeAdmitted(server.address, parseAgentId("by-hand"));
      expect(address.password).toBeUndefined();
      const connection = await openBus(address, { name: "by-hand" });
      await expectRefused(connection, "cascade.result.0.first");
      connection.publish("cascade.result.0.by-hand", "{}");
      await connection.flush();
      expect(disconnects()).toBe(0);
      await connection.close();
      await first.close();
    });

    it("has the same key after a restart of the server", async () => {
      const address = await server.admit("lasting");
      await server.kill9();
      await server.restart();
      const connection = await openBus(await server.admit("lasting"), { name: "lasting" });
      expect(await server.admit("lasting")).toEqual(address);
      await connection.close();
    });
  });
});

const slots = { light: 0, heavy: 0, sandbox: 0 };
const emptyResult = {
  v: 1,
  agent: "mallory",
  results: [
    {
      run: "r-none",
      stage: "s",
      index: 0,
      attempt: 1,
      status: "succeeded",
      output: { value: 1 },
      durationMs: 1,
    },
  ],
};
const unknownObject = { v: 1, op: "get", name: "0".repeat(64), from: 0 };

/** The server itself refuses it: not that nobody answers. */
async function expectRefused(connection: NatsConnection, subject: string): Promise<void> {
  await expect(connection.request(subject, "{}", { timeout: 5_000 })).rejects.toMatchObject({
    code: "PERMISSIONS_VIOLATION",
  });
}

async function expectUnheard(connection: NatsConnection, subject: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const subscription = connection.subscribe(subject, { callback: (error) => resolve(error) });
  expect(await promise).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
  subscription.unsubscribe();
}

interface Inside {
  readonly history: number;
  readonly firstLog: number;
}

async function lookInside(swarm: InProcessSwarm): Promise<Inside> {
  const { runId } = await swarm.client.submit({ cascade: "c", definition });
  await follow(swarm.client, runId).ended;
  await using access = await openTestAccess(swarm.server);
  return await vi.waitFor(async () => {
    const { state } = await access.manager.streams.info(subjects.streams.history);
    expect(state.messages).toBeGreaterThan(0);
    return { history: state.messages, firstLog: (await logOf(access)).first_seq };
  }, SOON);
}

async function logOf({ manager }: Awaited<ReturnType<typeof openTestAccess>>) {
  return (await manager.streams.info(subjects.streams.log)).state;
}

/** Leases are still the coordinator's, streams are there and hold what they held, and agents work. */
async function expectUnharmed(swarm: InProcessSwarm, before: Inside): Promise<void> {
  const { runId } = await swarm.client.submit({
    cascade: "c",
    definition: "cascade: c\nstages: [{ stage: a, skill: pause, inputs: { ms: 1 } }]\n",
    directory: swarm.directory,
  });
  const run = follow(swarm.client, runId);
  await run.ended;
  expect(run.events.at(-1)?.type).toBe("run.succeeded");
  await using access = await openTestAccess(swarm.server);
  const leases = await openLeases(access);
  for (let shard = 0; shard < SHARD_COUNT; shard++) {
    expect((await leases.read(shard)).owner).toBe(swarm.coordinators[0]?.id);
  }
  const { state } = await access.manager.streams.info(subjects.streams.history);
  expect(state.messages).toBeGreaterThanOrEqual(before.history);
  expect((await logOf(access)).first_seq).toBeGreaterThanOrEqual(before.firstLog);
  expect(swarm.lines.filter(({ event }) => event === "shard.lost")).toEqual([]);
  expect(swarm.lines.filter(({ event }) => event === "agent.draining")).toEqual([]);
}

interface Agents extends AsyncDisposable {
  of(agent: AgentId): NatsConnection;
  /** Asks along the link, as agents do. False: the server refused it. Throws when it was not answered otherwise. */
  mayAsk(from: AgentId, to: AgentId): Promise<boolean>;
  disconnects(): number;
}

async function openAgents(server: TestServer, members: readonly AgentId[]): Promise<Agents> {
  const connections = new Map<AgentId, NatsConnection>();
  const counts: (() => number)[] = [];
  for (const id of members) {
    const connection = await openBus(await server.admit(id), { name: id });
    connection.subscribe(subjects.peersTo(id), {
      callback: (_, message) => message.respond("yes"),
    });
    await connection.flush();
    connections.set(id, connection);
    counts.push(countDisconnects(connection));
  }
  const of = (id: AgentId): NatsConnection => {
    const connection = connections.get(id);
    if (connection === undefined) throw new Error(`no agent ${id}`);
    return connection;
  };
  let asked = 0;
  return {
    of,
    async mayAsk(from, to) {
      const reply = `${peerInboxOf(from, to)}.${asked++}`;
      const options = { timeout: 5_000, noMux: true, reply };
      try {
        await of(from).request(subjects.peer(from, to, "task"), "", options);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
        return false;
      }
    },
    disconnects: () => counts.reduce((sum, count) => sum + count(), 0),
    async [Symbol.asyncDispose]() {
      for (const connection of connections.values()) await connection.close();
    },
  };
}

function countDisconnects(connection: NatsConnection): () => number {
  let count = 0;
  void (async () => {
    for await (const status of connection.status() as AsyncIterable<Status>) {
      if (status.type === "disconnect") count += 1;
    }
  })();
  return () => count;
}
