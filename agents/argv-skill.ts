import type { Logger } from "pino";
import { SwarmError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { SkillManifest } from "../core/skill.ts";
import { openErrorOutput } from "./error-output.ts";
import type { ProgramEnd, Programs } from "./programs.ts";

export interface ArgvRun {
  readonly manifest: SkillManifest;
  readonly inputs: JsonObject;
  readonly runFolder: string;
}

export interface ArgvSurroundings {
  readonly programs: Programs;
  readonly logger: Logger;
  readonly scrub: (text: string) => string;
  readonly signal: AbortSignal;
}

/** What a program gets of our own environment: enough to find tools and their settings, and nothing that is a secret. */
const PASSED_ON = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ"];
/** Linux takes 128 KiB for one variable; longer texts are on standard input. */
const LONGEST_VARIABLE = 32_768;

/**
 * Runs a skill that is a program, in the skill's folder: inputs as JSON on its standard input and, as far as they are
 * scalars, as `INPUT_<NAME>`; one JSON object on its standard output; its standard error goes to the log.
 * @throws SwarmError `skill-failed`, `skill-crashed`, `invalid-output` or `limit-exceeded`; the reason of an aborted signal
 */
export async function runArgvSkill(
  { manifest, inputs, runFolder }: ArgvRun,
  { programs, logger, scrub, signal }: ArgvSurroundings,
): Promise<Json> {
  const said = openErrorOutput(logger, scrub);
  const end = await programs.run(
    {
      argv: manifest.argv ?? [],
      cwd: manifest.folder,
      env: { ...environmentOf(inputs, process.env), CASCADE_RUN_FOLDER: runFolder },
      input: `${JSON.stringify(inputs)}\n`,
      mostOutputBytes: LIMITS.skillOutputBytes,
      whenMore: "kill",
      onErrorOutput: said.add,
    },
    signal,
  );
  said.end();
  const tail = said.lastWords();
  return outputOf(end, manifest, tail === "" ? "" : `: ${tail}`);
}

/** Pure. @param own the environment of this process */
export function environmentOf(
  inputs: JsonObject,
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = own[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const given = Object.entries(inputs).flatMap(([name, value]) => {
    if (value === null || typeof value === "object") return [];
    const text = String(value);
    if (text.includes("\0") || Buffer.byteLength(text) > LONGEST_VARIABLE) return [];
    return [[`INPUT_${name.toUpperCase()}`, text] as const];
  });
  return Object.fromEntries([...passed, ...given]);
}

function outputOf(end: ProgramEnd, { name, argv = [] }: SkillManifest, tail: string): Json {
  switch (end.status) {
    case "exited":
      if (end.code === 0) return parsedOutput(end.output, name);
      throw new SwarmError(
        "skill-failed",
        `the program of ${name} ended with exit code ${end.code}${tail}`,
        { disposition: "retry" },
      );
    case "killed":
      throw new SwarmError(
        "skill-crashed",
        `the program of ${name} was ended by ${end.signal}${tail}`,
        { disposition: "retry" },
      );
    case "output-too-large":
      throw new SwarmError(
        "limit-exceeded",
        `skillOutputBytes: ${name} wrote more than the ${LIMITS.skillOutputBytes} that are allowed`,
        { hint: "write large results to files in CASCADE_RUN_FOLDER and return their names" },
      );
    case "not-started":
      throw new SwarmError("skill-failed", `${argv[0]} of ${name} does not start: ${end.why}`, {
        hint: "it must be in the PATH, or a file of the skill that may be executed",
      });
    default:
      return end satisfies never;
  }
}

function parsedOutput(output: Buffer, name: string): Json {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(output)) as Json;
  } catch (error) {
    const why = output.length === 0 ? "it is empty" : (error as Error).message.split("\n")[0];
    throw new SwarmError("invalid-output", `the standard output of ${name} is not JSON: ${why}`, {
      hint: "write one JSON object there, and what people should read to standard error",
      cause: error,
    });
  }
}
