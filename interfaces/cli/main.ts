import { resolve } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import { runDashboard } from "../dashboard/dashboard-command.ts";
import { runAgents } from "./agents/agents-command.ts";
import { runBackup } from "./backup/backup-command.ts";
import { parseCommandLine } from "./command-line.ts";
import type { CliCommand } from "./commands.ts";
import { runDead } from "./dead/dead-command.ts";
import { runDemo } from "./demo/demo-command.ts";
import { runDoctor } from "./doctor/doctor-command.ts";
import { scrubberOf } from "./environment-secrets.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { runExplain } from "./explain/explain-command.ts";
import { runFormat } from "./format/format-command.ts";
import { runInitGithub } from "./init/github-command.ts";
import { runInit } from "./init/init-command.ts";
import { CascadeRefused } from "./job-inputs.ts";
import { runLearned } from "./learned/learned-command.ts";
import { runMemory } from "./memory/memory-command.ts";
import { runModelsCommand } from "./models/models-command.ts";
import { runPermissions } from "./permissions/permissions-command.ts";
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

const scrubber = scrubberOf(process.env);
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
      return runExplain(command, { directory });
    case "schema":
      return runSchema();
    case "fmt":
      return runFormat(command, { directory, scrubber });
    case "init":
      return runInit(command, { directory, scrubber });
    case "init-github":
      return runInitGithub(command, { directory, scrubber });
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
    case "export":
    case "import":
      return runBackup(command, { directory });
    case "permissions":
      return runPermissions(command, { directory });
    case "topology":
      return runTopology(command, { directory });
    case "agents":
      return runAgents(command, { directory });
    case "learned":
      return runLearned(command, { directory });
    case "demo":
      return runDemo(command, { scrubber });
    case "mcp":
      return import("../mcp/mcp-command.ts").then(({ runMcp }) =>
        runMcp(command, { directory, scrubber }),
      );
    case "dashboard":
      return runDashboard(command, { directory, scrubber });
    default:
      return command satisfies never;
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
