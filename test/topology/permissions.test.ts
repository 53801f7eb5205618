import { describe, expect, it } from "vitest";
import { type AgentId, parseAgentId } from "../../core/ids.ts";
import { openSubjects } from "../../core/subjects.ts";
import { agentPermissions, linksOf, submitterPermissions } from "../../topology/permissions.ts";

const subjects = openSubjects();
const agents = (...ids: string[]): readonly AgentId[] => ids.map(parseAgentId);

describe("the links between agents", () => {
  it("are those of all teams together, each as its topology has them", () => {
    const links = linksOf([
      { topology: "ring", members: agents("a", "b", "c", "d") },
      { topology: "hierarchical", members: agents("a", "c") },
      { topology: "star", members: agents("d", "e") },
    ]);
    expect(Object.fromEntries([...links].map(([id, to]) => [id, [...to].sort()]))).toEqual({
      a: ["b", "c", "d"],
      b: ["a", "c"],
      c: ["a", "b", "d"],
      d: ["a", "c"],
      e: [],
    });
  });

  it("are none without a team", () => {
    expect(linksOf([])).toEqual(new Map());
  });
});

describe("what a member may send and hear", () => {
  it("is, for an agent, its own and that of the peers that it is linked with", () => {
    expect(agentPermissions(subjects, parseAgentId("a"), agents("c", "b"))).toEqual({
      publish: [
        "cascade.agent.a.heartbeat",
        "cascade.result.*.a",
        "cascade.inbox.*.result.a",
        "cascade.memory.*.a",
        "cascade.blob.*.a",
        "cascade.budget.*.a",
        "cascade.peer.a.b.*",
        "_INBOX_b.a.*",
        "cascade.peer.a.c.*",
        "_INBOX_c.a.*",
        "_R_.>",
      ],
      subscribe: [
        "_INBOX_a.>",
        "cascade.agent.a.task",
        "cascade.agent.a.control",
        "cascade.lane.* agents",
        "cascade.peer.*.a.*",
        "cascade.agent.*.heartbeat",
        "cascade.agent.*.gone",
        "cascade.stage.*.*",
        "$SRV.PING",
        "$SRV.PING.cascade-agent",
        "$SRV.PING.cascade-agent.*",
        "$SRV.INFO",
        "$SRV.INFO.cascade-agent",
        "$SRV.INFO.cascade-agent.*",
        "$SRV.STATS",
        "$SRV.STATS.cascade-agent",
        "$SRV.STATS.cascade-agent.*",
      ],
    });
  });

  it("is, for a submitter, jobs and the answers to them", () => {
    expect(submitterPermissions(subjects)).toEqual({
      publish: ["cascade.submit", "cascade.jobs", "cascade.jobs.*"],
      subscribe: ["_INBOX_submitter.>", "_INBOX.>"],
    });
  });
});
