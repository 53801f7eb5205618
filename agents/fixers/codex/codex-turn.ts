import { randomBytes } from "node:crypto";
import type { Environment } from "../../../bus/server/executables.ts";
import type { FixRequest } from "../../../core/fixer.ts";
import { Scrubber } from "../../../core/scrub.ts";
import { openLineCutter } from "../../line-cutter.ts";
import type { ProgramEnd, Programs } from "../../programs.ts";
import { codexArguments, KEY_VARIABLE } from "./codex-command.ts";
import { afterEvent, type CodexTurn, NEW_TURN } from "./codex-events.ts";
import { inCodexHome } from "./codex-home.ts";
import type { CodexProgram } from "./codex-program.ts";
import { codexPrompt } from "./codex-prompt.ts";

export interface CodexTurnOrder {
  readonly programs: Programs;
  readonly env: Environment;
  readonly stateFolder: string;
  readonly codex: CodexProgram;
  readonly model: string;
  readonly mode: string;
  readonly baseUrl: string;
  readonly key: string;
  readonly timeoutMs: number;
}

/** One event may carry the whole output of a command. */
const LONGEST_EVENT = 8_388_608;
/** Characters of what Codex said on standard error. */
const LONGEST_TAIL = 1_000;
/**
 * One turn of Codex in the workspace, with a home and a temporary directory of its own from which nothing is kept.
 * @throws the reason of an aborted signal
 */
export async function codexTurn(
  request: FixRequest,
  order: CodexTurnOrder,
  signal: AbortSignal,
): Promise<CodexTurn> {
  return await inCodexHome(order, (env) => followed(request, { ...order, env }, signal));
}

async function followed(
  request: FixRequest,
  order: CodexTurnOrder & { readonly env: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<CodexTurn> {
  const { workspace } = request;
  let turn = NEW_TURN;
  let said = "";
  const events = openLineCutter(LONGEST_EVENT, (line) => {
    turn = afterEvent(turn, line);
  });
  const limit = AbortSignal.timeout(order.timeoutMs);
  try {
    const end = await order.programs.run(
      {
        argv: [
          order.codex.path,
          ...codexArguments({ ...order, workspace, features: order.codex.features }),
        ],
        cwd: workspace,
        env: { ...order.env, [KEY_VARIABLE]: order.key },
        input: codexPrompt(request, randomBytes(8).toString("hex")),
        mostOutputBytes: 0,
        whenMore: "leave-out",
        onOutput: events.add,
        onErrorOutput: (chunk) => {
          said = `${said}${chunk}`.slice(-LONGEST_TAIL);
        },
      },
      AbortSignal.any([signal, limit]),
    );
    events.end();
    return afterEnd(turn, end, scrubbed(said, order.key));
  } catch (error) {
    if (signal.aborted || error !== limit.reason) throw error;
    return { ...turn, status: "timed-out" };
  }
}

function scrubbed(text: string, key: string): string {
  const scrubber = new Scrubber();
  scrubber.register(key);
  return scrubber.scrub(text).replace(/\s+/g, " ").trim();
}

/** Whatever the events say, a program that did not end by itself with 0 did not complete its turn. */
function afterEnd(turn: CodexTurn, end: ProgramEnd, said: string): CodexTurn {
  if (end.status === "exited" && end.code === 0) return turn;
  const how = howItEnded(end);
  return {
    ...turn,
    status: "failed",
    error: turn.error ?? (said === "" ? how : `${how}: ${said}`),
  };
}

function howItEnded(end: ProgramEnd): string {
  switch (end.status) {
    case "exited":
      return `exit code ${end.code}`;
    case "killed":
      return `ended by ${end.signal}`;
    case "not-started":
      return `not started: ${end.why}`;
    case "output-too-large":
      return "too much output";
    default:
      return end satisfies never;
  }
}
