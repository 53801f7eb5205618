import { describe, expect, it } from "vitest";
import { publishedEvent, publishedText } from "../../coordinator/facts.ts";
import type { RunEvent } from "../../core/events.ts";
import { parseAgentId, parseRunId, parseStageId } from "../../core/ids.ts";
import { encodeEvent } from "../../store/log-record.ts";

const stage = parseStageId("s-1");
const agent = parseAgentId("agent-1");
const error = { code: "skill-failed", message: '"no"\n}]', disposition: "retry" } as const;
const events: readonly RunEvent[] = [
  { type: "stage.started", stage, tasks: 3 },
  { type: "task.offered", stage, index: 0, attempt: 1 },
  {
    type: "task.succeeded",
    stage,
    index: 0,
    attempt: 1,
    agent,
    durationMs: 1.5,
    output: { value: { text: '}],"type":"x" ünïcode \u2028', none: null } },
  },
  { type: "task.failed", stage, index: 0, attempt: 1, error, retryAtMs: 5 },
  { type: "stage.succeeded", stage },
  { type: "run.failed", error },
  { type: "run.cancelled", reason: "" },
];

describe("the text of a fact on the bus", () => {
  it.each(events)("says of $type what the event says", (event) => {
    const stored = { run: parseRunId("r1-a"), n: 7, atMs: 1_700_000_000_123, event };
    const text = publishedText(stored, encodeEvent(stored));
    expect(JSON.parse(text)).toEqual(publishedEvent(stored));
  });

  it("does not rest on the order in which an event was written down", () => {
    const event = { stage, type: "stage.succeeded" } as const;
    const stored = { run: parseRunId("r1"), n: 1, atMs: 1, event };
    expect(JSON.parse(publishedText(stored, encodeEvent(stored)))).toEqual(publishedEvent(stored));
  });
});
