import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AgentId, parseAgentId } from "../../core/ids.ts";
import { mayTalk, type Topology } from "../../core/topology.ts";
import { WORKERS_PER_LEAD } from "../../topology/hierarchical.ts";
import { TOPOLOGIES } from "../../topology/registry.ts";

const { mesh, star, ring, hierarchical } = TOPOLOGIES;
const all = Object.values(TOPOLOGIES);
const [a, b, c, d] = [parseAgentId("a"), parseAgentId("b"), parseAgentId("c"), parseAgentId("d")];
const [e, f, g] = [parseAgentId("e"), parseAgentId("f"), parseAgentId("g")];

const teams = fc
  .uniqueArray(fc.integer({ min: 1, max: 999 }), { minLength: 1, maxLength: 40 })
  .map((numbers) => numbers.map((number) => parseAgentId(`agent-${number}`)));
/** A team, and what is left of it when some are gone. */
const losses = teams.chain((members) =>
  fc.record({
    members: fc.constant(members),
    left: fc.subarray([...members], { minLength: 1 }),
  }),
);

function linksOf(topology: Topology, members: readonly AgentId[]): string[] {
  return members
    .flatMap((from) => topology.neighbours(from, members).map((to) => `${from} ${to}`))
    .sort();
}

/** Members that are reached from `start` along the links, itself included. */
function reached(topology: Topology, start: AgentId, members: readonly AgentId[]): Set<AgentId> {
  const seen = new Set([start]);
  for (const member of seen) {
    for (const next of topology.neighbours(member, members)) seen.add(next);
  }
  return seen;
}

describe("every topology", () => {
  it("has links both ways, to members alone and never to oneself, whoever is gone", () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), losses, (topology, { left }) => {
        for (const from of left) {
          for (const to of topology.neighbours(from, left)) {
            expect(left).toContain(to);
            expect(to).not.toBe(from);
            expect(mayTalk(topology, { from: to, to: from }, left)).toBe(true);
          }
        }
      }),
    );
  });

  it("hands tasks on, deals them out and gathers results along its links alone", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        teams,
        fc.infiniteStream(fc.nat(2)),
        (topology, members, rooms) => {
          const roomOf = new Map(members.map((member) => [member, rooms.next().value ?? 0]));
          for (const member of members) {
            const links = topology.neighbours(member, members);
            const query = { members, path: [], roomOf: (other: AgentId) => roomOf.get(other) ?? 0 };
            const parent = topology.parentOf(member, members);
            const used = [
              ...topology.handOn(member, query),
              ...topology.workersOf(member, members),
              ...(parent === undefined ? [] : [parent]),
            ];
            expect(used.filter((other) => !links.includes(other))).toEqual([]);
          }
        },
      ),
    );
  });

  it("lets every member be reached from one that the coordinator talks to", () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), losses, (topology, { left }) => {
        const entrances = topology.entrances(left);
        const all = new Set(entrances.flatMap((start) => [...reached(topology, start, left)]));
        expect([...all].sort()).toEqual([...left].sort());
      }),
    );
  });

  it("has no links for somebody who is not in the team", () => {
    for (const topology of [star, ring, hierarchical])
      expect(topology.neighbours(g, [a, b])).toEqual([]);
  });
});

describe("mesh", () => {
  it("links every member with every other", () => {
    expect(linksOf(mesh, [a, b, c])).toEqual(["a b", "a c", "b a", "b c", "c a", "c b"]);
  });

  it("hands a task to a peer with room, most room first, and that one does not hand it on", () => {
    const rooms = new Map([
      [a, 9],
      [b, 1],
      [c, 0],
      [d, 3],
    ]);
    const roomOf = (member: AgentId) => rooms.get(member) ?? 0;
    expect(mesh.handOn(a, { members: [a, b, c, d], path: [], roomOf })).toEqual([d, b]);
    expect(mesh.handOn(d, { members: [a, b, c, d], path: [a], roomOf })).toEqual([]);
  });
});

describe("star", () => {
  it("has the coordinator at every link: members talk to it alone", () => {
    expect(linksOf(star, [a, b, c, d])).toEqual([]);
    expect(star.entrances([a, b, c, d])).toEqual([a, b, c, d]);
    expect(star.handOn(a, { members: [a, b], path: [], roomOf: () => 1 })).toEqual([]);
  });
});

describe("ring", () => {
  it("links each member with the one before and the one after it", () => {
    expect(linksOf(ring, [a, b, c, d])).toEqual([
      ...["a b", "a d", "b a", "b c", "c b", "c d", "d a", "d c"],
    ]);
    expect(linksOf(ring, [a, b])).toEqual(["a b", "b a"]);
    expect(linksOf(ring, [a])).toEqual([]);
  });

  it("is closed by the neighbours of those that are gone", () => {
    fc.assert(
      fc.property(losses, ({ left }) => {
        const [first] = left;
        if (first === undefined) return;
        expect(reached(ring, first, left).size).toBe(left.length);
        const degree = Math.min(2, left.length - 1);
        for (const member of left) expect(ring.neighbours(member, left)).toHaveLength(degree);
      }),
    );
  });

  it("hands a task round, in the direction in which room is nearest, to each member once at most", () => {
    const members = [a, b, c, d, e];
    const roomOf = (member: AgentId) => (member === d ? 1 : 0);
    expect(ring.handOn(a, { members, path: [], roomOf })).toEqual([e]);
    expect(ring.handOn(e, { members, path: [a], roomOf })).toEqual([d]);
    expect(ring.handOn(b, { members, path: [], roomOf })).toEqual([c]);
    expect(ring.handOn(a, { members, path: [d, e], roomOf: () => 0 })).toEqual([]);
    expect(ring.handOn(c, { members, path: [d, e, a, b], roomOf: () => 1 })).toEqual([]);
  });

  it("finds room wherever it is, in fewer steps than it has members", () => {
    const cases = teams.chain((members) =>
      fc.record({
        members: fc.constant(members),
        start: fc.constantFrom(...members),
        room: fc.constantFrom(...members),
      }),
    );
    fc.assert(
      fc.property(cases, ({ members, start, room }) => {
        const path: AgentId[] = [];
        let at = start;
        while (at !== room) {
          const roomOf = (member: AgentId) => (member === room ? 1 : 0);
          const [next] = ring.handOn(at, { members, path, roomOf });
          if (next === undefined) return expect.unreachable(`stuck at ${at}`);
          path.push(at);
          at = next;
        }
        expect(path.length).toBeLessThan(members.length);
      }),
    );
  });
});

describe("hierarchical", () => {
  it("links each lead with its workers, and nobody else", () => {
    expect(hierarchical.entrances([a, b, c])).toEqual([a]);
    expect(linksOf(hierarchical, [a, b, c])).toEqual(["a b", "a c", "b a", "c a"]);
    expect(hierarchical.entrances([a, b, c, d, e, f])).toEqual([a, b]);
    expect(linksOf(hierarchical, [a, b, c, d, e, f])).toEqual([
      ...["a c", "a e", "b d", "b f", "c a", "d b", "e a", "f b"],
    ]);
  });

  it("gives every worker one living lead with few enough workers, whoever is gone", () => {
    fc.assert(
      fc.property(losses, ({ left }) => {
        const leads = hierarchical.entrances(left);
        const ledBy = leads.map((lead) => hierarchical.workersOf(lead, left));
        expect([...leads, ...ledBy.flat()].sort()).toEqual([...left].sort());
        for (const [index, workers] of ledBy.entries()) {
          expect(workers.length).toBeLessThanOrEqual(WORKERS_PER_LEAD);
          for (const worker of workers) {
            expect(hierarchical.parentOf(worker, left)).toBe(leads[index]);
          }
        }
        for (const lead of leads) expect(hierarchical.parentOf(lead, left)).toBeUndefined();
      }),
    );
  });

  it("moves the next member up when a lead is gone", () => {
    const before = [a, b, c, d, e];
    const after = before.filter((member) => member !== a);
    expect(before.map((member) => hierarchical.parentOf(member, before))).toEqual([
      undefined,
      a,
      a,
      a,
      a,
    ]);
    expect(after.map((member) => hierarchical.parentOf(member, after))).toEqual([
      undefined,
      b,
      b,
      b,
    ]);
  });
});
