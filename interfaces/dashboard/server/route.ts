import type { IncomingMessage, ServerResponse } from "node:http";
import type { openBus } from "../../../bus/connection.ts";
import type { Client } from "../../../coordinator/client.ts";
import type { SkillAllowance } from "../../../core/skill-allowance.ts";

/** What the answers of the dashboard are made from. */
export interface DashboardContext {
  readonly client: Client;
  /** Where the swarm works: what relative paths of a job mean. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What of the project's own skills may run; nothing when it is left out. */
  readonly allowance?: SkillAllowance;
  /** A connection that hears what the processes of the swarm say to each other. */
  readonly openTraffic: () => ReturnType<typeof openBus>;
  /** Of this program. */
  readonly version: string;
}

export interface RouteRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** What stands in the address for the pattern's groups. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Aborts when the browser goes away. */
  readonly signal: AbortSignal;
}

export interface Route {
  readonly method: "GET" | "POST";
  /** Of the whole path, with named groups. */
  readonly path: RegExp;
  /** It streams, for as long as the browser listens. */
  readonly isStream?: true;
  handle(request: RouteRequest): Promise<void> | void;
}

/** What the swarm is given to answer a page. */
export const ANSWER_TIMEOUT_MS = 15_000;

export function inTime(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
}
