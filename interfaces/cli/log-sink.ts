import { prettyFactory } from "pino-pretty";
import { SwarmError } from "../../core/errors.ts";
import { printable } from "./terminal-text.ts";

/** Where the log lines of all processes come together. */
export interface LogSink {
  /** For people; otherwise nothing but NDJSON may go to the same stream. */
  readonly isPretty: boolean;
  /** One NDJSON line, without its line break. */
  write(line: string): void;
}

export interface LogSinkOptions {
  readonly stream: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
}

const FORMATS = ["auto", "json", "pretty"];

/**
 * Readable lines on a terminal, NDJSON when piped; `LOG_FORMAT=pretty|json` decides otherwise.
 * @throws SwarmError `usage` for another format
 */
export function openLogSink({ stream, env }: LogSinkOptions): LogSink {
  const format = env["LOG_FORMAT"] || "auto";
  if (!FORMATS.includes(format)) {
    throw new SwarmError("usage", `LOG_FORMAT=${format}: expected ${FORMATS.join(", ")}`);
  }
  const isPretty = format === "pretty" || (format !== "json" && stream.isTTY === true);
  if (!isPretty) return { isPretty, write: (line) => void stream.write(`${line}\n`) };
  const colorize = stream.isTTY === true && env["NO_COLOR"] === undefined;
  const pretty = prettyFactory({
    colorize,
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "pid,hostname,service",
    hideObject: true,
    messageFormat: (fields) => describe(fields),
  });
  return { isPretty, write: (line) => void stream.write(pretty(line)) };
}

/** `(agent-1) task.accepted stage=quality-checks index=3`, then the message, if there is one. */
function describe(fields: Record<string, unknown>): string {
  // The task's id says its run and stage, too.
  const covered = fields["taskId"] === undefined ? [] : ["runId", "stageId"];
  const { service, event, msg, level, time, ...rest } = fields;
  for (const key of covered) delete rest[key];
  void [level, time];
  const pairs = Object.entries(rest).map(
    ([key, value]) => `${shortNames[key] ?? key}=${asText(value)}`,
  );
  const parts = [
    `(${String(service ?? "-")})`,
    String(event ?? ""),
    pairs.join(" "),
    msg === undefined ? "" : `- ${String(msg)}`,
  ];
  return printable(parts.filter((part) => part !== "").join(" "));
}

const shortNames: Readonly<Record<string, string>> = {
  runId: "run",
  stageId: "stage",
  agentId: "agent",
  taskId: "task",
  durationMs: "ms",
};

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  const error = value as { readonly code?: unknown; readonly message?: unknown } | null;
  if (typeof error?.message === "string") {
    return JSON.stringify(
      error.code === undefined ? error.message : `${String(error.code)}: ${error.message}`,
    );
  }
  return JSON.stringify(value) ?? "";
}
