import { ErrorCode, NatsError } from "nats";

/** What a failed JetStream request means for who sent it. */
export type Failure =
  /** The expected last sequence was not the last one: somebody else, or we ourselves, wrote. */
  | "wrong-sequence"
  /** The server has no room. */
  | "storage-full"
  /** Whether it was carried out is not known; the same request may be sent again. */
  | "unknown"
  /** The server understood and refused. */
  | "refused";

const WRONG_LAST_SEQUENCE = 10_071;
const WRONG_LAST_SEQUENCE_CLUSTERED = 10_164;
const FULL: ReadonlySet<number> = new Set([10_023, 10_047, 10_077, 10_122]);
const TEMPORARY: ReadonlySet<number> = new Set([10_003, 10_008, 10_074, 10_118]);

/** The connection broke with a request in flight. */
export class LinkLost extends Error {
  override readonly name = "LinkLost";
}

export function failureOf(error: unknown): Failure {
  if (error instanceof LinkLost) return "unknown";
  if (!(error instanceof NatsError)) return "refused";
  const apiCode = error.api_error?.err_code;
  if (apiCode === WRONG_LAST_SEQUENCE || apiCode === WRONG_LAST_SEQUENCE_CLUSTERED) {
    return "wrong-sequence";
  }
  if (apiCode !== undefined && FULL.has(apiCode)) return "storage-full";
  if (apiCode !== undefined && TEMPORARY.has(apiCode)) return "unknown";
  if (apiCode === undefined) return isLinkTrouble(error) ? "unknown" : "refused";
  return (error.api_error?.code ?? 0) === 503 ? "unknown" : "refused";
}

/** True when nobody listens on the subject of a request: it was certainly not carried out. */
export function isUnheard(error: unknown): boolean {
  return error instanceof NatsError && error.code === ErrorCode.NoResponders;
}

/** True when the server's permissions did not let a request through: it was certainly not carried out. */
export function isForbidden(error: unknown): boolean {
  return error instanceof NatsError && error.code === ErrorCode.PermissionsViolation;
}

export function isMissing(error: unknown): boolean {
  return error instanceof NatsError && (error.code === "404" || error.api_error?.code === 404);
}

const LINK_TROUBLE: ReadonlySet<string> = new Set([
  ErrorCode.Timeout,
  ErrorCode.NoResponders,
  ErrorCode.Disconnect,
  ErrorCode.ConnectionRefused,
  ErrorCode.ConnectionTimeout,
  ErrorCode.JetStreamNotEnabled,
]);

function isLinkTrouble(error: NatsError): boolean {
  return LINK_TROUBLE.has(error.code);
}
