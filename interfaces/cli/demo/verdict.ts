import type { PublishedEvent } from "../../../bus/messages.ts";
import { isJsonObject, type Json } from "../../../core/json.ts";
import type { TopologyName } from "../../../core/plan.ts";
import type { MessageEdge } from "../topology/message-graph.ts";

/** An agent that the demonstration killed. */
export interface Kill {
  readonly agent: string;
  readonly pid: number;
  /** Of the process that took its place; undefined while there is none. */
  readonly successor?: number | undefined;
}

export interface Observed {
  readonly topology: TopologyName;
  /** How many tasks there are. */
  readonly tasks: number;
  /** What all their outputs come to. */
  readonly expected: number;
  readonly events: readonly PublishedEvent[];
  readonly kills: readonly Kill[];
  readonly edges: readonly MessageEdge[];
}

export interface Verdict {
  readonly done: number;
  /** Tasks whose attempt was lost with an agent, and that succeeded in a later one. */
  readonly moved: number;
  /** Those of them that another agent did. */
  readonly movedToOthers: number;
  readonly kills: number;
  /** Tasks without an outcome. */
  readonly lost: number;
  readonly result: number;
  /** What did not hold, in words; nothing when all did. */
  readonly failures: readonly string[];
}

/** What the recorded facts of a demonstration come to. */
export function verdictOf(observed: Observed): Verdict {
  const { tasks, events, kills } = observed;
  const successes = events.filter(({ type }) => type === "task.succeeded");
  const byIndex = Map.groupBy(successes, ({ data }) => Number(data["index"]));
  const lostAttempts = events.filter(
    ({ type, data }) => type === "task.failed" && errorCodeOf(data["error"]) === "agent-lost",
  );
  const moved = [...byIndex].filter(([index]) =>
    lostAttempts.some(({ data }) => data["index"] === index),
  );
  const movedToOthers = moved.filter(([index, [success]]) =>
    lostAttempts.some(
      ({ data }) => data["index"] === index && data["agent"] !== success?.data["agent"],
    ),
  );
  const counted = {
    done: byIndex.size,
    moved: moved.length,
    movedToOthers: movedToOthers.length,
    kills: kills.length,
    lost: tasks - byIndex.size,
    result: successes.reduce((sum, { data }) => sum + primesOf(data["output"]), 0),
  };
  const twice = [...byIndex.values()].some((all) => all.length > 1);
  return { ...counted, failures: failuresOf(observed, { ...counted, twice }) };
}

function failuresOf(
  { topology, events, expected, kills, edges }: Observed,
  { done, moved, lost, result, twice }: Omit<Verdict, "failures"> & { readonly twice: boolean },
): readonly string[] {
  const end = events.at(-1)?.type ?? "no event";
  const unlinked = edges.filter(({ link }) => link === "unlinked");
  const unreplaced = kills.filter(({ successor }) => successor === undefined);
  return [
    ...(end === "run.succeeded" ? [] : [`the run did not succeed: its last event is ${end}`]),
    ...(lost === 0 ? [] : [`${lost} tasks have no outcome`]),
    ...(twice ? ["a task has two outcomes"] : []),
    ...(result === expected || done === 0 ? [] : [`the result is ${result}, not ${expected}`]),
    ...(kills.length > 0 ? [] : ["no agent was killed"]),
    ...(moved > 0 ? [] : ["no task was lost with a killed agent, so none had to move"]),
    ...unreplaced.map(({ agent }) => `${agent} was not started again`),
    ...(edges.length > 0 ? [] : ["no message was recorded"]),
    ...unlinked.map(({ from, to }) => `${from} sent to ${to}, which a ${topology} has no link for`),
  ];
}

function errorCodeOf(error: Json | undefined): Json | undefined {
  return isJsonObject(error) ? error["code"] : undefined;
}

function primesOf(output: Json | undefined): number {
  const value = isJsonObject(output) ? output["value"] : undefined;
  return isJsonObject(value) ? Number(value["primes"]) : Number.NaN;
}
