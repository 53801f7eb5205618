import type { Client, DeadLetter, DeadLetters } from "../../../coordinator/client.ts";
import { clientHere } from "../client-here.ts";
import { EXIT } from "../exit-code.ts";
import { printable } from "../terminal-text.ts";
import type { DeadCommand } from "./command.ts";
import { letterJson, letterLines, listLines } from "./letter-text.ts";
import { retryLetter } from "./retry-letter.ts";

/** Shows what could not be carried out, tries it again, or forgets it. */
export async function runDead(
  command: DeadCommand,
  { directory }: { readonly directory: string },
): Promise<number> {
  await using client = await clientHere(directory);
  const letters = await client.deadLetters();
  switch (command.action) {
    case "ls":
      return await list(letters, command);
    case "show": {
      const letter = await letters.get(command.letter);
      return tell(command, letterJson(letter), letterLines(letter));
    }
    case "drop":
      await letters.drop(command.letter);
      return tell(command, { dropped: [command.letter] }, [`dropped  ${command.letter}`]);
    case "retry":
      return await retry(client, letters, command);
    default:
      return command satisfies never;
  }
}

async function list(
  letters: DeadLetters,
  command: Extract<DeadCommand, { readonly action: "ls" }>,
): Promise<number> {
  const found: DeadLetter[] = [];
  for await (const letter of letters.all()) {
    if (found.push(letter) === command.limit) break;
  }
  const document = { schemaVersion: 1, letters: found.map(letterJson) };
  return tell(command, document, listLines(found, Date.now()));
}

async function retry(
  client: Client,
  letters: DeadLetters,
  command: DeadCommand & { readonly letter: number },
): Promise<number> {
  const { run, dropped } = await retryLetter(client, letters, command.letter);
  const words = [`again    ${run}`, ...dropped.map((number) => `dropped  ${number}`)];
  return tell(command, { run, dropped }, words);
}

function tell({ json }: DeadCommand, document: object, lines: readonly string[]): number {
  const text = json ? JSON.stringify(document) : lines.map(printable).join("\n");
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}
