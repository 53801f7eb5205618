import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { isExecutable } from "../../bus/server/executables.ts";

const VERSION = "0.169.0";
/** The package is some 400 MB. */
const DOWNLOAD_MS = 300_000;

export type FoundCodex =
  | { readonly status: "found"; readonly path: string }
  | { readonly status: "missing"; readonly why: string };

/**
 * The Codex CLI that the tests were written for: of `CODEX_BIN`, else of the cache, into which npm fetches it once when
 * `CASCADE_TEST_CODEX=yes` allows that.
 */
export async function findCodexForTests(): Promise<FoundCodex> {
  const named = process.env["CODEX_BIN"];
  if (named !== undefined && named !== "") return { status: "found", path: named };
  const cache = join(
    process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
    "cascade-swarm",
    "codex",
  );
  const folder = join(cache, VERSION);
  const path = join(folder, "node_modules", ".bin", "codex");
  if (isExecutable(path)) return { status: "found", path };
  if (process.env["CASCADE_TEST_CODEX"] !== "yes") {
    const why = `there is none in ${cache}; CASCADE_TEST_CODEX=yes fetches it, some 400 MB`;
    return { status: "missing", why };
  }
  try {
    await fetchInto(cache, folder);
    return { status: "found", path };
  } catch (error) {
    const why = (error as Error).message.split("\n")[0] ?? "";
    return { status: "missing", why: `npm could not fetch @openai/codex@${VERSION}: ${why}` };
  }
}

/** First beside its place, so that a half one is never taken for it. */
async function fetchInto(cache: string, folder: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const partial = await mkdtemp(join(cache, "partial-"));
  try {
    const args = ["install", "--no-audit", "--no-fund", "--prefix", partial];
    await promisify(execFile)("npm", [...args, `@openai/codex@${VERSION}`], {
      cwd: partial,
      timeout: DOWNLOAD_MS,
    });
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
