import { type Command, InvalidArgumentError, Option } from "commander";
import { SwarmError } from "../../../core/errors.ts";
import { isToken, parseRunId } from "../../../core/ids.ts";
import { LIMITS } from "../../../core/limits.ts";
import type { MemorySpace } from "../../../core/memory.ts";
import { DURATION_FORM, parseDuration } from "../../../language/duration.ts";
import { didYouMean } from "../../../language/nearest.ts";
import {
  type Ask,
  type Options,
  type OptionsOf,
  refuse,
  SKILL_OPTIONS,
} from "../program-options.ts";
import type { MemoryAction } from "./command.ts";

const COMMANDS = ["ls", "get", "put", "history", "rm", "search", "watch", "export", "import"];

const EXAMPLES = `
Examples:
  npm run cascade -- memory ls                          what everyone remembers
  npm run cascade -- memory ls --run r1abc-2 notes.     keys of one run that begin with notes.
  npm run cascade -- memory get plan --cascade refine/style
  npm run cascade -- memory put limit 0.8 --ttl 24h     a value is JSON; --text takes it as it is
  npm run cascade -- memory put limit 0.9 --revision 12 only while nobody else has changed it
  npm run cascade -- memory history limit               the last ten values, and who wrote them
  npm run cascade -- memory search timeout --all
  npm run cascade -- memory export --all > memory.json
  npm run cascade -- memory import memory.json

Exit codes: 0 done, 1 nothing is kept under the key, or it has another revision, 2 wrong usage, 5 no swarm answers.`;

type Own = Options & {
  readonly run?: string;
  readonly cascade?: string;
  readonly all?: true;
  readonly ttl?: number;
  readonly revision?: number;
  readonly text?: true;
};

/** `memory` and its commands. They talk to the swarm that runs here, or to the one that NATS_URL names. */
export function addMemory(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  const memory = cli
    .command("memory")
    .description("look at what the swarm remembers, and change it")
    .addHelpText("after", EXAMPLES)
    .allowExcessArguments()
    .action((_: Options, { args }: Command) => refuseUnknown(args));
  const add = (name: string, description: string): Command =>
    memory
      .command(name)
      .description(description)
      .option("--run <run>", "the memory of one run")
      .option("--cascade <cascade/name>", "the memory that runs of a cascade share under a name")
      .option("--json", "print the result as one JSON document");
  const addForAll = (name: string, description: string): Command =>
    add(name, description).option("--all", "all memories, those of runs and cascades too");
  const asked = (own: Own, action: MemoryAction): void => {
    const options = optionsOf(own);
    refuse(`memory ${action.action}`, options, SKILL_OPTIONS);
    ask({ kind: "memory", space: spaceOf(own), json: options.json === true, ...action });
  };
  addForAll("ls", "list keys and values")
    .argument("[prefix]", "only keys that begin so", "")
    .action((prefix: string, own: Own) => asked(own, { action: "ls", prefix }));
  addForAll("search", "find a text in keys and values")
    .argument("<text>", "in capitals or not")
    .action((text: string, own: Own) => asked(own, { action: "search", text }));
  addForAll("watch", "print every change until Ctrl-C")
    .argument("[prefix]", "only keys that begin so", "")
    .action((prefix: string, own: Own) => asked(own, { action: "watch", prefix }));
  addForAll("export", "print everything as one JSON document").action((own: Own) =>
    asked(own, { action: "export" }),
  );
  for (const [action, description] of [
    ["get", "print a value as JSON"],
    ["history", "print the last ten values of a key, and who wrote them"],
    ["rm", "forget a value; the history still has it for a week"],
  ] as const) {
    add(action, description)
      .argument("<key>", "of the value")
      .action((key: string, own: Own) => asked(own, { action, key }));
  }
  addPut(add("put", "keep a value"), asked);
  add("import", "keep all values of an export")
    .argument("<file>", "its path, or - for standard input")
    .action((file: string, own: Own) => {
      if (own.run !== undefined || own.cascade !== undefined) {
        throw new SwarmError("usage", "an export says itself which memory each value belongs to");
      }
      asked(own, { action: "import", file });
    });
}

function addPut(command: Command, asked: (own: Own, action: MemoryAction) => void): void {
  command
    .argument("<key>", "of the value")
    .argument("<value>", "JSON: 1, true, '\"a text\"', '{\"a\": 1}'")
    .option("--text", "take the value as a text, not as JSON")
    .addOption(new Option("--ttl <duration>", "how long it is kept: 90s, 24h").argParser(duration))
    .addOption(
      new Option(
        "--revision <n>",
        "only while the key has this revision; 0: nothing yet",
      ).argParser(wholeNumber),
    )
    .action((key: string, value: string, own: Own) => {
      const { ttl, revision } = own;
      asked(own, {
        ...{ action: "put", key, value, isText: own.text === true },
        ...(ttl === undefined ? {} : { ttlMs: ttl }),
        ...(revision === undefined ? {} : { revision }),
      });
    });
}

function spaceOf({ run, cascade, all }: Own): MemorySpace | undefined {
  if ([run, cascade, all].filter((each) => each !== undefined).length > 1) {
    throw new SwarmError("usage", "give one of --run, --cascade and --all");
  }
  if (all === true) return undefined;
  if (run !== undefined) {
    if (isToken(run)) return { kind: "run", run: parseRunId(run) };
    throw new SwarmError("unknown-run", `no run is called ${JSON.stringify(run)}`);
  }
  if (cascade === undefined) return { kind: "global" };
  const [owner, name, ...more] = cascade.split("/");
  if (isToken(owner) && isToken(name) && more.length === 0) {
    return { kind: "cascade", cascade: owner, name };
  }
  throw new SwarmError("usage", `--cascade ${cascade} is not <cascade>/<name>`, {
    hint: "the name stands under `memory` in the cascade's file",
  });
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1 && ms <= LIMITS.memoryTtlMs) return ms;
  throw new InvalidArgumentError(`${DURATION_FORM}; at most a year`);
}

function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}

function refuseUnknown([given]: readonly string[]): never {
  const what =
    given === undefined
      ? "memory needs a command"
      : `memory has no command ${JSON.stringify(given)}`;
  throw new SwarmError("usage", what, {
    hint: given === undefined ? `known: ${COMMANDS.join(", ")}` : didYouMean(given, COMMANDS),
  });
}
