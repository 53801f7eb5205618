/**
 * Every failure that a person or a program may meet has one of these stable codes.
 * `disposition` is the only question the retry policy asks: `retry` (the world may change),
 * `fail` (trying again cannot help), `cancelled` (somebody asked for it to stop).
 */
export const ERROR_CODES = {
  "invalid-yaml": "The cascade file is not valid YAML.",
  "invalid-cascade": "The cascade file breaks the cascade schema.",
  "unknown-cascade": "No cascade of this name is registered.",
  "unknown-skill": "No skill of this name is installed.",
  "invalid-skill": "A skill folder breaks the skill format.",
  "not-allowed": "The user has not allowed this.",
  "unknown-input": "The cascade declares no input of this name.",
  "missing-input": "A required input was not given.",
  "invalid-input": "An input has the wrong type or value.",
  "no-model": "A model is needed, and none can be had.",
  "budget-exhausted": "A budget of the cascade, of a stage or of the day has no room for more.",
  "budget-unbounded": "A call has no known price, and a budget limits what calls may cost.",
  "model-failed": "No model gave an answer that can be used.",
  "invalid-output": "A skill returned something its manifest does not declare.",
  "unknown-secret": "No secret of this name is known where it is needed.",
  "unknown-reference": "A ${…} reference names something that does not exist.",
  "invalid-expression": "An expression is not CEL, or its types do not fit.",
  "expression-failed": "An expression could not be evaluated on the data of the run.",
  "gate-not-met": "The gate of a stage is not met.",
  "approval-denied": "A person, or the time limit, did not approve.",
  "approval-mismatch": "The answer was given to something that the stage does not ask.",
  "signal-timeout": "The signal that a stage waits for did not come in time.",
  "run-ended": "The run is over: nothing can be done to it any more.",
  "no-branch": "No branch of a conditional stage fits the value it decides on.",
  "not-supported": "This part of the language exists but cannot be carried out here.",
  "invalid-job": "The job message is not what the intake accepts.",
  "invalid-message": "A bus message breaks its schema.",
  "idempotency-conflict": "The same key was used before with another job.",
  "limit-exceeded": "A named limit was exceeded.",
  "queue-full": "There is no room for another run at the moment.",
  "unknown-letter": "No dead letter has this number.",
  "unknown-run": "No run has this id.",
  "path-not-found": "The path does not exist.",
  "path-unreadable": "The path exists but cannot be read.",
  "nothing-to-do": "There is nothing to work on.",
  "skill-changed": "An agent has another version of the skill than the run is pinned to.",
  "tests-unreadable": "A test suite ran, but left no result that can be believed.",
  "tests-failing": "Tests go on failing.",
  "skill-failed": "A skill ended with an error.",
  "skill-crashed": "The process or thread that ran a skill died.",
  "sandbox-unavailable": "No sandbox could be had, or it does not keep programs in.",
  "memory-denied": "A stage does not declare this key of the memory.",
  "memory-conflict": "Others kept changing the same key of the memory.",
  "task-timeout": "A task took longer than its time limit.",
  "task-cancelled": "A task was cancelled before it ended.",
  "peer-unlinked": "The topology of the stage has no link to this member.",
  "peer-silent": "A member of the team did not answer.",
  "agent-lost": "The agent that held the task is gone.",
  "no-attempts-left": "A task failed on every allowed attempt.",
  "broker-unavailable": "The NATS server did not answer.",
  "broker-missing": "No nats-server could be found or fetched.",
  "broker-too-old": "The NATS server is older than what this needs.",
  "storage-full": "The NATS server could not store a message.",
  "store-not-empty": "A backup comes into an empty store only.",
  "log-fenced": "Another coordinator owns this shard now.",
  "record-corrupt": "A stored record fails its checksum or cannot be read.",
  "restart-limit": "A process ended too often and is not started again.",
  "coordinator-unavailable": "No coordinator answered.",
  "old-node": "This Node.js is older than what the project runs on.",
  "fixer-missing": "The program of a fixer is not installed, or too old.",
  "fixer-no-key": "A fixer that asks a model has no key for it.",
  "fixer-timeout": "A fixer did not end within its time limit.",
  "fixer-failed": "A fixer could not propose a repair.",
  usage: "The command line is not understood.",
  internal: "A defect in this program.",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
export type Disposition = "retry" | "fail" | "cancelled";

/** Where the cause stands: a place in a file, or a JSON pointer into a message. */
export interface ErrorLocation {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly pointer?: string;
}

/** An error as it travels on the bus and stands in the log. No stack, no secrets. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly disposition: Disposition;
  readonly hint?: string;
  readonly location?: ErrorLocation;
  /** When it may be worth another try. */
  readonly retryAfterMs?: number;
}

/** A failure of the world, with a stable code. `message` is one line, with ids and without secrets. */
export class SwarmError extends Error {
  override readonly name = "SwarmError";
  readonly code: ErrorCode;
  readonly disposition: Disposition;
  readonly hint: string | undefined;
  readonly location: ErrorLocation | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly disposition?: Disposition;
      readonly hint?: string;
      readonly location?: ErrorLocation;
      readonly retryAfterMs?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.disposition = options.disposition ?? "fail";
    this.hint = options.hint;
    this.location = options.location;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The bus form of any thrown value. An unknown error may be retried, because attempts are bounded. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof SwarmError) {
    return {
      code: error.code,
      message: error.message,
      disposition: error.disposition,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.location === undefined ? {} : { location: error.location }),
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    };
  }
  if (error instanceof Error && error.name === "AbortError") {
    return { code: "task-cancelled", message: error.message, disposition: "cancelled" };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "skill-failed", message, disposition: "retry" };
}

/** The error that a record describes, to be thrown on this side of the bus. */
export function fromErrorRecord(record: ErrorRecord): SwarmError {
  return new SwarmError(record.code, record.message, {
    disposition: record.disposition,
    ...(record.hint === undefined ? {} : { hint: record.hint }),
    ...(record.location === undefined ? {} : { location: record.location }),
    ...(record.retryAfterMs === undefined ? {} : { retryAfterMs: record.retryAfterMs }),
  });
}

/** `file:line:column`, as far as it is known; "" when nothing is. */
export function formatLocation(location: ErrorLocation | undefined): string {
  if (location === undefined) return "";
  const place = [location.file, location.line, location.column].filter(
    (part) => part !== undefined,
  );
  return place.length > 0 ? place.join(":") : (location.pointer ?? "");
}
