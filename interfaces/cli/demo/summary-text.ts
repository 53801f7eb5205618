import type { TopologyName } from "../../../core/plan.ts";
import type { MessageEdge } from "../topology/message-graph.ts";
import { SLICES } from "./prime-slices.ts";
import type { Kill, Verdict } from "./verdict.ts";

export function opening({
  topology,
  agents,
}: {
  readonly topology: TopologyName;
  readonly agents: number;
}): string {
  return `demo ${topology}: ${agents} agent processes count the primes below ten million, in ${SLICES} tasks`;
}

/** What a demonstration came to, for people. */
export function summaryLines({
  run,
  verdict,
  kills,
  edges,
  durationMs,
}: {
  readonly run: string;
  readonly verdict: Verdict;
  readonly kills: readonly Kill[];
  readonly edges: readonly MessageEdge[];
  readonly durationMs: number;
}): readonly string[] {
  const { done, moved, movedToOthers, lost, result, failures } = verdict;
  const messages = edges.reduce((sum, edge) => sum + edge.messages, 0);
  const width = Math.max(0, ...edges.map(({ from, to }) => from.length + to.length + 4));
  return [
    "",
    `run     ${run}, ${(durationMs / 1_000).toFixed(1)} s`,
    `done    ${done} of ${SLICES} tasks, ${result.toLocaleString("en")} primes`,
    `kills   ${kills.length}${kills.map((kill) => `; ${killText(kill)}`).join("")}`,
    `moved   ${moved}, of which ${movedToOthers} to other agents`,
    `lost    ${lost}`,
    `graph   ${messages} messages about tasks, as recorded on the bus`,
    ...edges.map(
      ({ from, to, messages: count, link }) =>
        `        ${`${from} -> ${to}`.padEnd(width)}${String(count).padStart(6)}${link === "linked" ? "" : `  ${link}`}`,
    ),
    "",
    ...(failures.length === 0
      ? [
          "held    nothing was lost, every message between members went along a link of the topology",
        ]
      : failures.map((failure) => `FAILED  ${failure}`)),
  ];
}

function killText({ agent, pid, successor }: Kill): string {
  const next = successor === undefined ? "not started again" : `started again as ${successor}`;
  return `${agent} (pid ${pid}), ${next}`;
}
