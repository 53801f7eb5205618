import type { PublishedEvent } from "../../bus/messages.ts";
import type { Client } from "../../coordinator/client.ts";
import type { SwarmError } from "../../core/errors.ts";
import type { RunId } from "../../core/ids.ts";
import { isJsonObject } from "../../core/json.ts";
import { openLogger } from "../../core/logging.ts";
import type { Plan } from "../../core/plan.ts";
import type { Scrubber } from "../../core/scrub.ts";
import { NOTHING_ALLOWED, type SkillAllowance } from "../../core/skill-allowance.ts";
import type { SandboxBackend } from "./commands.ts";
import { Ending } from "./ending.ts";
import { exitCodeOf } from "./exit-code.ts";
import { programFor } from "./program-name.ts";
import { openSession, type Session } from "./swarm-session.ts";
import { openTerminal, type SwarmTerminal } from "./swarm-terminal.ts";
import { printable } from "./terminal-text.ts";

/** A swarm, ours or one that was joined, and the terminal that shows it. */
export interface SwarmWork {
  readonly session: Session;
  readonly terminal: SwarmTerminal;
  readonly ending: Ending;
  /** How the person starts the program, for commands that are named to them. */
  readonly program: string;
}

/** A larger output is counted at the end of the run only. */
const COUNTED_BYTES = 2_000_000;

export interface SwarmWorkOptions {
  /** Where the person stood. */
  readonly directory: string;
  readonly agents: number;
  readonly logs: boolean;
  /** Where log lines go: standard error when standard output carries the result. */
  readonly stream: NodeJS.WriteStream;
  /** The run to show live. */
  readonly plan?: Plan;
  readonly scrubber: Scrubber;
  /** What of the project's own skills may run in a swarm of ours; nothing when it is left out. */
  readonly allowance?: SkillAllowance;
  /** What isolates foreign programs in a swarm of ours; the environment says when it is left out. */
  readonly sandbox?: SandboxBackend;
  /** Laid over the environment of what is started. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Does work with a swarm and answers its exit code. What was started is stopped at the end, whatever happens; a signal
 * ends a start early.
 */
export async function withSwarm(
  options: SwarmWorkOptions,
  work: (swarm: SwarmWork) => Promise<number>,
): Promise<number> {
  const { directory, agents, scrubber, sandbox, allowance = NOTHING_ALLOWED } = options;
  const env = { ...process.env, ...options.env };
  using terminal = openTerminal({ ...options, env });
  const logger = openLogger({
    service: "swarm",
    scrubber,
    write: (line) => terminal.log(line.trimEnd()),
  });
  using ending = new Ending((words) => terminal.print(words));
  const session = await openSession({
    directory,
    agents,
    allowance,
    env: sandbox === undefined ? env : { ...env, CASCADE_SANDBOX: sandbox },
    logger,
    onLine: (line) => terminal.log(scrubber.scrub(line)),
    onFailure: (error) => ending.begin(exitCodeOf(error.code), explain(error)),
    signal: ending.signal,
  }).catch((error: unknown) => {
    if (ending.signal.aborted) return undefined;
    terminal.endLive();
    if (terminal.logFile !== undefined) terminal.print(`log lines: ${terminal.logFile}`);
    throw error;
  });
  if (session === undefined) return ending.code;
  ending.killWith(() => session.kill());
  try {
    const program = programFor(directory, env);
    return await work({ session, terminal, ending, program });
  } finally {
    terminal.stopping();
    await session.close();
  }
}

/** Of a swarm, what watching one of its runs takes. */
export type Watching = Omit<SwarmWork, "session"> & {
  readonly session: Pick<Session, "client" | "owned" | "lost">;
};

/**
 * Watches a run to its end and shows it.
 * @param note called with each event, in order
 * @returns what `after` answers; on a signal, that signal's exit code
 */
export async function watchRun(
  { session, terminal, ending, program }: Watching,
  submit: () => Promise<RunId>,
  note: (event: PublishedEvent) => void,
  after: () => Promise<number>,
): Promise<number> {
  const leave = new AbortController();
  const watching = (async () => {
    for await (const event of session.client.watch(await submit(), leave.signal)) {
      note(event);
      const question = questionOf(event);
      if (question !== undefined) terminal.print(`${question}\n  ${program} ${answerTo(event)}`);
      terminal.event(terminal.isLive ? await withOutput(event, session.client) : event);
      // The processes of a swarm of ours log to this terminal; those of another one do not.
      if (!session.owned) terminal.log(JSON.stringify(logLineOf(event)));
    }
    terminal.endLive();
    return after();
  })();
  try {
    return await Promise.race([watching, ending.code, session.lost]);
  } finally {
    leave.abort();
  }
}

/** What a run asks a person, in words; undefined for other events. */
function questionOf({ type, data }: PublishedEvent): string | undefined {
  if (type !== "stage.paused" || data["for"] !== "approval") return undefined;
  return printable(`${String(data["stage"])} waits for your approval: ${String(data["message"])}`);
}

function answerTo({ run, data }: PublishedEvent): string {
  return `runs approve ${run} ${String(data["stage"])}`;
}

/** What a task found is counted as it comes, also in outputs that were too large to travel with their event. */
async function withOutput(event: PublishedEvent, client: Client): Promise<PublishedEvent> {
  const { type, data } = event;
  const blob = isJsonObject(data["output"]) ? data["output"]["blob"] : undefined;
  if (type !== "task.succeeded" || !isJsonObject(blob)) return event;
  if (Number(blob["bytes"]) > COUNTED_BYTES) return event;
  try {
    return { ...event, data: { ...data, output: { value: await client.outputOf(event) } } };
  } catch {
    return event; // the view says that it is not counted; the run does not depend on it
  }
}

function logLineOf(event: PublishedEvent): object {
  const { output, inputs, ...data } = event.data;
  void [output, inputs];
  const time = new Date(event.atMs).toISOString();
  return { level: "info", time, service: "run", event: event.type, runId: event.run, ...data };
}

function explain({ code, message, hint }: SwarmError): string {
  return `error ${code}: ${message}${hint === undefined ? "" : `\n  ${hint}`}`;
}
