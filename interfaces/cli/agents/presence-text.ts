import type { AgentPresence } from "../../../coordinator/client.ts";
import { LANES } from "../../../core/plan.ts";
import { printable } from "../terminal-text.ts";
import { aligned } from "../text-columns.ts";

/** One line an agent. Pure. */
export function presenceLines(agents: readonly AgentPresence[]): readonly string[] {
  if (agents.length === 0)
    return ["no agents: tasks wait until one comes (npm run cascade -- agents scale 4)"];
  return aligned(
    [
      ["agent", "host", "status", "busy/slots", "load", "tasks", "skills", "heartbeat"],
      ...agents.map(({ heartbeat, tasks, heartbeatAgeMs }) => {
        const { agent, host, status, slots, busy, skills } = heartbeat;
        return [
          agent,
          host,
          status,
          LANES.map((lane) => `${lane} ${busy[lane]}/${slots[lane]}`).join(", "),
          `${Math.round(100 * loadOf({ heartbeat }))} %`,
          tasks === undefined ? "no answer" : String(tasks),
          String(skills.length),
          heartbeatAgeMs === undefined
            ? "none heard"
            : `${(heartbeatAgeMs / 1_000).toFixed(1)} s ago`,
        ];
      }),
    ].map((row) => row.map(printable)),
  );
}

/** The same for programs; what is not known is null. */
export function presenceJson(presence: AgentPresence): object {
  const { heartbeat, tasks = null, heartbeatAgeMs = null } = presence;
  const { agent, host, status, slots, busy, skills } = heartbeat;
  return {
    agent,
    host,
    status,
    slots,
    busy,
    load: loadOf(presence),
    tasks,
    skills,
    heartbeatAgeMs,
  };
}

/** Of the lane that is fullest: that one lets tasks wait. */
function loadOf({ heartbeat: { busy, slots } }: Pick<AgentPresence, "heartbeat">): number {
  return Math.max(...LANES.map((lane) => (slots[lane] === 0 ? 0 : busy[lane] / slots[lane])));
}
