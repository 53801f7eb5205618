import { SwarmError } from "./errors.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type RunId = Branded<"RunId">;
export type StageId = Branded<"StageId">;
export type AgentId = Branded<"AgentId">;
export type CoordinatorId = Branded<"CoordinatorId">;

/** What may become one token of a NATS subject or key: nothing that NATS gives a meaning to. */
const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;

export function isToken(text: unknown): text is string {
  return typeof text === "string" && TOKEN.test(text);
}

export const parseRunId = (text: unknown): RunId => parseToken("run id", text) as RunId;
export const parseStageId = (text: unknown): StageId => parseToken("stage id", text) as StageId;
export const parseAgentId = (text: unknown): AgentId => parseToken("agent id", text) as AgentId;
export const parseCoordinatorId = (text: unknown): CoordinatorId =>
  parseToken("coordinator id", text) as CoordinatorId;

/**
 * The id of a run that came through JOBS: the same for every redelivery of that message.
 * @param sequence JOBS stream sequence
 * @param storedAtMs when the server stored the job, epoch milliseconds
 */
export function runIdOfJob(sequence: number, storedAtMs: number): RunId {
  return parseRunId(`r${storedAtMs.toString(36)}-${sequence.toString(36)}`);
}

/** A fresh run id: time first, so that ids sort by age, then 60 random bits. */
export function newRunId(nowMs: number, randomBytes: (size: number) => Uint8Array): RunId {
  return parseRunId(`r${nowMs.toString(36)}-${randomToken(randomBytes)}`);
}

/** A fresh process id such as `agent-3f9k2m…`. */
export function newMemberId(prefix: string, randomBytes: (size: number) => Uint8Array): string {
  return parseToken("member id", `${prefix}-${randomToken(randomBytes).slice(0, 8)}`);
}

function randomToken(randomBytes: (size: number) => Uint8Array): string {
  const alphabet = "0123456789abcdefghijklmnopqrstuv";
  return Array.from(randomBytes(12), (byte) => alphabet[byte & 31]).join("");
}

function parseToken(what: string, text: unknown): string {
  if (isToken(text)) return text;
  throw new SwarmError(
    "invalid-message",
    `${what} ${JSON.stringify(text)?.slice(0, 80)} is not a token`,
    {
      hint: "use 1 to 64 letters, digits, hyphens or underscores",
    },
  );
}
