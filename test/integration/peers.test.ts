import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Task, TaskOutcome } from "../../bus/messages.ts";
import { parseAgentId } from "../../core/ids.ts";
import type { Json } from "../../core/json.ts";
import type { TopologyName } from "../../core/plan.ts";
import { type AgentScript, openAgentScript } from "../support/agent-script.ts";
import { startTestServer, type TestServer } from "../support/nats.ts";
import { openWiretap } from "../support/wiretap.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const SOON = { timeout: 20_000, interval: 20 };
let last = 0;

/** Members named by their topology and test, so that tests share a server. */
async function openTeam(script: AgentScript, topology: TopologyName) {
  last += 1;
  const members = ["a", "b", "c", "d"].map((id) => parseAgentId(`${topology}-${last}-${id}`));
  for (const id of members) await script.addAgent(id);
  return { topology, members };
}

/** Has a member do steps as a task of the team's stage, and answers what came of each. */
async function talk(
  script: AgentScript,
  results: readonly TaskOutcome[],
  {
    team,
    skill = "talk",
    ...where
  }: {
    readonly at: string;
    readonly team?: Task["team"];
    readonly steps: readonly (readonly Json[])[];
    readonly skill?: "talk" | "talk-thread";
  },
): Promise<Json> {
  const index = results.length;
  const lane = skill === "talk" ? "light" : "heavy";
  const task = script.taskOf(index, {
    ...{ skill, lane, inputs: { steps: where.steps } },
    ...(team === undefined ? {} : { team }),
  });
  expect(await script.offer(where.at, [task])).toMatchObject({ accepted: [0] });
  await vi.waitFor(() => expect(results.length).toBeGreaterThan(index), SOON);
  const result = results[index];
  if (result?.status !== "succeeded" || !("value" in result.output))
    throw new Error(JSON.stringify(result));
  return (result.output.value as { answers: Json }).answers;
}

describe("tasks of a team", () => {
  it.each(["talk", "talk-thread"] as const)("tell and ask one another (%s)", async (skill) => {
    await using script = await openAgentScript(server);
    await using wire = await openWiretap(server);
    const team = await openTeam(script, "mesh");
    const [a = "", b = "", c = "", d = ""] = team.members;
    const results = script.takeResults();
    const said = await talk(script, results, {
      ...{ at: a, team, skill },
      steps: [
        ["neighbours"],
        ["send", b, "hint", { file: "x" }],
        ["broadcast", "hint", [1, 2]],
        ["received", "hint"],
        ["ask", c, "talk-thread", { steps: [["neighbours"]] }],
      ],
    });
    const delivered = (to: string) => ({ to, status: "delivered" });
    expect(said).toEqual([
      [b, c, d],
      delivered(b),
      [delivered(b), delivered(c), delivered(d)],
      [],
      { answers: [[]] }, // whoever is asked is in no team
    ]);
    expect(
      await talk(script, results, {
        ...{ at: b, team, skill },
        steps: [
          ["received", "hint"],
          ["received", "other"],
        ],
      }),
    ).toEqual([
      [
        { from: a, topic: "hint", body: { file: "x" } },
        { from: a, topic: "hint", body: [1, 2] },
      ],
      [],
    ]);
    expect(wire.peers.map(({ from, to, kind }) => [from, to, kind])).toEqual([
      [a, b, "note"],
      [a, b, "note"],
      [a, c, "note"],
      [a, d, "note"],
      [a, c, "ask"],
    ]);
  });

  it.each([
    ["star", "a", "b"],
    ["ring", "a", "c"],
    ["hierarchical", "b", "c"],
  ] as const)("of a %s cannot send along a link that it does not have", async (topology, from, to) => {
    await using script = await openAgentScript(server);
    await using wire = await openWiretap(server);
    const team = await openTeam(script, topology);
    const idOf = (end: string): string => team.members.find((id) => id.endsWith(end)) ?? "";
    const results = script.takeResults();
    const at = idOf(from);
    expect(
      await talk(script, results, {
        ...{ at, team },
        steps: [
          ["send", idOf(to), "hint", 1],
          ["ask", idOf(to), "talk-thread", { steps: [] }],
          ["send", at, "hint", 1],
        ],
      }),
    ).toEqual(["peer-unlinked", "peer-unlinked", "peer-unlinked"]);
    expect(wire.peers.filter(({ kind }) => kind === "note" || kind === "ask")).toEqual([]);
  });

  it("of a stage without a swarm have nobody to send to", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("alone");
    expect(
      await talk(script, script.takeResults(), {
        at: "alone",
        steps: [["neighbours"], ["broadcast", "hint", 1], ["send", "other", "hint", 1]],
      }),
    ).toEqual([[], [], "peer-unlinked"]);
  });

  it("are heard by members alone that can have the link: a stranger's note is refused and said", async () => {
    await using script = await openAgentScript(server);
    const team = await openTeam(script, "star");
    const [a = "", b = ""] = team.members;
    const note = { v: 1, from: b, run: "r-test", stage: "s", team, topic: "hint", body: 1 };
    const [member, stranger] = [await script.playAgent(b, [a]), await script.playAgent("x", [a])];
    member.publish(`cascade.peer.${b}.${a}.note`, JSON.stringify(note));
    stranger.publish(`cascade.peer.x.${a}.note`, JSON.stringify(note));
    await vi.waitFor(() => {
      const refused = script.lines.filter(({ event }) => event === "message.refused");
      expect(refused).toHaveLength(2);
    }, SOON);
    const results = script.takeResults();
    expect(await talk(script, results, { at: a, team, steps: [["received", "hint"]] })).toEqual([
      [],
    ]);
  });

  it("that repeat themselves are cut short, and it is said once", async () => {
    await using script = await openAgentScript(server);
    const team = await openTeam(script, "mesh");
    const [a = "", b = ""] = team.members;
    const same = ["send", b, "ping", "pong"];
    const statuses = (await talk(script, script.takeResults(), {
      ...{ at: a, team },
      steps: [same, same, same, same, same, ["send", b, "ping", "other"]],
    })) as readonly { readonly status: string }[];
    expect(statuses.map(({ status }) => status)).toEqual([
      ...["delivered", "delivered", "delivered", "dropped", "dropped", "delivered"],
    ]);
    const said = script.lines.filter(({ event }) => event === "peer.loop_broken");
    expect(said).toEqual([expect.objectContaining({ to: b, topic: "ping" })]);
  });

  it("keep to the limits, and hear of a member that left", async () => {
    await using script = await openAgentScript(server);
    const team = await openTeam(script, "mesh");
    const [a = "", b = ""] = team.members;
    const results = script.takeResults();
    const long = "x".repeat(16_384);
    expect(
      await talk(script, results, {
        ...{ at: a, team },
        steps: [
          ["send", b, "hint", long],
          ["ask", b, "talk-thread", { long }],
          ["send", b, "no topic", 1],
          ["ask", b, "talk", { steps: [] }],
          ["ask", b, "no-such-skill", {}],
        ],
      }),
    ).toEqual([
      ...["limit-exceeded", "limit-exceeded", "invalid-input", "not-supported", "unknown-skill"],
    ]);
    await script.control(b, { v: 1, command: "drain" });
    await vi.waitFor(async () => {
      const steps = [["neighbours"]];
      const [neighbours] = (await talk(script, results, { at: a, team, steps })) as Json[];
      expect(neighbours).toEqual(team.members.slice(2));
    }, SOON);
    const steps = [["ask", b, "talk-thread", { steps: [] }]];
    expect(await talk(script, results, { at: a, team, steps })).toEqual(["peer-unlinked"]);
  });
});
