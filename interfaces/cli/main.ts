import { resolve } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import { registerEnvironment, Scrubber } from "../../core/scrub.ts";
import { runDashboard } from "../dashboard/dashboard-command.ts";
import { parseCommandLine } from "./command-line.ts";
import type { CliCommand } from "./commands.ts";
import { runDead } from "./dead/dead-command.ts";
import { runDoctor } from "./doctor/doctor-command.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { runExplain } from "./explain/explain-command.ts";
import { runFormat } from "./format/format-command.ts";
import { runInit } from "./init/init-command.ts";
import { CascadeRefused } from "./job-inputs.ts";
import { runMemory } from "./memory/memory-command.ts";
import { runModelsCommand } from "./models/models-command.ts";
import { runPlan } from "./plan/plan-command.ts";
import { runRuns } from "./runs/runs-command.ts";
import { runSandboxCommand } from "./sandbox/sandbox-command.ts";
import { runSchema } from "./schema/schema-command.ts";
import { runSkillsCommand } from "./skills/skills-command.ts";
import { runSwarmCommand } from "./swarm-command.ts";
import { errorText } from "./terminal-text.ts";
import { runTopology } from "./topology/topology-command.ts";
import { runValidate } from "./validate/validate-command.ts";
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
    case "validate":
      return runValidate(command, { directory, scrubber });
    case "plan":
      return runPlan(command, { directory, scrubber });
    case "explain":
      return runExplain(command);
    case "schema":
      return runSchema();
    case "fmt":
      return runFormat(command, { directory, scrubber });
    case "init":
      return runInit(command, { directory, scrubber });
    case "sandbox":
      return runSandboxCommand(command, { directory, scrubber });
    case "skills":
      return runSkillsCommand(command, { directory, scrubber });
    case "models":
      return runModelsCommand(command, { scrubber, nowMs: Date.now() });
    case "runs":
      return runRuns(command, { directory });
    case "dead":
      return runDead(command, { directory });
    case "memory":
      return runMemory(command, { directory });
    case "topology":
      return runTopology(command, { directory });
    case "dashboard":
      return runDashboard(command, { directory, scrubber });
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
  if (error instanceof SwarmError) return `${errorText(error)}\n`;
  return `error internal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
}

function exitCodeFor(error: unknown): number {
  if (error instanceof CascadeRefused) return EXIT.usage;
  return error instanceof SwarmError ? exitCodeOf(error.code) : EXIT.runFailed;
}
