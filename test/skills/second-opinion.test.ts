import { describe, expect, it, vi } from "vitest";
import { SwarmError } from "../../core/errors.ts";
import { parseAgentId } from "../../core/ids.ts";
import type { JsonObject } from "../../core/json.ts";
import type { SkillPeers } from "../../core/peers.ts";
import type { FileMetrics, Finding } from "../../skills/finding.ts";
import { secondOpinion, tellHotspots } from "../../skills/second-opinion.ts";
import { skillContext } from "./skill-context.ts";

const finding = (file: string, severity: Finding["severity"], agent = "agent-1"): Finding => ({
  ...{ file, line: 1, rule: "no-eval", severity, message: "m", tool: "t", tool_version: "1" },
  agent,
});
const OF = { skill: "lint-code", path: "/code" };
const others = [parseAgentId("agent-2"), parseAgentId("agent-3")];

/** Peers that answer as told; what they were asked is noted. */
function peersThat(
  answer: (inputs: JsonObject) => JsonObject,
  given: Partial<SkillPeers> = {},
): { readonly peers: SkillPeers; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const ask: SkillPeers["ask"] = async (to, skill, inputs) => {
    asked.push([to, skill, inputs]);
    return answer(inputs);
  };
  const { peers } = skillContext();
  return { asked, peers: { ...peers, neighbours: async () => others, ask, ...given } };
}

describe("a second opinion", () => {
  it("is asked of a neighbour for files with high and critical findings, and confirms those that it finds, too", async () => {
    const { peers, asked } = peersThat(() => ({
      findings: [finding("a.js", "high", "agent-2"), finding("new.js", "high", "agent-2")],
    }));
    const own = [
      ...[finding("a.js", "high"), finding("b.js", "critical")],
      ...[finding("c.js", "medium"), finding("d.js", "low")],
    ];
    expect(await secondOpinion(own, OF, skillContext({ peers }))).toEqual([
      finding("a.js", "high", "agent-2"),
    ]);
    const inputs = { path: "/code", files: ["a.js", "b.js"], cache: false };
    expect(asked).toEqual([["agent-2", "lint-code", inputs]]);
  });

  it("is asked for medium ones, too, in files that another agent called hotspots", async () => {
    const note = { from: parseAgentId("agent-3"), topic: "hotspots" };
    const bodies = [[{ file: "c.js", score: 9 }], "no list of hotspots"];
    const received = async () => bodies.map((body) => ({ ...note, body }));
    const { peers, asked } = peersThat(() => ({ findings: [] }), { received });
    const own = [finding("c.js", "medium"), finding("d.js", "medium")];
    expect(await secondOpinion(own, OF, skillContext({ peers }))).toEqual([]);
    expect(asked).toMatchObject([["agent-2", "lint-code", { files: ["c.js"] }]]);
  });

  it("is not asked of anybody when there is nobody, or nothing in doubt", async () => {
    const { peers, asked } = peersThat(() => ({}), { neighbours: async () => [] });
    expect(await secondOpinion([finding("a", "high")], OF, skillContext({ peers }))).toEqual([]);
    const low = peersThat(() => ({}));
    await secondOpinion([finding("a", "low")], OF, skillContext({ peers: low.peers }));
    expect([...asked, ...low.asked]).toEqual([]);
  });

  it.each([
    [
      "fails",
      () => {
        throw new SwarmError("peer-silent", "no answer");
      },
    ],
    ["makes no sense", () => ({ findings: "none" })],
  ])("that %s leaves the findings unconfirmed, and that is said", async (_, answer) => {
    const { peers } = peersThat(answer);
    const context = skillContext({ peers });
    const warn = vi.spyOn(context.logger, "warn");
    expect(await secondOpinion([finding("a", "high")], OF, context)).toEqual([]);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ event: "findings.unconfirmed", witness: "agent-2", files: 1 }),
    );
  });
});

it("the five hottest files of a batch are told to all neighbours, and nothing when none is known", async () => {
  const metrics = (file: string, commits: number | null): FileMetrics => ({
    ...{ file, lines: 1, functions: 1, cyclomatic: 1, cyclomatic_max: 1, cognitive: 2 },
    ...{ cognitive_max: 2, commits_90d: commits, commits_365d: commits },
  });
  const told: unknown[] = [];
  const broadcast: SkillPeers["broadcast"] = async (topic, body) => {
    told.push([topic, body]);
    return [];
  };
  const { peers } = peersThat(() => ({}), { broadcast });
  const context = skillContext({ peers });
  await tellHotspots([metrics("unknown", null), metrics("calm", 0)], context);
  expect(told).toEqual([]);
  await tellHotspots(
    [1, 2, 3, 4, 5, 6].map((commits) => metrics(`f${commits}`, commits)),
    context,
  );
  const scores = [6, 5, 4, 3, 2].map((commits) => ({ file: `f${commits}`, score: commits * 2 }));
  expect(told).toEqual([["hotspots", scores]]);
});
