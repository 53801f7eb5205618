import { clientHere } from "../client-here.ts";
import { EXIT } from "../exit-code.ts";
import type { LearnedCommand } from "./command.ts";
import { evaluate } from "./evaluation.ts";
import { inOrder, patternJson, patternLines, statusLines } from "./learned-text.ts";
import { readOutcomes } from "./outcomes.ts";

const ANSWER_TIMEOUT_MS = 60_000;

/** Shows what was learned of agents, or tests it on outcomes that it was not learned from. */
export async function runLearned(
  command: LearnedCommand,
  { directory }: { readonly directory: string },
): Promise<number> {
  const client = await clientHere(directory);
  const print = (document: object, lines: readonly string[]): void =>
    void process.stdout.write(
      command.json
        ? `${JSON.stringify({ schemaVersion: 1, ...document })}\n`
        : `${lines.join("\n")}\n`,
    );
  try {
    const learned = await client.learned();
    if (command.action === "patterns") {
      print({ patterns: inOrder(learned).map(patternJson) }, patternLines(learned));
      return EXIT.ok;
    }
    const { seed } = command;
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const { outcomes, ...read } = await readOutcomes(client, command.runs, signal);
    const evaluation = evaluate(outcomes, seed);
    const status = { ...read, entries: learned.length, seed, evaluation };
    print(status, statusLines(status));
    return EXIT.ok;
  } finally {
    await client.close();
  }
}
