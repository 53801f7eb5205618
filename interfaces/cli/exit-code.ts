import type { ErrorCode } from "../../core/errors.ts";

/** What a command's exit code says. */
export const EXIT = {
  ok: 0,
  runFailed: 1,
  usage: 2,
  gate: 3,
  limit: 4,
  infrastructure: 5,
  timeout: 124,
  interrupted: 130,
} as const;

const INFRASTRUCTURE: ReadonlySet<ErrorCode> = new Set([
  "broker-unavailable",
  "broker-missing",
  "broker-too-old",
  "sandbox-unavailable",
  "storage-full",
  "coordinator-unavailable",
  "restart-limit",
  "log-fenced",
  "record-corrupt",
]);
const RUN: ReadonlySet<ErrorCode> = new Set([
  "skill-failed",
  "tests-failing",
  "tests-unreadable",
  "skill-crashed",
  "task-timeout",
  "no-attempts-left",
  "agent-lost",
  "peer-unlinked",
  "peer-silent",
  "task-cancelled",
  "memory-denied",
  "memory-conflict",
  "fixer-timeout",
  "fixer-failed",
  "internal",
]);

const LIMIT: ReadonlySet<ErrorCode> = new Set([
  "limit-exceeded",
  "budget-exhausted",
  "budget-unbounded",
]);

export function exitCodeOf(code: ErrorCode): number {
  if (LIMIT.has(code)) return EXIT.limit;
  if (INFRASTRUCTURE.has(code)) return EXIT.infrastructure;
  return RUN.has(code) ? EXIT.runFailed : EXIT.usage;
}
