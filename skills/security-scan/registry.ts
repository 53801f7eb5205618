import { tmpdir } from "node:os";
import { runProgram } from "../child-process.ts";

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 10_000;

/**
 * The registry that npm uses here; undefined when there is no npm to ask. It is asked outside the analysed directory, whose
 * own settings must not send us elsewhere.
 */
export async function npmRegistry(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const named = env["npm_config_registry"];
  if (named !== undefined && named !== "") return named;
  const { PATH = "", HOME = "" } = env;
  const exit = await runProgram("npm", ["config", "get", "registry"], {
    cwd: tmpdir(),
    env: { PATH, HOME },
    signal,
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: MAX_OUTPUT_BYTES,
  });
  if (exit.status !== "exited" || exit.code !== 0) return undefined;
  const answer = exit.stdout.toString("utf8").trim();
  return URL.canParse(answer) ? answer : undefined;
}
