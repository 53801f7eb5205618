import { type Command, InvalidArgumentError, Option } from "commander";
import { SwarmError } from "../../../core/errors.ts";
import { FORBIDDEN_KEYS, type Json } from "../../../core/json.ts";
import { parseDuration } from "../../../language/duration.ts";
import { didYouMean } from "../../../language/nearest.ts";
import { collect, DEFAULT_LISTED, limitOption, wholeNumber } from "../command-options.ts";
import {
  type Ask,
  type Options,
  type OptionsOf,
  refuse,
  SKILL_OPTIONS,
} from "../program-options.ts";
import { RUN_STANDINGS, type RunStanding } from "./command.ts";

const COMMANDS = [
  ...["ls", "show", "watch", "diff", "logs", "export", "gc"],
  ...["rerun", "approve", "pause", "resume", "signal", "cancel"],
];

const EXAMPLES = `
Examples:
  npm run cascade -- runs ls --status failed                   the newest that failed
  npm run cascade -- runs show r1abc-2                         what happened, stage by stage
  npm run cascade -- runs watch r1abc-2                        as it goes on
  npm run cascade -- runs rerun r1abc-2                        again what did not succeed
  npm run cascade -- runs rerun r1abc-2 --from build --input target=arm
  npm run cascade -- runs approve r1abc-2 release              yes: the run goes on
  npm run cascade -- runs approve r1abc-2 release --deny --comment "not on a Friday"
  npm run cascade -- runs diff r1abc-2 r1abd-3                 what differs between two runs
  npm run -s cascade -- runs export r1abc-2 > run.ndjson       its history; explain reads it
  npm run cascade -- runs gc --older-than 168h --keep 100 --dry-run
  npm run cascade -- runs pause r1abc-2                        nothing of it begins from now on
  npm run cascade -- runs resume r1abc-2                       it goes on
  npm run cascade -- runs signal r1abc-2 uploaded --data '{"files": 3}'
  npm run cascade -- runs cancel r1abc-2 --reason "wrong branch"`;

/** `runs` and its commands. They talk to the swarm that runs here, or to the one that NATS_URL names. */
export function addRuns(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  const runs = cli
    .command("runs")
    .description("list and show runs, answer those that wait for a person, end them early")
    .addHelpText("after", EXAMPLES)
    .allowExcessArguments()
    .action((_: Options, { args }: Command) => refuseUnknown(args));
  const common: Common = (name, own) => {
    const options = optionsOf(own);
    refuse(`runs ${name}`, options, SKILL_OPTIONS);
    return { json: options.json === true };
  };
  runs
    .command("ls")
    .description("the newest runs")
    .addOption(limitOption())
    .addOption(new Option("--status <status>", "only those that stand so").choices(RUN_STANDINGS))
    .option("--json", "print them as one JSON document")
    .action((own: Listed) => {
      const { limit = DEFAULT_LISTED, status } = own;
      const only = status === undefined ? {} : { status };
      ask({ kind: "runs", action: "ls", limit, ...only, ...common("ls", own) });
    });
  runs
    .command("show")
    .description("what happened to a run, stage by stage")
    .argument("<run>", "its id")
    .option("--json", "print it as one JSON document")
    .action((run: string, own: Options) =>
      ask({ kind: "runs", action: "show", run, ...common("show", own) }),
    );
  runs
    .command("watch")
    .description("follow a run to its end; the exit code says how it went")
    .argument("<run>", "its id")
    .option("--json", "print how the run ended as one JSON document")
    .action((run: string, own: Options) =>
      ask({ kind: "runs", action: "watch", run, ...common("watch", own) }),
    );
  addReading(runs, common, ask);
  addCollecting(runs, common, ask);
  runs
    .command("rerun")
    .description(
      "a new run that takes over what an earlier one did, and does the rest; follows it to its end",
    )
    .argument("<run>", "id of the earlier one")
    .option(
      "--from <stage>",
      "do this stage again, and all that come after it; may be repeated",
      collect,
    )
    .option("--input <key=value>", "an input that differs; may be repeated", collect)
    .option("--json", "print how the run ended as one JSON document")
    .action((run: string, own: Rerun) => {
      const { from = [], input: inputs = [] } = own;
      ask({ kind: "runs", action: "rerun", run, from, inputs, ...common("rerun", own) });
    });
  runs
    .command("approve")
    .description("answer a stage that waits for an approval")
    .argument("<run>", "its id")
    .argument("<stage>", "its id")
    .option("--deny", "answer no: the stage fails")
    .option("--comment <text>", "kept with the answer")
    .option("--content <hash>", "what was shown, by its hash or the beginning of it")
    .option("--json", "print the answer as one JSON document")
    .action((run: string, stage: string, own: Answer) => {
      const { deny, comment, content } = own;
      const words = {
        ...(comment === undefined ? {} : { comment }),
        ...(content === undefined ? {} : { content: hashOf(content) }),
      };
      const approved = deny !== true;
      ask({
        kind: "runs",
        action: "approve",
        run,
        stage,
        approved,
        ...words,
        ...common("approve", own),
      });
    });
  addControl(runs, common, ask);
}

type Common = (name: string, own: Options) => { readonly json: boolean };

/** What is known of runs beside how they stand. */
function addReading(runs: Command, common: Common, ask: Ask): void {
  runs
    .command("diff")
    .description("what differs between two runs: inputs, plan, stages, outputs, time and cost")
    .argument("<run>", "id of the one")
    .argument("<other>", "id of the other")
    .option("--json", "print it as one JSON document")
    .action((run: string, other: string, own: Options) =>
      ask({ kind: "runs", action: "diff", run, other, ...common("diff", own) }),
    );
  runs
    .command("logs")
    .description("the log lines about a run that are kept in files here")
    .argument("<run>", "its id")
    .option("--json", "print them as they stand: NDJSON")
    .action((run: string, own: Options) =>
      ask({ kind: "runs", action: "logs", run, ...common("logs", own) }),
    );
  runs
    .command("export")
    .description("a run's whole history as NDJSON; explain reads it")
    .argument("<run>", "its id")
    .argument("[file]", "where to; standard output without it")
    .action((run: string, file: string | undefined, own: Options) => {
      refuse("runs export", own, { json: "--json" });
      const to = file === undefined ? {} : { file };
      ask({ kind: "runs", action: "export", run, ...to, ...common("export", own) });
    });
}

const DEFAULT_AGE = "720h";
const DEFAULT_KEPT = 20;

function addCollecting(runs: Command, common: Common, ask: Ask): void {
  runs
    .command("gc")
    .description(
      "forget finished runs and what nobody refers to any more; never a run that goes on",
    )
    .addOption(
      new Option("--older-than <duration>", `those that ended before (default: ${DEFAULT_AGE})`)
        .argParser(durationMs)
        .default(durationMs(DEFAULT_AGE), DEFAULT_AGE),
    )
    .addOption(
      new Option("--keep <count>", `the newest finished runs stay (default: ${DEFAULT_KEPT})`)
        .argParser(wholeNumber(0, 1_000_000))
        .default(DEFAULT_KEPT),
    )
    .addOption(
      new Option(
        "--max-size <size>",
        "beyond this size of all histories, younger ones too: 500m, 2g",
      ).argParser(sizeBytes),
    )
    .option("--files", "also their folders in .cascade/runs on this host, reports and all")
    .option("--dry-run", "say what would be forgotten, and forget nothing")
    .option("--json", "print it as one JSON document")
    .action((own: Collecting) => {
      const { olderThan, keep, maxSize, dryRun, files } = own;
      const size = maxSize === undefined ? {} : { mostBytes: maxSize };
      ask({
        ...{ kind: "runs", action: "gc", olderThanMs: olderThan, keep, ...size },
        ...{ isDryRun: dryRun === true, files: files === true, ...common("gc", own) },
      });
    });
}

type Collecting = Options & {
  readonly olderThan: number;
  readonly keep: number;
  readonly maxSize?: number;
  readonly dryRun?: true;
  readonly files?: true;
};

function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError("It is a time with a unit, such as 90m or 720h.");
}

function sizeBytes(text: string): number {
  const [, number, unit] = /^(\d{1,9})([kmg])b?$/i.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError("It is a size, such as 500m or 2g.");
  return Number(number) * 1_024 ** ("kmg".indexOf(String(unit).toLowerCase()) + 1);
}

/** What is done to a run from outside. */
function addControl(runs: Command, common: Common, ask: Ask): void {
  runs
    .command("pause")
    .description("begin nothing of a run any more; what is under way goes on to its end")
    .argument("<run>", "its id")
    .option("--reason <text>", "kept with the run", "asked on the command line")
    .option("--json", "print the answer as one JSON document")
    .action((run: string, own: Options & { readonly reason: string }) => {
      const { reason } = own;
      ask({ kind: "runs", action: "pause", run, reason, ...common("pause", own) });
    });
  runs
    .command("resume")
    .description("let a paused run go on")
    .argument("<run>", "its id")
    .option("--json", "print the answer as one JSON document")
    .action((run: string, own: Options) =>
      ask({ kind: "runs", action: "resume", run, ...common("resume", own) }),
    );
  runs
    .command("signal")
    .description("send a signal to a run: to the stage that waits for it, or to the next that will")
    .argument("<run>", "its id")
    .argument("<name>", "the signal's name")
    .option("--data <json>", "what comes with it")
    .option("--json", "print the answer as one JSON document")
    .action((run: string, name: string, own: Options & { readonly data?: string }) => {
      const data = own.data === undefined ? null : jsonOf(own.data);
      ask({ kind: "runs", action: "signal", run, name, data, ...common("signal", own) });
    });
  runs
    .command("cancel")
    .description("end a run early")
    .argument("<run>", "its id")
    .option("--reason <text>", "kept with the run", "asked on the command line")
    .option("--json", "print how the run ended as one JSON document")
    .action((run: string, own: Options & { readonly reason: string }) => {
      const { reason } = own;
      ask({ kind: "runs", action: "cancel", run, reason, ...common("cancel", own) });
    });
}

type Listed = Options & { readonly limit?: number; readonly status?: RunStanding };
type Rerun = Options & { readonly from?: readonly string[] };
type Answer = Options & {
  readonly deny?: true;
  readonly comment?: string;
  readonly content?: string;
};

const SHORTEST_HASH = 8;

function hashOf(text: string): string {
  if (/^[0-9a-f]{8,64}$/.test(text)) return text;
  throw new SwarmError("usage", `--content ${JSON.stringify(text)} is not a hash`, {
    hint: `${SHORTEST_HASH} to 64 hexadecimal digits, as runs show prints them`,
  });
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text, refuseForbiddenKeys) as Json;
  } catch (error) {
    throw new SwarmError("usage", `--data is not JSON: ${(error as Error).message}`, {
      hint: `a text is written as '"text"'`,
      cause: error,
    });
  }
}

function refuseForbiddenKeys(key: string, value: unknown): unknown {
  if (!FORBIDDEN_KEYS.has(key)) return value;
  throw new SyntaxError(`the key ${JSON.stringify(key)} is not allowed`);
}

function refuseUnknown([given]: readonly string[]): never {
  const what =
    given === undefined ? "runs needs a command" : `runs has no command ${JSON.stringify(given)}`;
  throw new SwarmError("usage", what, {
    hint: given === undefined ? `known: ${COMMANDS.join(", ")}` : didYouMean(given, COMMANDS),
  });
}
