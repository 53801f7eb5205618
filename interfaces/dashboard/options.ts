import { type Command, InvalidArgumentError } from "commander";
import {
  agentsOption,
  allowanceOf,
  allowHostCommandsOption,
  allowProjectSkillsOption,
  DEFAULT_AGENTS,
  sandboxOption,
} from "../cli/command-options.ts";
import {
  type Ask,
  type Options,
  type OptionsOf,
  RUN_OPTIONS,
  refuse,
} from "../cli/program-options.ts";

const DEFAULT_PORT = 4_680;

const EXAMPLES = `
Examples:
  npm run cascade -- dashboard                  joins the swarm that runs here, or starts one
  npm run cascade -- dashboard --port 0         any port that is free

It listens on 127.0.0.1 only. The link that it prints opens it; keep it to yourself.`;

/** `dashboard`: pages for a browser, and metrics. */
export function addDashboard(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("dashboard")
    .description("serve pages for a browser: runs as they go on, approvals, messages; and metrics")
    .option("--port <port>", `the port on 127.0.0.1 (default: ${DEFAULT_PORT})`, portFrom)
    .addOption(agentsOption())
    .addOption(allowProjectSkillsOption())
    .addOption(allowHostCommandsOption())
    .addOption(sandboxOption())
    .addHelpText("after", EXAMPLES)
    .action((own: Options & { readonly port?: number }) => {
      const options = optionsOf(own);
      refuse("dashboard", options, { ...RUN_OPTIONS, logs: "--logs", json: "--json" });
      const { agents = DEFAULT_AGENTS, sandbox } = options;
      ask({
        kind: "dashboard",
        port: own.port ?? DEFAULT_PORT,
        agents,
        ...allowanceOf(options),
        ...(sandbox === undefined ? {} : { sandbox }),
      });
    });
}

function portFrom(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError("expected a port, 0 to 65535");
}
