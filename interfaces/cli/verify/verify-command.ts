import { randomInt } from "node:crypto";
import type { Job, PublishedEvent } from "../../../bus/messages.ts";
import type { RunId } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import type { Scrubber } from "../../../core/scrub.ts";
import type { VerifyCommand } from "../commands.ts";
import { EXIT } from "../exit-code.ts";
import { jobFromCommandLine } from "../job-inputs.ts";
import { findReport } from "../report-name.ts";
import { RunSummary } from "../summary.ts";
import { type SwarmWork, watchRun, withSwarm } from "../swarm-work.ts";
import { compareFindings, type Verdict } from "./compare.ts";
import { stateOf } from "./file-state.ts";
import { type ReportClaims, type ReportedFinding, readReport } from "./report-findings.ts";
import { batchesOf, pickFindings } from "./sample.ts";
import { holds, verificationJson, verificationLines } from "./verification.ts";

const CASCADE = "verify-findings";

/**
 * Executes a share of a report's findings again, by agents that know nothing of the report, and compares.
 * @returns 0 when every executed finding of an unchanged file is reproduced, else 1
 */
export async function runVerify(
  command: VerifyCommand,
  { directory, scrubber }: { readonly directory: string; readonly scrubber: Scrubber },
): Promise<number> {
  const claims = await readReport(findReport(command.run, directory));
  const picked = pickFindings(claims.findings, command.share, (bound) => randomInt(bound));
  const tell = (agents: readonly string[], verdicts: readonly Verdict[]): number => {
    const verification = { run: claims.run, total: claims.findings.length, verdicts, agents };
    const text = command.json
      ? JSON.stringify(verificationJson(verification))
      : verificationLines(verification).join("\n");
    process.stdout.write(`${scrubber.scrub(text)}\n`);
    return holds(verification) ? EXIT.ok : EXIT.runFailed;
  };
  if (picked.length === 0) return tell([], []);
  const { job, plan } = await jobFromCommandLine({
    cascade: CASCADE,
    inputs: [`path=${claims.root}`, `batches=${JSON.stringify(batchesOf(picked))}`],
    directory,
    env: process.env,
  });
  const { agents, logs } = command;
  return withSwarm({ directory, agents, logs, stream: process.stderr, plan, scrubber }, (work) =>
    execute(work, job, async (executed) =>
      tell(executed.agents, await judge(picked, claims, executed.outputs)),
    ),
  );
}

interface Executed {
  /** Of all tasks. */
  readonly outputs: readonly Json[];
  /** Names of those that did them. */
  readonly agents: readonly string[];
}

/** Runs the job and hands on what its tasks answered. A run that fails verifies nothing. */
function execute(
  work: SwarmWork,
  job: Job,
  then: (executed: Executed) => Promise<number>,
): Promise<number> {
  const { client } = work.session;
  const summary = new RunSummary();
  const tasks: PublishedEvent[] = [];
  const note = (event: PublishedEvent): void => {
    summary.add(event);
    if (event.type === "task.succeeded") tasks.push(event);
  };
  const submit = async (): Promise<RunId> => (await client.submit(job)).runId;
  return watchRun(work, submit, note, async () => {
    if (!summary.succeeded) {
      work.terminal.print(summary.lines({ ...UNTOLD, directory: job.directory ?? "/" }).join("\n"));
      return EXIT.runFailed;
    }
    const agents = [...new Set(tasks.map(({ data }) => String(data["agent"])))].sort();
    return then({
      outputs: await Promise.all(tasks.map((event) => client.outputOf(event))),
      agents,
    });
  });
}

const UNTOLD = { gate: { status: "not-set" }, reports: [], columns: undefined } as const;

async function judge(
  picked: readonly ReportedFinding[],
  claims: ReportClaims,
  outputs: readonly Json[],
): Promise<readonly Verdict[]> {
  const files = [...new Set(picked.map(({ file }) => file))];
  // Looked at after the tools have read them: a change in between is a change.
  const states = await Promise.all(
    files.map(async (file) => [file, await stateOf(file, claims)] as const),
  );
  return compareFindings(picked, outputs, new Map(states));
}
