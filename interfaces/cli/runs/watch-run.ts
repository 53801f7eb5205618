import type { Client } from "../../../coordinator/client.ts";
import type { RunId } from "../../../core/ids.ts";
import { Ending } from "../ending.ts";
import { EXIT } from "../exit-code.ts";
import { programFor } from "../program-name.ts";
import { RunSummary } from "../summary.ts";
import { openTerminal } from "../swarm-terminal.ts";
import { watchRun } from "../swarm-work.ts";

/** Shows a run as it goes on, from its beginning, and how it ended. A signal ends the watching, not the run. */
export async function followRun(
  client: Client,
  run: RunId,
  { json, directory }: { readonly json: boolean; readonly directory: string },
  signal: AbortSignal,
): Promise<number> {
  const plan = await client.planOf(await client.started(run, signal));
  const { env } = process;
  using terminal = openTerminal({ stream: process.stderr, env, directory, logs: false, plan });
  using ending = new Ending(() => terminal.print(`${run} goes on`));
  const summary = new RunSummary();
  const program = programFor(directory, env);
  const watched = { client, owned: false, lost: new Promise<never>(() => {}) };
  return watchRun(
    { session: watched, terminal, ending, program },
    async () => run,
    (event) => summary.add(event),
    async () => {
      await summary.loadOutput((outcome) => client.outputOf(outcome));
      const about = { directory, gate: { status: "not-set" }, reports: [] } as const;
      const columns = process.stdout.columns || undefined;
      const lines = json ? [JSON.stringify(summary.json())] : summary.lines({ ...about, columns });
      process.stdout.write(`${lines.join("\n")}\n`);
      return summary.succeeded ? EXIT.ok : EXIT.runFailed;
    },
  );
}
