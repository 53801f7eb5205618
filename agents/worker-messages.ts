import type { MemoryFinding, MemoryQuestion } from "../bus/memory-messages.ts";
import type { ErrorRecord } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { ContextData } from "./skill-context.ts";
import type { SkillDeclarations } from "./skill-loader.ts";
import type { PeerFinding, PeerQuestion } from "./skill-peers.ts";

/** Stands in each log line about a task. */
export type LogBindings = Readonly<
  Record<"runId" | "stageId" | "taskId" | "agentId", string> & { attempt: number }
>;

/** What the agent says to one of its worker threads. */
export type ToWorker =
  | RunOrder
  | { readonly kind: "abort" }
  | ({ readonly kind: "answer"; readonly question: number } & WorkerAnswer);

/** What the memory, or the peers, answer to a question of a worker thread. */
export type WorkerAnswer =
  | { readonly finding: MemoryFinding | PeerFinding }
  | { readonly error: ErrorRecord };

export interface RunOrder {
  readonly kind: "run";
  readonly module: string;
  readonly declarations: SkillDeclarations;
  readonly inputs: JsonObject;
  readonly context: ContextData;
  readonly log: { readonly level: string; readonly bindings: LogBindings };
}

/** What a worker thread says to its agent. */
export type FromWorker =
  | { readonly kind: "succeeded"; readonly output: unknown }
  | { readonly kind: "failed"; readonly error: ErrorRecord }
  | { readonly kind: "log"; readonly line: string }
  /** Asks the memory; `id` names the question within the thread. */
  | { readonly kind: "ask"; readonly id: number; readonly question: MemoryQuestion }
  | { readonly kind: "ask-peers"; readonly id: number; readonly question: PeerQuestion };
