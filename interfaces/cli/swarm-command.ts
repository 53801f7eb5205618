import { resolve } from "node:path";
import type { Job, PublishedEvent } from "../../bus/messages.ts";
import type { SwarmError } from "../../core/errors.ts";
import type { RunId } from "../../core/ids.ts";
import { openLogger } from "../../core/logging.ts";
import type { Scrubber } from "../../core/scrub.ts";
import { Ending } from "./ending.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { jobFromCommandLine } from "./job-inputs.ts";
import { type LogSink, openLogSink } from "./log-sink.ts";
import { RunSummary } from "./summary.ts";
import { openSession, type Session } from "./swarm-session.ts";

export type SwarmCommand =
  | {
      readonly kind: "run";
      readonly cascade: string;
      /** `key=value`, as given. */
      readonly inputs: readonly string[];
      /** Exit after the run, instead of waiting for jobs. */
      readonly once: boolean;
      readonly json: boolean;
      readonly agents: number;
    }
  | { readonly kind: "up"; readonly agents: number };

type RunCommand = Extract<SwarmCommand, { kind: "run" }>;

/**
 * Carries out a command and answers its exit code. Ends on its own after a one-shot, else on a signal.
 * @param scrubber keeps the environment's secrets out of all lines
 */
export async function runSwarmCommand(command: SwarmCommand, scrubber: Scrubber): Promise<number> {
  const { env } = process;
  const directory = resolve(env["INIT_CWD"] ?? process.cwd());
  const isOneShot = command.kind === "run" && command.once;
  const sink = openLogSink({ stream: isOneShot ? process.stderr : process.stdout, env });
  const job =
    command.kind === "run" ? await jobFromCommandLine({ ...command, directory, env }) : undefined;
  const logger = openLogger({
    service: "swarm",
    scrubber,
    write: (line) => sink.write(line.trimEnd()),
  });
  using ending = new Ending();
  const session = await openSession({
    directory,
    agents: command.agents,
    env,
    logger,
    onLine: (line) => sink.write(scrubber.scrub(line)),
    onFailure: (error) => ending.begin(exitCodeOf(error.code), explain(error)),
    signal: ending.signal,
  }).catch((error: unknown) => {
    if (ending.signal.aborted) return undefined;
    throw error;
  });
  if (session === undefined) return ending.code;
  ending.killWith(() => session.kill());
  // One-shots answer on standard output; beside NDJSON, text for people would be in the way.
  const say = (text: string): void =>
    void (isOneShot || sink.isPretty ? process.stdout : process.stderr).write(`${text}\n`);
  try {
    const context = { session, sink, directory, say, ending };
    if (command.kind === "run" && job !== undefined) {
      const code = await runJob(command, job, context);
      if (isOneShot || !session.owned || ending.signal.aborted) return code;
    }
    if (!session.owned) {
      say(`A swarm runs here already, at ${session.url}; this one would be its second.`);
      return EXIT.ok;
    }
    say(howToUse(session));
    return await ending.code;
  } finally {
    await session.close();
  }
}

interface RunContext {
  readonly session: Session;
  readonly sink: LogSink;
  readonly directory: string;
  readonly say: (text: string) => void;
  readonly ending: Ending;
}

/** Submits the job, waits for its outcome and tells it. Answers the exit code; on a signal, that of the signal. */
async function runJob(command: RunCommand, job: Job, context: RunContext): Promise<number> {
  const { session, directory, say, ending } = context;
  const leave = new AbortController();
  const watching = (async () => {
    const { runId } = await session.client.submit(job);
    const summary = await watchRun(runId, context, leave.signal);
    say(command.json ? JSON.stringify(summary.json()) : summary.lines(directory).join("\n"));
    return summary.succeeded ? EXIT.ok : EXIT.runFailed;
  })();
  try {
    return await Promise.race([watching, ending.code, session.lost]);
  } finally {
    leave.abort();
  }
}

async function watchRun(
  runId: RunId,
  { session, sink }: RunContext,
  signal: AbortSignal,
): Promise<RunSummary> {
  const summary = new RunSummary();
  for await (const event of session.client.watch(runId, signal)) {
    summary.add(event);
    // The processes of a swarm of ours log to this terminal; those of another one do not.
    if (!session.owned) sink.write(JSON.stringify(logLineOf(event)));
  }
  return summary;
}

function logLineOf(event: PublishedEvent): object {
  const { output, inputs, ...data } = event.data;
  void [output, inputs];
  const time = new Date(event.atMs).toISOString();
  return { level: "info", time, service: "run", event: event.type, runId: event.run, ...data };
}

function howToUse({ url, embedded }: Session): string {
  const where = embedded ? "credentials: .cascade/nats.json" : "the server that NATS_URL names";
  return [
    "",
    `The swarm waits for jobs at ${url} (${where}). From a second terminal, here:`,
    "  npm run job -- code-quality-swarm path=.    a plain NATS publish",
    "  npm run swarm -- run <cascade.yaml>         any cascade",
    "  npm run agent                               one more agent",
    "Ctrl-C stops it; unfinished runs go on at the next start.",
    "",
  ].join("\n");
}

function explain({ code, message, hint }: SwarmError): string {
  return `error ${code}: ${message}${hint === undefined ? "" : `\n  ${hint}`}`;
}
