import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";

const root = resolve(import.meta.dirname, "../..");

/** Time for a test that starts the program a few times, on a machine that does much else. */
export const STARTS_MS = 60_000;

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `cascade-swarm` as a person does who stands in `directory`, and waits for its end. */
export async function endOfCommand(
  directory: string,
  args: readonly string[],
  input = "",
): Promise<CommandEnd> {
  const { INIT_CWD: _, ...env } = process.env;
  const child = spawn(process.execPath, [join(root, "interfaces/cli/bin.mjs"), ...args], {
    cwd: directory,
    env,
    stdio: "pipe",
  });
  const ended = once(child, "close") as Promise<[number | null]>;
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ]);
  return { code, stdout, stderr };
}
