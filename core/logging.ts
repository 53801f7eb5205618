import pino, { type Logger } from "pino";
import type { Scrubber } from "./scrub.ts";

export interface LoggingOptions {
  /** Name of the process as people see it: `coordinator`, `agent-1`. */
  readonly service: string;
  readonly scrubber: Scrubber;
  /** Default: `LOG_LEVEL`, else `info`. */
  readonly level?: string;
  /** Where the lines go; default: standard output. */
  readonly write?: (line: string) => void;
}

/**
 * NDJSON lines of facts. Every line that marks a fact carries a stable `event`.
 * Secrets are taken out of the finished line, whatever field they stand in.
 */
export function openLogger(options: LoggingOptions): Logger {
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  return pino(
    {
      level: options.level ?? process.env["LOG_LEVEL"] ?? "info",
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err },
    },
    { write: (line: string) => write(options.scrubber.scrub(line)) },
  );
}
