import { resolve } from "node:path";
import type { SwarmError } from "../../core/errors.ts";
import { openLogger } from "../../core/logging.ts";
import { registerEnvironment, Scrubber } from "../../core/scrub.ts";
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

/** Carries out a command and answers its exit code. Ends on its own after a one-shot, else on a signal. */
export async function runSwarmCommand(command: SwarmCommand): Promise<number> {
  const { env } = process;
  const directory = resolve(env["INIT_CWD"] ?? process.cwd());
  const isOneShot = command.kind === "run" && command.once;
  const sink = openLogSink({ stream: isOneShot ? process.stderr : process.stdout, env });
  const scrubber = new Scrubber();
  registerEnvironment(scrubber, env);
  const logger = openLogger({
    service: "swarm",
    scrubber,
    write: (line) => sink.write(line.trimEnd()),
  });
  const job =
    command.kind === "run" ? await jobFromCommandLine({ ...command, directory, env }) : undefined;
  const ending = new Ending();
  const opening = openSession({
    directory,
    agents: command.agents,
    env,
    logger,
    onLine: (line) => sink.write(scrubber.scrub(line)),
    onFailure: (error) => ending.fail(error),
  });
  const session = await Promise.race([opening, ending.before(opening)]);
  if (session === undefined) return EXIT.interrupted;
  ending.killWith(() => session.kill());
  try {
    if (command.kind === "run" && job !== undefined) {
      const code = await Promise.race([
        runJob(command, job, { session, sink, directory }),
        ending.code,
      ]);
      if (isOneShot || !session.owned || ending.hasBegun) return code;
    }
    if (!session.owned) return EXIT.ok;
    showHowToUse(session);
    return await ending.code;
  } finally {
    await session.close();
    ending.close();
  }
}

interface RunContext {
  readonly session: Session;
  readonly sink: LogSink;
  readonly directory: string;
}

async function runJob(
  command: RunCommand,
  job: Awaited<ReturnType<typeof jobFromCommandLine>>,
  { session, sink, directory }: RunContext,
): Promise<number> {
  const { runId } = await session.client.submit(job);
  const summary = new RunSummary();
  for await (const event of session.client.watch(runId, new AbortController().signal)) {
    summary.add(event);
    // The processes of a swarm of ours log to this terminal; those of another one do not.
    if (!session.owned) sink.write(JSON.stringify(logLineOf(event)));
  }
  const text = command.json ? JSON.stringify(summary.json()) : summary.lines(directory).join("\n");
  process.stdout.write(`${text}\n`);
  return summary.succeeded ? EXIT.ok : EXIT.runFailed;
}

function logLineOf(event: {
  readonly type: string;
  readonly run: string;
  readonly atMs: number;
  readonly data: object;
}) {
  const { output, inputs, ...data } = event.data as Record<string, unknown>;
  void [output, inputs];
  const time = new Date(event.atMs).toISOString();
  return { level: "info", time, service: "run", event: event.type, runId: event.run, ...data };
}

function showHowToUse(session: Session): void {
  const lines = [
    "",
    `The swarm waits for jobs at ${session.url} (credentials: .cascade/nats.json). From a second terminal, here:`,
    "  npm run job -- code-quality-swarm path=.    a plain NATS publish",
    "  npm run swarm -- run <cascade.yaml>         any cascade",
    "  npm run agent                               one more agent",
    "Ctrl-C stops it; unfinished runs go on at the next start.",
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Waits for a reason to end: a signal, or a swarm that cannot go on. A second signal ends everything at once. */
class Ending {
  readonly code: Promise<number>;
  hasBegun = false;
  readonly #resolve: (code: number) => void;
  #kill: () => void = () => {};

  constructor() {
    const { promise, resolve: resolvePromise } = Promise.withResolvers<number>();
    this.code = promise;
    this.#resolve = resolvePromise;
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  readonly #onSignal = (): void => {
    if (this.hasBegun) {
      this.#kill();
      process.exit(EXIT.interrupted);
    }
    this.hasBegun = true;
    process.stderr.write("stopping; once more to stop at once\n");
    this.#resolve(EXIT.interrupted);
  };

  fail(error: SwarmError): void {
    this.hasBegun = true;
    process.stderr.write(
      `error ${error.code}: ${error.message}\n${error.hint === undefined ? "" : `  ${error.hint}\n`}`,
    );
    this.#resolve(exitCodeOf(error.code));
  }

  killWith(kill: () => void): void {
    this.#kill = kill;
  }

  /** Resolves to undefined when the end comes while `opening` is under way, once that is undone. */
  async before(opening: Promise<Session>): Promise<undefined> {
    await this.code;
    const session = await opening.catch(() => undefined);
    await session?.close();
    return undefined;
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
