import type { NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Offer, PublishedEvent, Task } from "../../bus/messages.ts";
import { type AgentId, parseAgentId } from "../../core/ids.ts";
import type { TopologyName } from "../../core/plan.ts";
import { mayTalk } from "../../core/topology.ts";
import { TOPOLOGIES } from "../../topology/registry.ts";
import { openAgentScript } from "../support/agent-script.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { startTestServer, type TestServer } from "../support/nats.ts";
import { follow } from "../support/swarm-process.ts";
import { openWiretap, type PeerMessage, type Wiretap } from "../support/wiretap.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const SOON = { timeout: 20_000, interval: 50 };
const ids = ["a", "b", "c", "d"];
const membersOf = (prefix: string) => ids.map((id) => parseAgentId(`${prefix}${id}`));

/** `from to` of every link of the definition. */
function definedLinks(topology: TopologyName, members: readonly AgentId[]): readonly string[] {
  return members
    .flatMap((from) => TOPOLOGIES[topology].neighbours(from, members).map((to) => `${from} ${to}`))
    .sort();
}

describe("the traffic between full members", () => {
  it.each([
    "mesh",
    "star",
    "ring",
    "hierarchical",
  ] as const)("of a %s is the definition's links, all and no other", async (topology) => {
    await using script = await openAgentScript(server);
    await using wire = await openWiretap(server);
    const members = membersOf(`${topology}-`);
    for (const id of members) await script.addAgent(id, { light: 1 });
    const results = script.takeResults();
    let index = 0;
    let taken = 0;
    await vi.waitFor(async () => {
      for (const id of TOPOLOGIES[topology].entrances(members)) {
        const tasks = members.map(() =>
          script.taskOf(index++, { inputs: { ms: 20 }, team: { topology, members } }),
        );
        const { accepted, handedOver } = await script.offer(id, tasks);
        taken += accepted.length + handedOver.length;
      }
      expect(wire.links()).toEqual(definedLinks(topology, members));
    }, SOON);
    await vi.waitFor(() => expect(results).toHaveLength(taken), SOON);
    const executed = results.map((result) => result.index);
    expect(executed.toSorted()).toEqual([...new Set(executed)].sort());
  });

  it("of a ring takes a task on from member to member, each named as it had no room", async () => {
    await using script = await openAgentScript(server);
    await using wire = await openWiretap(server);
    const members = membersOf("");
    for (const id of ids) await script.addAgent(id, { light: id === "c" ? 2 : 1 });
    const results = script.takeResults();
    const long = (index: number) =>
      script.taskOf(index, { inputs: { ms: 1_500 }, team: { topology: "ring", members } });
    for (const [index, id] of ids.entries()) await script.offer(id, [long(index)]);
    await vi.waitFor(async () => {
      const answer = await script.offer("a", [long(4)]);
      expect(answer).toMatchObject({ handedOver: [{ position: 0, agent: "c" }] });
    }, SOON);
    const path = wire.peers
      .filter(({ body }) => (body as Offer).tasks[0]?.index === 4)
      .map(({ from, to, body }) => [from, to, (body as Offer).path]);
    expect(path.slice(-2)).toEqual([
      ["a", "b", ["a"]],
      ["b", "c", ["a", "b"]],
    ]);
    await vi.waitFor(() => expect(results).toHaveLength(5), SOON);
    expect(results.find((result) => result.index === 4)).toMatchObject({ from: "b" });
  });

  it("of a star there is none: a full member is busy, and a peer's offer is refused", async () => {
    await using script = await openAgentScript(server);
    const members = membersOf("leaf-");
    await script.addAgent("leaf-a", { light: 1 });
    const results = script.takeResults();
    const task = (index: number) =>
      script.taskOf(index, { inputs: { ms: 200 }, team: { topology: "star", members } });
    const offered = await script.offer("leaf-a", [task(0), task(1)]);
    expect(offered).toMatchObject({ accepted: [0], busy: [1], handedOver: [] });
    const offer = { v: 1, from: "leaf-b", tasks: [task(1)] };
    const subject = "cascade.peer.leaf-b.leaf-a.task";
    const peer = await script.playAgent("leaf-b", ["leaf-a"]);
    const reply = { timeout: 5_000, noMux: true, reply: "_INBOX_leaf-b.leaf-a.1" };
    const answer = await peer.request(subject, JSON.stringify(offer), reply);
    expect(answer.json()).toMatchObject({ accepted: [], busy: [0] });
    expect(script.lines).toContainEqual(
      expect.objectContaining({ event: "offer.unlinked", from: "leaf-b", topology: "star" }),
    );
    await vi.waitFor(() => expect(results).toHaveLength(1), SOON);
  });
});

const items = Array.from({ length: 24 }, (_, index) => index);

async function startRun(
  swarm: InProcessSwarm,
  topology: TopologyName,
  ms: number,
  of: readonly number[] = items,
) {
  const definition = `cascade: shared
stages:
  - stage: spread
    type: swarm-parallel
    foreach: ${JSON.stringify(of)}
    skill: pause
    inputs: { item: "\${item}", ms: ${ms} }
    swarm_config: { topology: ${topology}, max_agents: 4 }
`;
  const { client, directory } = swarm;
  const { runId } = await client.submit({ cascade: "shared", definition, directory });
  return follow(client, runId);
}

/** Fills all slots of an agent with work that the coordinator knows nothing of. */
async function occupy(wire: Wiretap, agent: string, ms: number): Promise<void> {
  const tasks = [0, 1].map((index) => ({
    ...{ run: `r-${agent}`, stage: "s", index, attempt: 1, shard: 0, epoch: 0, cascade: "other" },
    ...{ skill: "pause", lane: "light", inputs: { ms }, timeoutMs: 10_000, directory: "/tmp" },
  }));
  const offer = JSON.stringify({ v: 1, from: "other", tasks });
  const answer = await wire.connection.request(`cascade.agent.${agent}.task`, offer);
  expect(answer.json()).toMatchObject({ accepted: [0, 1] });
}

function allJoined(swarm: InProcessSwarm): Promise<void> {
  return vi.waitFor(() => {
    const joined = swarm.lines.filter((line) => line.event === "agent.joined");
    expect(joined).toHaveLength(ids.length);
  }, SOON);
}

/** Each task has one outcome, success, and the run has succeeded. */
function expectAllOnce(events: readonly PublishedEvent[], of: readonly number[] = items): void {
  expect(events.at(-1)?.type).toBe("run.succeeded");
  const succeeded = events
    .filter(({ type }) => type === "task.succeeded")
    .map(({ data }) => Number(data["index"]));
  expect(succeeded.toSorted((x, y) => x - y)).toEqual(of);
}

/** Every message between members goes along a link that the team of its task has. */
function expectLinked(wire: Wiretap, topology: TopologyName): void {
  const linkless = wire.peers.filter((message) => {
    return !mayTalk(TOPOLOGIES[topology], linkOf(message), teamOf(wire, message));
  });
  expect(linkless.map(({ from, to, kind }) => `${from} ${to} ${kind}`)).toEqual([]);
}

/** The team of the task that a message is about; what has no task is about those that were offered before. */
function teamOf(wire: Wiretap, { body }: PeerMessage): readonly AgentId[] {
  const [task] = (body as Partial<Offer>).tasks ?? wire.offers[0]?.tasks ?? [];
  return (task as Task | undefined)?.team?.members ?? [];
}
const linkOf = ({ from, to }: PeerMessage) => ({ from: parseAgentId(from), to: parseAgentId(to) });

describe("a swarm", () => {
  it.each([
    "mesh",
    "star",
    "ring",
    "hierarchical",
  ] as const)("in a %s does every task once, and members talk along its links alone", async (topology) => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    await using wire = await openWiretap(swarm.server);
    for (const id of ids) await swarm.addAgent(id, { light: 2 });
    if (topology !== "hierarchical") for (const id of ["a", "b"]) await occupy(wire, id, 1_500);
    const run = await startRun(swarm, topology, 60);
    await run.ended;
    expectAllOnce(run.events);
    expectLinked(wire, topology);
    if (topology === "star") expect(wire.peers).toEqual([]);
    else expect(wire.links().length).toBeGreaterThan(0);
  });

  it.each([
    "mesh",
    "star",
    "ring",
  ] as const)("in a %s that loses a member in the middle still does every task, each once", async (topology) => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    const agents = [];
    for (const id of ids) agents.push(await swarm.addAgent(id, { light: 2 }));
    const run = await startRun(swarm, topology, 500);
    await run.reached("task.succeeded", ({ data }) => data["agent"] === "b");
    await agents[1]?.connection.close(); // without a word
    await run.ended;
    expectAllOnce(run.events);
    const lost = run.events.filter(({ type }) => type === "task.failed");
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.map(({ data }) => data["agent"])).toEqual(lost.map(() => "b"));
  });

  it("in a hierarchy whose lead dies goes on: what its workers hold is not begun again, and the next member leads", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    await using wire = await openWiretap(swarm.server);
    const agents = new Map<string, NatsConnection>();
    for (const id of ids) agents.set(id, (await swarm.addAgent(id, { light: 2 })).connection);
    await allJoined(swarm);
    const run = await startRun(swarm, "hierarchical", 600);
    await run.reached("task.succeeded");
    const [lead = ""] = wire.offers.map(({ agent }) => agent);
    await agents.get(lead)?.close(); // without a word
    await run.ended;
    expectAllOnce(run.events);
    const leads = new Set(wire.offers.map(({ agent }) => agent));
    expect(leads.size).toBe(2);
    const lost = run.events.filter(({ type }) => type === "task.failed");
    expect(lost.map(({ data }) => data["agent"])).toEqual(lost.map(() => lead));
    const byOthers = run.events.filter(
      ({ type, data }) =>
        type === "task.succeeded" && data["agent"] !== lead && data["from"] === lead,
    );
    const relayed = new Set(byOthers.map(({ data }) => Number(data["index"])));
    const lostToo = lost
      .map(({ data }) => Number(data["index"]))
      .filter((index) => relayed.has(index));
    expect(lostToo).toEqual([]);
  });

  it("in a hierarchy whose worker dies hears from its lead which attempts are lost, and offers them anew", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    await using wire = await openWiretap(swarm.server);
    const agents = new Map<string, NatsConnection>();
    for (const id of ids) agents.set(id, (await swarm.addAgent(id, { light: 2 })).connection);
    await allJoined(swarm);
    const run = await startRun(swarm, "hierarchical", 600);
    await run.reached("task.succeeded");
    const [lead = ""] = wire.offers.map(({ agent }) => agent);
    const worker = ids.find((id) => id !== lead) ?? "";
    await agents.get(worker)?.close();
    await run.ended;
    expectAllOnce(run.events);
    const lost = run.events.filter(({ type }) => type === "task.failed");
    expect(lost.length).toBeGreaterThan(0);
    for (const { data } of lost)
      expect(data).toMatchObject({ agent: worker, from: lead, error: { code: "agent-lost" } });
    expect(new Set(wire.offers.map(({ agent }) => agent))).toEqual(new Set([lead]));
  });

  it("in a hierarchy takes at most 15 percent of a star's messages at the coordinator for a thousand tasks", async () => {
    const messages = new Map<TopologyName, number>();
    for (const topology of ["star", "hierarchical"] as const) {
      await using swarm = await startInProcessSwarm({ agents: 0 });
      await using wire = await openWiretap(swarm.server);
      for (const id of ids) await swarm.addAgent(id);
      await allJoined(swarm);
      const thousand = Array.from({ length: 1_000 }, (_, index) => index);
      const run = await startRun(swarm, topology, 10, thousand);
      await run.ended;
      expectAllOnce(run.events, thousand);
      // Offers and batches of results; each is answered once.
      messages.set(topology, wire.offers.length + wire.count("cascade.result."));
    }
    const [star = 0, hierarchical = 0] = ["star", "hierarchical"].map((name) =>
      messages.get(name as TopologyName),
    );
    expect(hierarchical).toBeLessThanOrEqual(star * 0.15);
  });

  it("keeps to `max_agents` for all skills of a stage together, and for tasks that are tried again", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    await using wire = await openWiretap(swarm.server);
    for (const id of ids) await swarm.addAgent(id, { light: 1 });
    const definition = `cascade: bounded
stages:
  - stage: two
    type: swarm-parallel
    foreach: ${JSON.stringify(items.slice(0, 8))}
    skills:
      - { skill: pause, inputs: { item: "\${item}", ms: 5 } }
      - { skill: misbehave, inputs: { how: well } }
    error_handling: { max_retries: 3, backoff: 10ms }
    swarm_config: { topology: star, max_agents: 2 }
`;
    const { runId } = await swarm.client.submit({
      cascade: "bounded",
      definition,
      directory: swarm.directory,
    });
    const run = follow(swarm.client, runId);
    await run.ended;
    expect(run.events.at(-1)?.type).toBe("run.succeeded");
    expect(new Set(wire.offers.map(({ agent }) => agent)).size).toBeLessThanOrEqual(2);
  });
});
