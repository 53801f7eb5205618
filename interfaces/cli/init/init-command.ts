import { join, resolve } from "node:path";
import { SwarmError } from "../../../core/errors.ts";
import { isToken } from "../../../core/ids.ts";
import type { Scrubber } from "../../../core/scrub.ts";
import type { InitCommand } from "../commands.ts";
import { EXIT } from "../exit-code.ts";
import { schemaFor } from "../format/fixes/modeline.ts";
import { programFor, quoted } from "../program-name.ts";
import { shortPath } from "../report-files.ts";
import { printable } from "../terminal-text.ts";
import { starterCascade } from "./starter-cascade.ts";
import { writeNewFile } from "./write-new-file.ts";

/**
 * Writes a first cascade and says how to go on. Nothing is ever overwritten.
 * @throws SwarmError `usage` for a name that is none or a file that is there, `path-unreadable` when it cannot be written
 */
export async function runInit(
  { folder, name, json }: InitCommand,
  { directory, scrubber }: { readonly directory: string; readonly scrubber: Scrubber },
): Promise<number> {
  if (!isToken(name)) {
    const hint = "use 1 to 64 letters, digits, hyphens and underscores";
    throw new SwarmError("usage", `${JSON.stringify(name)} cannot name a cascade`, { hint });
  }
  const cascades = join(resolve(directory, folder), "cascades");
  const file = join(cascades, `${name}.yaml`);
  const hint = "give the cascade another name with --name, or name another folder";
  await writeNewFile(file, starterCascade(name, schemaFor(cascades)), hint);
  const next = nextCommands(shortPath(directory, file), programFor(directory, process.env));
  const text = json
    ? JSON.stringify({ schemaVersion: 1, cascade: name, file, next })
    : [`wrote  ${printable(shortPath(directory, file))}`, "", ...next.map(printable)].join("\n");
  process.stdout.write(`${scrubber.scrub(text)}\n`);
  return EXIT.ok;
}

function nextCommands(file: string, program: string): readonly string[] {
  const word = quoted(file);
  return [`${program} validate ${word}`, `${program} run ${word}`, `${program} fmt ${word}`];
}
