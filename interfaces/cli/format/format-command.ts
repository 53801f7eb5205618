import { dirname } from "node:path";
import { formatLocation, SwarmError } from "../../../core/errors.ts";
import type { Scrubber } from "../../../core/scrub.ts";
import { renderDiagnostic } from "../../../language/diagnostic.ts";
import {
  type CascadeFile,
  filesNamed,
  orError,
  STANDARD_INPUT,
} from "../cascade-files/cascade-files.ts";
import { replaceFile } from "../cascade-files/replace-file.ts";
import type { FormatCommand } from "../commands.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { errorText, printable } from "../terminal-text.ts";
import { type Fixed, fixCascade } from "./fixes/fix-cascade.ts";
import { schemaFor } from "./fixes/modeline.ts";
import { formatYaml } from "./format-yaml.ts";

interface Outcome {
  readonly status: "formatted" | "unchanged" | "would change" | "invalid" | "refused";
  readonly exitCode: number;
  /** What a person is told beside the result. */
  readonly notes: readonly string[];
  /** The file's new text, if there is one. */
  readonly text?: string;
}

/**
 * Formats cascade files where they stand, or standard input to standard output.
 * @returns 0, 1 when `--check` finds a file that would change, 2 when one is no YAML or cannot be read or written
 */
export async function runFormat(
  command: FormatCommand,
  { directory, scrubber }: { readonly directory: string; readonly scrubber: Scrubber },
): Promise<number> {
  const { targets, check } = command;
  const isFilter = targets.includes(STANDARD_INPUT) && !check;
  if (targets.includes(STANDARD_INPUT) && targets.length > 1) {
    throw new SwarmError("usage", "- goes alone: standard output has room for one text");
  }
  let exitCode: number = EXIT.ok;
  const tell = (label: string, outcome: Outcome): void => {
    const { status, notes, text = "" } = outcome;
    for (const note of notes) process.stderr.write(`${scrubber.scrub(note)}\n`);
    process.stdout.write(isFilter ? text : scrubber.scrub(`${status}  ${printable(label)}\n`));
    exitCode = Math.max(exitCode, outcome.exitCode);
  };
  for (const target of targets) {
    const files = await orError(filesNamed(target, directory));
    if (files instanceof SwarmError) {
      tell(target, refused(files));
    } else {
      for (const file of files) tell(file.label, await formatFile(file, command, directory));
    }
  }
  return exitCode;
}

async function formatFile(
  { label, path, read }: CascadeFile,
  { check, fix }: FormatCommand,
  directory: string,
): Promise<Outcome> {
  const text = await orError(read());
  if (text instanceof SwarmError) return refused(text);
  const schema = schemaFor(path === undefined ? directory : dirname(path));
  const fixed = fix ? fixCascade({ text, file: label }, schema) : { text, corrections: [] };
  const formatted = await orError(async () => formatYaml({ text: fixed.text, file: label }));
  if (formatted instanceof SwarmError) return refused(formatted);
  if (!formatted.ok) {
    const notes = formatted.diagnostics.map((each) => renderDiagnostic(each, fixed.text));
    return { status: "invalid", exitCode: EXIT.usage, notes };
  }
  const done = { text: formatted.text, notes: notesOf(fixed) };
  if (formatted.text === text) return { status: "unchanged", exitCode: EXIT.ok, ...done };
  if (check) return { status: "would change", exitCode: EXIT.runFailed, ...done };
  const failure = path === undefined ? undefined : await orError(replaceFile(path, formatted.text));
  return failure === undefined
    ? { status: "formatted", exitCode: EXIT.ok, ...done }
    : refused(failure);
}

function refused(error: SwarmError): Outcome {
  return { status: "refused", exitCode: exitCodeOf(error.code), notes: [errorText(error)] };
}

/** `c.yaml:4:5  fix  "skil" → "skill"`. */
function notesOf({ corrections }: Fixed): readonly string[] {
  return corrections.map(
    ({ location, message }) => `${printable(formatLocation(location))}  fix  ${printable(message)}`,
  );
}
