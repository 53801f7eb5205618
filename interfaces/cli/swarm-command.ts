import { resolve } from "node:path";
import type { Job } from "../../bus/messages.ts";
import { SwarmError } from "../../core/errors.ts";
import type { Plan } from "../../core/plan.ts";
import type { Scrubber } from "../../core/scrub.ts";
import { NOTHING_ALLOWED } from "../../core/skill-allowance.ts";
import { RECORD_VARIABLE, REPLAY_VARIABLE } from "../../models/cassette.ts";
import type { RunCommand, UpCommand } from "./commands.ts";
import { EXIT } from "./exit-code.ts";
import { jobFromCommandLine } from "./job-inputs.ts";
import { styleOf } from "./live/terminal-line.ts";
import { gateOf } from "./quality-gate.ts";
import { copyReports, reportFiles, shownReports } from "./report-files.ts";
import { findReport } from "./report-name.ts";
import { RunSummary } from "./summary.ts";
import type { Session } from "./swarm-session.ts";
import { type SwarmWork, watchRun, withSwarm } from "./swarm-work.ts";

/**
 * Carries out a command and answers its exit code. Ends on its own after a one-shot, else on a signal.
 * @param directory where the person stood
 * @param scrubber keeps the environment's secrets out of all lines
 */
export async function runSwarmCommand(
  command: RunCommand | UpCommand,
  { directory, scrubber }: { readonly directory: string; readonly scrubber: Scrubber },
): Promise<number> {
  const isOneShot = command.kind === "run" && command.once;
  const allowance = command.allowance ?? NOTHING_ALLOWED;
  const asked =
    command.kind === "run"
      ? await jobFromCommandLine({
          cascade: command.cascade,
          inputs: inputsOf(command, directory),
          directory,
          env: process.env,
          allowance,
        })
      : undefined;
  const options = {
    directory,
    agents: command.agents,
    logs: command.kind === "run" && command.logs,
    stream: isOneShot ? process.stderr : process.stdout,
    scrubber,
    allowance,
    ...(command.sandbox === undefined ? {} : { sandbox: command.sandbox }),
    ...(command.kind === "run" ? { env: recordingEnvironment(command, directory) } : {}),
    ...(asked === undefined ? {} : { plan: asked.plan }),
  };
  return withSwarm(options, async (work) => {
    const { session, terminal, ending } = work;
    // One-shots answer on standard output; beside NDJSON, text for people would be in the way.
    const say = (text: string): void =>
      void (isOneShot || terminal.isForPeople ? process.stdout : process.stderr).write(`${text}\n`);
    if (command.kind === "run" && asked !== undefined) {
      if (command.recording !== undefined) sayOfRecording(command.recording, session);
      const code = await runJob(command, asked, { ...work, directory, say });
      if (isOneShot || !session.owned || ending.signal.aborted) return code;
    }
    if (!session.owned) {
      say(`A swarm runs here already, at ${session.url}; this one would be its second.`);
      return EXIT.ok;
    }
    say(howToUse(session, terminal.logFile));
    return await ending.code;
  });
}

const RECORDING_VARIABLES = { record: RECORD_VARIABLE, replay: REPLAY_VARIABLE } as const;

/** What its agents are told of a recording. */
function recordingEnvironment(
  { recording }: RunCommand,
  directory: string,
): Readonly<Record<string, string>> {
  if (recording === undefined) return {};
  return { [RECORDING_VARIABLES[recording.does]]: resolve(directory, recording.file) };
}

/** @throws SwarmError `usage` in a swarm that runs already: its agents were told otherwise */
function sayOfRecording(
  { does, file }: NonNullable<RunCommand["recording"]>,
  session: Session,
): void {
  if (!session.owned) {
    throw new SwarmError("usage", `--${does} needs a swarm of its own, and one runs here already`, {
      hint: "end that swarm first, or run the cascade from another directory",
    });
  }
  if (does === "replay") process.stderr.write(`REPLAY: answers of models come from ${file}\n`);
  else process.stderr.write(`answers of models are added to ${file}\n`);
}

/** The inputs as given, and those that options of the main job stand for. */
function inputsOf(command: RunCommand, directory: string): readonly string[] {
  const { inputs, failOn, baseline } = command;
  return [
    ...inputs,
    ...(failOn === undefined ? [] : [`fail_on=${failOn}`]),
    ...(baseline === undefined ? [] : [`baseline=${findReport(baseline, directory)}`]),
  ];
}

interface JobContext extends SwarmWork {
  readonly directory: string;
  readonly say: (text: string) => void;
}

/** Submits the job, waits for its outcome and tells it. Answers the exit code; on a signal, that of the signal. */
function runJob(
  command: RunCommand,
  { job }: { readonly job: Job; readonly plan: Plan },
  context: JobContext,
): Promise<number> {
  const { session } = context;
  const summary = new RunSummary();
  return watchRun(
    context,
    async () => (await session.client.submit(job)).runId,
    (event) => summary.add(event),
    async () => {
      await summary.loadOutput((outcome) => session.client.outputOf(outcome));
      return tell(command, summary, context);
    },
  );
}

/** Copies the reports, prints the outcome and answers the exit code. */
async function tell(
  command: RunCommand,
  summary: RunSummary,
  { directory, say, terminal }: JobContext,
): Promise<number> {
  const gate = gateOf(summary.output, { asked: command.failOn !== undefined });
  const written = shownReports(reportFiles(summary.output), command.format);
  const isMissing =
    summary.succeeded && written.length === 0 && (command.format ?? command.output) !== undefined;
  const wanted =
    command.output === undefined || command.format !== undefined
      ? written
      : reportFiles(summary.output);
  const reports =
    command.output === undefined
      ? written
      : await copyReports(wanted, resolve(directory, command.output));
  say(
    command.json
      ? JSON.stringify({ ...summary.json(), gate, reports })
      : asShown(
          summary.lines({ directory, gate, reports, columns: process.stdout.columns || undefined }),
        ),
  );
  if (!summary.succeeded) return EXIT.runFailed;
  if (isMissing) {
    const what =
      command.format === undefined || command.format === "all" ? "" : `${command.format} `;
    terminal.print(`error: this run wrote no ${what}report`);
    return EXIT.runFailed;
  }
  return gate.status === "failed" ? EXIT.gate : EXIT.ok;
}

/** Our own signs in ASCII where the terminal has no others. */
function asShown(lines: readonly string[]): string {
  const text = lines.join("\n");
  return process.stdout.isTTY !== true || styleOf(process.env).unicode
    ? text
    : text.replaceAll(" · ", ", ").replaceAll("…", "~");
}

function howToUse({ url, embedded }: Session, logFile: string | undefined): string {
  const where = embedded ? "credentials: .cascade/nats.json" : "the server that NATS_URL names";
  return [
    "",
    `The swarm waits for jobs at ${url} (${where}).`,
    "From a second terminal, here:",
    "  npm run job -- code-quality-swarm path=.    a plain NATS publish",
    "  npm run swarm -- run <cascade.yaml>         any cascade",
    "  npm run agent                               one more agent",
    ...(logFile === undefined ? [] : [`Log lines: ${logFile} (--logs shows them).`]),
    "Ctrl-C stops it; unfinished runs go on at the next start.",
    "",
  ].join("\n");
}
