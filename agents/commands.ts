import { SwarmError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { SkillCommands } from "../core/skill.ts";
import { type ArgvSurroundings, environmentOf } from "./argv-skill.ts";
import { openErrorOutput } from "./error-output.ts";
import type { ProgramEnd } from "./programs.ts";

/** The commands of cascades, run as skills are that are programs, but in the job's directory. */
export function commandsOf(
  { directory, runFolder }: { readonly directory: string; readonly runFolder: string },
  { programs, logger, scrub, signal }: ArgvSurroundings,
): SkillCommands {
  return {
    async run(argv, variables) {
      const said = openErrorOutput(logger, scrub);
      const errors = openTail(LIMITS.commandOutputBytes);
      const end = await programs.run(
        {
          argv,
          cwd: directory,
          env: { ...environmentOf({}, process.env), ...variables, CASCADE_RUN_FOLDER: runFolder },
          input: "",
          mostOutputBytes: LIMITS.commandOutputBytes,
          whenMore: "leave-out",
          onErrorOutput: (chunk) => {
            said.add(chunk);
            errors.add(chunk);
          },
        },
        signal,
      );
      said.end();
      const lastWords = said.lastWords();
      if (end.status === "exited") {
        const stdout = beginningOf(end.output, end.isCut);
        const { text: stderr, isCut } = errors.end();
        const cut = [
          ...(end.isCut ? ["stdout" as const] : []),
          ...(isCut ? ["stderr" as const] : []),
        ];
        return { exitCode: end.code, stdout, stderr, cut, lastWords };
      }
      return failed(end, { program: argv[0] ?? "", directory, lastWords });
    },
  };
}

function failed(
  end: Exclude<ProgramEnd, { readonly status: "exited" }>,
  at: { readonly program: string; readonly directory: string; readonly lastWords: string },
): never {
  const { program, directory, lastWords } = at;
  switch (end.status) {
    case "killed":
    case "output-too-large": {
      const how = end.status === "killed" ? end.signal : end.status;
      const tail = lastWords === "" ? "" : `: ${lastWords}`;
      throw new SwarmError("skill-crashed", `${program} was ended by ${how}${tail}`, {
        disposition: "retry",
      });
    }
    case "not-started":
      throw new SwarmError("skill-failed", `${program} does not start: ${end.why}`, {
        hint: `it must be in the PATH, or a file below ${directory} that may be executed`,
      });
    default:
      return end satisfies never;
  }
}

/** Without the part of a character that a cut leaves. */
function beginningOf(output: Buffer, isCut: boolean): string {
  return new TextDecoder("utf-8").decode(output, { stream: isCut });
}

interface Tail {
  add(chunk: string): void;
  end(): { readonly text: string; readonly isCut: boolean };
}

/** Keeps the last bytes of a text. */
function openTail(most: number): Tail {
  let text = "";
  let isCut = false;
  const cut = (): void => {
    const bytes = Buffer.from(text);
    if (bytes.length <= most) return;
    isCut = true;
    let from = bytes.length - most;
    while (((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1; // not within a character
    text = bytes.toString("utf8", from);
  };
  return {
    add(chunk) {
      text += chunk;
      if (text.length > 2 * most) cut();
    },
    end() {
      cut();
      return { text, isCut };
    },
  };
}
