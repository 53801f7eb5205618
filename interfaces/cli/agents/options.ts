import { type Command, InvalidArgumentError } from "commander";
import { SwarmError } from "../../../core/errors.ts";
import { LIMITS } from "../../../core/limits.ts";
import { DURATION_FORM, parseDuration } from "../../../language/duration.ts";
import { didYouMean } from "../../../language/nearest.ts";
import {
  type Ask,
  type Options,
  type OptionsOf,
  refuse,
  SKILL_OPTIONS,
} from "../program-options.ts";

const COMMANDS = ["ls", "scale"];
const DEFAULT_DRAIN = "1m";

const EXAMPLES = `
Examples:
  npm run cascade -- agents ls
  npm run cascade -- agents scale 8
  npm run cascade -- agents scale 2 --drain-for 5m`;

/** `agents` and its commands. They talk to the swarm that runs here, or to the one that NATS_URL names. */
export function addAgents(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  const agents = cli
    .command("agents")
    .description("list the agents of the swarm, start more of them or end some")
    .addHelpText("after", EXAMPLES)
    .allowExcessArguments()
    .action((_: Options, { args }: Command) => refuseUnknown(args));
  const isJson = (name: string, own: Options): boolean => {
    const options = optionsOf(own);
    refuse(`agents ${name}`, options, SKILL_OPTIONS);
    return options.json === true;
  };
  agents
    .command("ls")
    .description("who is there: host, slots, load, skills, age of the last heartbeat")
    .option("--json", "print them as one JSON document, with the names of their skills")
    .action((own: Options) => ask({ kind: "agents", action: "ls", json: isJson("ls", own) }));
  agents
    .command("scale")
    .description("run so many agents on this machine; those that are too many drain first")
    .argument("<count>", "how many the swarm of this directory is to run", countOf)
    .option("--drain-for <duration>", "how long they may finish what they run", DEFAULT_DRAIN)
    .option("--json", "print what was done as one JSON document")
    .action((count: number, own: Options & { readonly drainFor: string }) => {
      const drainMs = parseDuration(own.drainFor);
      if (drainMs === undefined)
        throw new SwarmError("usage", `--drain-for ${own.drainFor} is not a duration`, {
          hint: DURATION_FORM,
        });
      ask({ kind: "agents", action: "scale", count, drainMs, json: isJson("scale", own) });
    });
}

function countOf(text: string): number {
  const most = LIMITS.agentsPerSupervisor;
  if (/^\d{1,3}$/.test(text) && Number(text) <= most) return Number(text);
  throw new InvalidArgumentError(`expected a whole number from 0 to ${most}`);
}

function refuseUnknown([given]: readonly string[]): never {
  const what =
    given === undefined
      ? "agents needs a command"
      : `agents has no command ${JSON.stringify(given)}`;
  throw new SwarmError("usage", what, {
    hint: given === undefined ? `known: ${COMMANDS.join(", ")}` : didYouMean(given, COMMANDS),
  });
}
