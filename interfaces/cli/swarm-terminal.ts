import { join } from "node:path";
import type { PublishedEvent } from "../../bus/messages.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import type { Plan } from "../../core/plan.ts";
import { LiveView, type Screen } from "./live/live-view.ts";
import { styleOf } from "./live/terminal-line.ts";
import { type LogFile, openLogFile } from "./log-file.ts";
import { openLogSink } from "./log-sink.ts";

/** What a person sees while a swarm works: log lines, or a live view in their place. */
export interface SwarmTerminal extends Disposable {
  /** False: nothing but NDJSON may go to the stream of the log lines. */
  readonly isForPeople: boolean;
  /** Whether events are shown as they come. */
  readonly isLive: boolean;
  /** Where the log lines are kept that are not shown; undefined when they are shown only. */
  readonly logFile: string | undefined;
  /** A log line of any process, without its line break. */
  log(line: string): void;
  /** An event of the run that is watched. */
  event(event: PublishedEvent): void;
  /** Words for a person: above the live view, else on standard error. */
  print(text: string): void;
  /** Takes the live view away; from then on important log lines are shown as they come. */
  endLive(): void;
  /** The swarm is being stopped: that its processes go away is no news. */
  stopping(): void;
}

export interface TerminalOptions {
  readonly stream: Screen & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The person asked for all log lines. */
  readonly logs: boolean;
  /** Where the person stood. */
  readonly directory: string;
  /** The run to show; without it there is no live view. */
  readonly plan?: Plan;
}

/** @throws SwarmError `usage` for a `LOG_FORMAT` that there is none of */
export function openTerminal(options: TerminalOptions): SwarmTerminal {
  const { stream, env, directory, logs, plan } = options;
  if (stream.isTTY !== true || env["LOG_FORMAT"]) return plainTerminal(options, undefined);
  const file = openLogFile(join(directory, ".cascade/logs"), {
    now: new Date(),
    onFailure: (error) => void stream.write(`no log file: ${error.message}\n`),
  });
  // A serial line may be a terminal that does not know its size.
  const canDraw = env["TERM"] !== "dumb" && (stream.columns ?? 0) > 0 && (stream.rows ?? 0) > 0;
  return plan === undefined || logs || !canDraw
    ? plainTerminal(options, file)
    : liveTerminal({ ...options, plan }, file);
}

function plainTerminal({ stream, env }: TerminalOptions, file: LogFile | undefined): SwarmTerminal {
  const sink = openLogSink({ stream, env });
  return {
    isForPeople: sink.isPretty,
    isLive: false,
    logFile: file?.path,
    log(line) {
      file?.write(line);
      sink.write(line);
    },
    event: () => {},
    print: (text) => void process.stderr.write(`${text}\n`),
    endLive: () => {},
    stopping: () => {},
    [Symbol.dispose]: () => file?.[Symbol.dispose](),
  };
}

function liveTerminal(
  { stream, env, plan }: TerminalOptions & { readonly plan: Plan },
  file: LogFile,
): SwarmTerminal {
  const view = new LiveView(stream, plan, styleOf(env));
  const above = { isTTY: true, write: (text: string) => view.print(text.trimEnd()) };
  const sink = openLogSink({ stream: above, env });
  let phase: "live" | "waiting" | "stopping" = "live";
  return {
    isForPeople: true,
    isLive: true,
    logFile: file.path,
    log(line) {
      file.write(line);
      const fields = JSON.parse(line) as unknown;
      if (!isJsonObject(fields)) return;
      view.hear(fields);
      if (isShown(fields, phase)) sink.write(line);
    },
    event: (event) => view.add(event),
    print: (text) => view.print(text),
    endLive() {
      if (phase === "live") phase = "waiting";
      view[Symbol.dispose]();
    },
    stopping() {
      phase = "stopping";
      view[Symbol.dispose]();
    },
    [Symbol.dispose]() {
      view[Symbol.dispose]();
      file[Symbol.dispose]();
    },
  };
}

/** Trouble, and while the swarm waits, the runs that others start. */
function isShown({ level, event }: JsonObject, phase: "live" | "waiting" | "stopping"): boolean {
  if (level === "error" || level === "fatal") return true;
  if (phase === "stopping") return false;
  return (
    level === "warn" ||
    (phase === "waiting" && typeof event === "string" && event.startsWith("run."))
  );
}
