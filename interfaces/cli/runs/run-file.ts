import { createHash } from "node:crypto";
import { z } from "zod";
import { decodeMessage, type PublishedEvent, publishedEvent } from "../../../bus/messages.ts";
import { SwarmError } from "../../../core/errors.ts";
import type { RunId } from "../../../core/ids.ts";
import type { Plan } from "../../../core/plan.ts";
import { planDigest } from "../../../language/plan-digest.ts";

/** Everything that is stored of one run: its plan and its events. */
export interface RunFile {
  readonly run: RunId;
  readonly plan: Plan;
  readonly events: readonly PublishedEvent[];
}

const VERSION = 1;

const head = z.object({
  v: z.literal(VERSION),
  kind: z.literal("run-history"),
  run: z.string(),
  plan: z.custom<Plan>((data) => typeof data === "object" && data !== null),
});
const end = z.object({ kind: z.literal("end"), events: z.int(), sha256: z.string() });

/** NDJSON: a line with the run and its plan, one for each event, and one with the sha256 of all before it. Pure. */
export function writeRunFile({ run, plan, events }: RunFile): string {
  const lines = [{ v: VERSION, kind: "run-history", run, plan }, ...events];
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const last = { kind: "end", events: events.length, sha256: sha256(body) };
  return `${body}${JSON.stringify(last)}\n`;
}

/**
 * Reads what `writeRunFile` wrote.
 * @param name for errors
 * @throws SwarmError `invalid-input` for another file, `record-corrupt` for one that was changed or cut
 */
export function readRunFile(text: string, name: string): RunFile {
  const lines = text.split("\n");
  const first = head.safeParse(jsonIn(lines[0] ?? ""));
  if (!first.success) {
    throw new SwarmError("invalid-input", `${name} is not the history of a run`, {
      location: { file: name, line: 1 },
      hint: "npm run cascade -- runs export <run> writes one",
    });
  }
  const last = end.safeParse(jsonIn(lines.at(-2) ?? ""));
  if (!last.success || lines.at(-1) !== "") throw corrupt(name, lines.length, "its end is missing");
  const body = `${lines.slice(0, -2).join("\n")}\n`;
  if (sha256(body) !== last.data.sha256) {
    throw corrupt(name, lines.length - 1, "its checksum does not fit");
  }
  const events = lines.slice(1, -2).map((line) => decodeMessage(publishedEvent, Buffer.from(line)));
  const { plan } = first.data;
  if (events[0]?.data["plan"] !== planDigest(plan)) {
    throw corrupt(name, 1, "its plan is not that of the run");
  }
  return { run: first.data.run as RunId, plan, events };
}

function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // the schema says what is wrong
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function corrupt(name: string, line: number, what: string): SwarmError {
  return new SwarmError("record-corrupt", `${name}: ${what}`, { location: { file: name, line } });
}
