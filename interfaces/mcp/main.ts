import { resolve } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import { parseCommandLine } from "../cli/command-line.ts";
import { scrubberOf } from "../cli/environment-secrets.ts";
import { EXIT, exitCodeOf } from "../cli/exit-code.ts";
import { errorText } from "../cli/terminal-text.ts";
import { runMcp } from "./mcp-command.ts";

/** `cascade-swarm mcp` without the other commands: a client waits for it at every start. */
const scrubber = scrubberOf(process.env);
try {
  const args = process.argv.slice(2);
  const command = parseCommandLine(args, (text) => void process.stdout.write(text));
  if (command?.kind === "mcp") {
    const directory = resolve(process.env["INIT_CWD"] ?? process.cwd());
    process.exitCode = await runMcp(command, { directory, scrubber });
  }
} catch (error) {
  const isOurs = error instanceof SwarmError;
  const words = isOurs ? errorText(error) : `error internal: ${(error as Error).stack}`;
  process.stderr.write(scrubber.scrub(`${words}\n`));
  process.exitCode = isOurs ? exitCodeOf(error.code) : EXIT.runFailed;
}
