import type { NatsConnection } from "nats";
import { decodeMessage, type Heartbeat, heartbeat } from "../bus/messages.ts";
import type { AgentId } from "../core/ids.ts";
import type { Subjects } from "../core/subjects.ts";
import { discoverAgents } from "./discovery.ts";

/** An agent that was heard of during a roll call. */
export interface AgentPresence {
  readonly heartbeat: Heartbeat;
  /** How many tasks it holds; undefined when it did not answer. */
  readonly tasks: number | undefined;
  /** Since its last heartbeat; undefined when none was heard during the call. */
  readonly heartbeatAgeMs: number | undefined;
}

interface Heard {
  readonly beat: Heartbeat;
  readonly atMs: number;
}

/** Two heartbeats and a little: who is silent for so long is silent. */
const LISTEN_MS = 1_600;

/** Asks who is there and listens for heartbeats. In the order of their names. */
export async function callTheRoll(
  connection: NatsConnection,
  subjects: Subjects,
): Promise<readonly AgentPresence[]> {
  const heard = new Map<AgentId, Heard>();
  const subscription = connection.subscribe(subjects.allHeartbeats, {
    callback: (error, message) => {
      if (error !== null) return;
      const beat = decodeMessage(heartbeat, message.data);
      heard.set(beat.agent, { beat, atMs: performance.now() });
    },
  });
  const listened = new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
  const reports = await discoverAgents(connection, subjects);
  await listened;
  subscription.unsubscribe();
  const nowMs = performance.now();
  const answered = new Map(reports.map((report) => [report.heartbeat.agent, report]));
  return [...new Set([...answered.keys(), ...heard.keys()])].sort(byName).flatMap((agent) => {
    const report = answered.get(agent);
    const last = heard.get(agent);
    const latest = last?.beat ?? report?.heartbeat;
    if (latest === undefined || latest.status === "gone") return [];
    return [
      {
        heartbeat: latest,
        tasks: report?.tasks.length,
        heartbeatAgeMs: last === undefined ? undefined : Math.round(nowMs - last.atMs),
      },
    ];
  });
}

function byName(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
