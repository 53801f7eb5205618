import type { Environment } from "../../../bus/server/executables.ts";
import { SwarmError } from "../../../core/errors.ts";
import type { FixCandidate, Fixer, FixRequest } from "../../../core/fixer.ts";
import type { Programs } from "../../programs.ts";
import { type CodexPrices, type CodexTurn, type CodexUsage, costOf } from "./codex-events.ts";
import { type CodexProgram, findCodex } from "./codex-program.ts";
import { codexTurn } from "./codex-turn.ts";
import { changesSince, snapshotWorkspace, type WorkspaceChanges } from "./workspace-changes.ts";

export interface CodexFixerOptions {
  readonly programs: Programs;
  /** Where `CODEX_BIN`, `PATH` and the key are looked up; Codex gets only what it needs of it. */
  readonly env: Environment;
  /** An existing folder outside of the workspace for Codex' own state, which is gone after each turn. */
  readonly stateFolder: string;
  /** Default: `gpt-6.1-sol`. */
  readonly model?: string;
  /** Default: `full-auto`, the only one that can repair anything. */
  readonly mode?: string;
  /** Default: OpenAI with the key of `OPENAI_API_KEY`. */
  readonly provider?: { readonly baseUrl: string; readonly keyVariable: string };
  /** Of the model; without them the cost of a candidate is not known. */
  readonly prices?: CodexPrices;
  /** Of one turn. Default: ten minutes. Codex itself waits without end for a provider that does not answer. */
  readonly timeoutMs?: number;
  /** Told of every turn that ended, with or without a candidate. */
  readonly onTurn?: (report: CodexTurnReport) => void;
}

export interface CodexTurnReport {
  readonly version: string;
  readonly model: string;
  readonly status: CodexTurn["status"];
  readonly usage?: CodexUsage;
  readonly costUsd?: number;
  readonly commands: number;
}

const OPENAI = { baseUrl: "https://api.openai.com/v1", keyVariable: "OPENAI_API_KEY" } as const;
const MODEL = "gpt-6.1-sol";
const TIMEOUT_MS = 600_000;
/** Of the reason in an error. */
const LONGEST_REASON = 1_000;

/**
 * Lets the Codex CLI work on the workspace and takes what it changed as the candidate: one for each request, for a better
 * one needs the reason why this one did not hold (`earlier`). That Codex ends well says nothing of the tests.
 * @throws from `candidates`: SwarmError `fixer-missing`, `fixer-no-key`, `fixer-timeout`, `fixer-failed`
 */
export function openCodexFixer(options: CodexFixerOptions): Fixer {
  let found: Promise<CodexProgram> | undefined;
  const program = async (signal: AbortSignal): Promise<CodexProgram> => {
    found ??= findCodex(options, signal);
    try {
      return await found;
    } catch (error) {
      found = undefined; // it may be installed meanwhile
      throw error;
    }
  };
  return {
    name: "codex",
    async *candidates(request, signal) {
      signal.throwIfAborted();
      const key = keyOf(options);
      const codex = await program(signal);
      const candidate = await propose(request, { ...options, key, codex, signal });
      if (candidate !== undefined) yield candidate;
    },
  };
}

function keyOf({ env, provider = OPENAI }: CodexFixerOptions): string {
  const key = env[provider.keyVariable];
  if (key !== undefined && key !== "") return key;
  throw new SwarmError("fixer-no-key", `codex: ${provider.keyVariable} is not set`, {
    hint: `set ${provider.keyVariable}, or leave codex out of the fixers`,
  });
}

interface Turning extends CodexFixerOptions {
  readonly key: string;
  readonly codex: CodexProgram;
  readonly signal: AbortSignal;
}

/** Undefined when the model changed nothing. */
async function propose(request: FixRequest, turning: Turning): Promise<FixCandidate | undefined> {
  const { model = MODEL, mode = "full-auto", provider = OPENAI, timeoutMs = TIMEOUT_MS } = turning;
  const before = await snapshotWorkspace(request.workspace);
  const turn = await codexTurn(
    request,
    { ...turning, model, mode, baseUrl: provider.baseUrl, timeoutMs },
    turning.signal,
  );
  const costUsd = reported(turn, turning);
  const failure = failureOf(turn, `codex ${turning.codex.version}`, timeoutMs);
  if (failure !== undefined) throw failure;
  const changes = await changesSince(request.workspace, before);
  if (Object.keys(changes.edits).length === 0) return undefined;
  return {
    description: descriptionOf(turn, changes),
    edits: changes.edits,
    ...(costUsd === undefined ? {} : { costUsd }),
  };
}

function failureOf(
  { status, error }: CodexTurn,
  name: string,
  timeoutMs: number,
): SwarmError | undefined {
  const again = { disposition: "retry" } as const;
  switch (status) {
    case "completed":
      return undefined;
    case "timed-out": {
      const what = `${name} did not end within ${timeoutMs / 1_000} s`;
      return new SwarmError("fixer-timeout", what, again);
    }
    case "running":
    case "failed": {
      const reason = error?.split("\n")[0]?.slice(0, LONGEST_REASON);
      return new SwarmError(
        "fixer-failed",
        `${name}: ${reason ?? "its turn came to no end"}`,
        again,
      );
    }
    default:
      return status satisfies never;
  }
}

function reported(
  turn: CodexTurn,
  { codex, model = MODEL, prices, onTurn }: Turning,
): number | undefined {
  const { usage, status, commands } = turn;
  const costUsd = usage === undefined || prices === undefined ? undefined : costOf(usage, prices);
  onTurn?.({
    version: codex.version,
    model,
    status,
    commands,
    ...(usage === undefined ? {} : { usage }),
    ...(costUsd === undefined ? {} : { costUsd }),
  });
  return costUsd;
}

const MOST_SAID = 200;

function descriptionOf({ message = "" }: CodexTurn, { edits, leftOut }: WorkspaceChanges): string {
  const said = message.replace(/\s+/g, " ").trim().slice(0, MOST_SAID);
  const files = Object.keys(edits).join(", ");
  const left = leftOut.length === 0 ? "" : ` (left out, not text: ${leftOut.join(", ")})`;
  return `codex changed ${files}${left}${said === "" ? "" : `: ${said}`}`;
}
