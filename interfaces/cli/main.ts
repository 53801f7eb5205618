import { resolve } from "node:path";
import { formatLocation, SwarmError } from "../../core/errors.ts";
import { registerEnvironment, Scrubber } from "../../core/scrub.ts";
import { parseCommandLine } from "./command-line.ts";
import type { CliCommand } from "./commands.ts";
import { runDoctor } from "./doctor/doctor-command.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { CascadeRefused } from "./job-inputs.ts";
import { runSkillsCommand } from "./skills/skills-command.ts";
import { runSwarmCommand } from "./swarm-command.ts";
import { printable } from "./terminal-text.ts";
import { runVerify } from "./verify/verify-command.ts";

const scrubber = new Scrubber();
registerEnvironment(scrubber, process.env);
registerUrl(process.env["NATS_URL"]);
try {
  const command = parseCommandLine(
    process.argv.slice(2),
    (text) => void process.stdout.write(text),
  );
  if (command !== undefined) process.exitCode = await carryOut(command);
} catch (error) {
  process.stderr.write(scrubber.scrub(wordsFor(error)));
  process.exitCode = exitCodeFor(error);
}

function carryOut(command: CliCommand): Promise<number> {
  const directory = resolve(process.env["INIT_CWD"] ?? process.cwd());
  switch (command.kind) {
    case "run":
    case "up":
      return runSwarmCommand(command, { directory, scrubber });
    case "doctor":
      return runDoctor(command, { directory, scrubber });
    case "verify":
      return runVerify(command, { directory, scrubber });
    case "skills":
      return runSkillsCommand(command, { directory, scrubber });
    default:
      return command satisfies never;
  }
}

/** Passwords may stand in the server's URL itself. */
function registerUrl(urls: string | undefined): void {
  for (const url of (urls ?? "").split(",")) {
    const password = URL.parse(url)?.password ?? "";
    scrubber.register(password);
    scrubber.register(decodeURIComponent(password));
  }
}

function wordsFor(error: unknown): string {
  if (error instanceof CascadeRefused) return `${error.message}\n`;
  if (error instanceof SwarmError) {
    const place = formatLocation(error.location);
    const head = `error ${error.code}: ${place === "" ? "" : `${printable(place)}: `}${printable(error.message)}\n`;
    return error.hint === undefined ? head : `${head}  ${printable(error.hint)}\n`;
  }
  return `error internal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
}

function exitCodeFor(error: unknown): number {
  if (error instanceof CascadeRefused) return EXIT.usage;
  return error instanceof SwarmError ? exitCodeOf(error.code) : EXIT.runFailed;
}
