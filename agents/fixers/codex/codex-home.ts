import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "../../../bus/server/executables.ts";

/** What Codex gets of the environment beside its own: programs and the way to the provider. */
const PASSED_ON = [
  "PATH",
  "LANG",
  "LC_ALL",
  "TZ",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
  "https_proxy",
  "http_proxy",
  "no_proxy",
  "SSL_CERT_FILE",
];

/**
 * Gives Codex a home and a temporary directory of its own, so that it neither reads nor changes what the user has; nothing of
 * them is kept. It cannot run commands with a home below its temporary directory, so they stand beside each other.
 */
export async function inCodexHome<Result>(
  { stateFolder, env }: { readonly stateFolder: string; readonly env: Environment },
  use: (env: Readonly<Record<string, string>>) => Promise<Result>,
): Promise<Result> {
  const state = await mkdtemp(join(stateFolder, "codex-"));
  try {
    const [home, scratch] = [join(state, "home"), join(state, "scratch")];
    await Promise.all([mkdir(home), mkdir(scratch)]);
    return await use({ ...passedOn(env), HOME: home, CODEX_HOME: home, TMPDIR: scratch });
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

function passedOn(env: Environment): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
