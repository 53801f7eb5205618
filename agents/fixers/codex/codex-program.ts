import {
  type Environment,
  findExecutables,
  isExecutable,
} from "../../../bus/server/executables.ts";
import { SwarmError } from "../../../core/errors.ts";
import type { Programs } from "../../programs.ts";
import { REQUIRED_OPTIONS, UNWANTED_FEATURES } from "./codex-command.ts";
import { inCodexHome } from "./codex-home.ts";

/** A Codex CLI that has been asked what it can do. */
export interface CodexProgram {
  readonly path: string;
  readonly version: string;
  /** Features of this version that are switched off for us. */
  readonly features: readonly string[];
}

const HINT =
  "npm install --global @openai/codex@0.169.0, or set CODEX_BIN to the program; other fixers need neither";
const MOST_OUTPUT_BYTES = 1_048_576;

/**
 * Finds the Codex CLI, by `CODEX_BIN` or on the PATH, and asks it for its version and options.
 * @throws SwarmError `fixer-missing` when there is none, or when it lacks an option that keeps it in
 */
export async function findCodex(
  around: {
    readonly env: Environment;
    readonly programs: Programs;
    readonly stateFolder: string;
  },
  signal: AbortSignal,
): Promise<CodexProgram> {
  const path = locate(around.env);
  return await inCodexHome(around, async (env) => {
    const ask = (...args: string[]): Promise<string> =>
      answerOf([path, ...args], { env, programs: around.programs, signal });
    const version = /\d+\.\d+\.\d+\S*/.exec(await ask("--version"))?.[0];
    if (version === undefined) {
      throw new SwarmError("fixer-missing", `${path} does not name its version`, { hint: HINT });
    }
    const lacking = missingOptions(await ask("exec", "--help"));
    if (lacking.length > 0) {
      const what = `codex ${version} at ${path} lacks ${lacking.join(", ")}`;
      throw new SwarmError("fixer-missing", what, { hint: HINT });
    }
    return { path, version, features: knownFeatures(await ask("features", "list")) };
  });
}

/** What the program says of itself. */
async function answerOf(
  argv: readonly string[],
  around: {
    readonly env: Readonly<Record<string, string>>;
    readonly programs: Programs;
    readonly signal: AbortSignal;
  },
): Promise<string> {
  const end = await around.programs.run(
    {
      argv,
      cwd: "/",
      env: around.env,
      input: "",
      mostOutputBytes: MOST_OUTPUT_BYTES,
      whenMore: "leave-out",
      onErrorOutput: () => {},
    },
    around.signal,
  );
  if (end.status === "exited" && end.code === 0) return end.output.toString("utf8");
  const how = end.status === "exited" ? `ended with exit code ${end.code}` : end.status;
  throw new SwarmError("fixer-missing", `${argv.join(" ")}: ${how}`, { hint: HINT });
}

function locate(env: Environment): string {
  const named = env["CODEX_BIN"];
  if (named !== undefined && named !== "") {
    if (isExecutable(named)) return named;
    throw new SwarmError("fixer-missing", `CODEX_BIN: ${named} cannot be executed`, { hint: HINT });
  }
  const [found] = findExecutables(env, "codex");
  if (found !== undefined) return found;
  throw new SwarmError("fixer-missing", "no codex on the PATH", { hint: HINT });
}

/** Pure. Options that `codex exec --help` does not name. */
export function missingOptions(help: string): string[] {
  return REQUIRED_OPTIONS.filter((option) => !new RegExp(`${option}\\b`).test(help));
}

/** Pure. Those of the features that we do not want which this version has: an unknown one would be an error. */
export function knownFeatures(list: string): string[] {
  const known = new Set(list.split("\n").map((line) => line.trim().split(/\s+/)[0]));
  return UNWANTED_FEATURES.filter((feature) => known.has(feature));
}
