import { durationText } from "../runs/time-text.ts";
import { printable } from "../terminal-text.ts";
import type { RunAccount, Wait } from "./run-account.ts";

/** Of one kind, more are counted, not told. */
const MOST_TOLD = 20;

/** What a run waits for and since when, in sentences. Pure. @param nowMs wall time, or that of the export */
export function accountLines(account: RunAccount, nowMs: number): readonly string[] {
  const { run, cascade, status, startedAtMs, endedAtMs, waits, behind } = account;
  const after = durationText((endedAtMs ?? nowMs) - startedAtMs);
  const head = `${run}, a run of ${cascade},`;
  const lines =
    status === "running"
      ? [
          `${head} began ${since(startedAtMs, nowMs)} and has not ended.`,
          ...standing(account, nowMs),
          ...some(waits.map((wait) => sentenceOf(wait, run, nowMs))),
          ...some(behind.map(({ stage, needs }) => `${stage} waits for ${needs.join(", ")}.`)),
          ...signalLines(account),
        ]
      : [`${head} ${status} ${at(endedAtMs ?? nowMs)}, after ${after}.`, ...why(account)];
  return lines.map(printable);
}

function some(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_TOLD) return lines;
  return [...lines.slice(0, MOST_TOLD), `So do ${lines.length - MOST_TOLD} more.`];
}

function standing(account: RunAccount, nowMs: number): readonly string[] {
  const { run, paused, cancelAsked, missingEvent, error } = account;
  const lines: string[] = [];
  if (missingEvent !== null) {
    lines.push(
      `Event ${missingEvent} of it is missing: it is set aside, and no coordinator carries it on.`,
    );
  }
  if (cancelAsked !== null) {
    lines.push(`${cancelAsked.by} asked for its end ${since(cancelAsked.sinceMs, nowMs)}.`);
  }
  if (paused !== null) {
    const { by, reason, sinceMs } = paused;
    lines.push(
      `It is paused since ${since(sinceMs, nowMs)}, by ${by}${reason === "" ? "" : `: ${reason}`}. Nothing of it begins until \`runs resume ${run}\`.`,
    );
  }
  if (error !== null) {
    lines.push(`It fails when its final stages are through: ${error.code}: ${error.message}.`);
  }
  return lines;
}

function why({ error, reason }: RunAccount): readonly string[] {
  if (error !== null) return [`The reason: ${error.code}: ${error.message}.`];
  return reason === null ? [] : [`The reason: ${reason}.`];
}

function sentenceOf(wait: Wait, run: string, nowMs: number): string {
  const { stage } = wait;
  const from = since(wait.sinceMs, nowMs);
  switch (wait.kind) {
    case "approval": {
      const { message, content, untilMs } = wait;
      const hash = content === undefined ? "" : ` --content ${content.slice(0, 12)}`;
      return `${stage} waits since ${from} for a person to approve: ${message}${limit(untilMs)} Answer with \`runs approve ${run} ${stage}${hash}\`.`;
    }
    case "time":
      return `${stage} waits since ${from} for its time, ${at(wait.untilMs)}.`;
    case "signal":
      return `${stage} waits since ${from} for the signal ${wait.signal}.${limit(wait.untilMs)} Send it with \`runs signal ${run} ${wait.signal}\`.`;
    case "agents": {
      const { tasks, attempt } = wait;
      return tasks === 1
        ? `${stage} waits since ${from} for an agent to end its task, attempt ${attempt}.`
        : `${stage} waits for agents to end ${tasks} tasks, the first offered ${from}.`;
    }
    case "room": {
      const { tasks, skills, lanes } = wait;
      const which = tasks === 1 ? "a task waits" : `${tasks} tasks wait`;
      return `${stage}: ${which} since ${from} for an agent with the skill ${skills.join(" or ")} and a free slot of the lane ${lanes.join(" or ")}.`;
    }
    case "retry": {
      const { index, attempt, dueMs, error } = wait;
      return `${stage}: task ${index} is tried again ${at(dueMs)}, as attempt ${attempt}; it failed ${from}: ${error.code}: ${error.message}.`;
    }
    case "start":
      return `${stage} may begin since ${from}, and has not.`;
    case "end":
      return `${stage}: all tasks have ended since ${from}, and its end is not stored.`;
    default:
      return wait satisfies never;
  }
}

function signalLines({ untakenSignals: names }: RunAccount): readonly string[] {
  return names.length === 0
    ? []
    : [`It has signals that no stage has taken: ${some([...new Set(names)]).join(", ")}.`];
}

function limit(untilMs: number | undefined): string {
  return untilMs === undefined ? "" : ` Its time limit is ${at(untilMs)}.`;
}

/** `2026-11-25 16:40:12 UTC, 5 min 03 s ago`. */
function since(ms: number, nowMs: number): string {
  return `${timeOf(ms)}, ${durationText(Math.max(0, nowMs - ms))} ago`;
}

function at(ms: number): string {
  return `at ${timeOf(ms)}`;
}

function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
