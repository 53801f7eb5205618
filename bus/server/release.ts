import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Environment } from "./executables.ts";

const RELEASE = "2.14.5";
/** sha256 of the archives of the release, as packagers pin them (docs/decisions/2026-11-24-embedded-server.md). */
const SUMS: Readonly<Record<string, string>> = {
  "linux-amd64": "5e3b603d47c447bda1f77f9ac16dbf91c90aac4ff3681f8fbbc7201e4ed99355",
  "linux-arm64": "673a98d3faa79dde3f9ebf16d6dfac36a5f694e7ad2015e4954dd7939c85cd4c",
  "darwin-amd64": "f95c98d6b6ed2b63c5681b46b092c9585c99767d547cf495730c329234625e96",
  "darwin-arm64": "ddd907854d9a2de834af133fa396915fe6442fe6d8909ae31390d1ea7a0fea50",
};
const RELEASES = "https://github.com/nats-io/nats-server/releases/download";
const CONNECT_TIMEOUT_MS = 5_000;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const UNPACK_TIMEOUT_MS = 60_000;

export interface ReleaseRequest {
  /** Empty folder that everything is written to. */
  readonly folder: string;
  /** `CASCADE_NATS_RELEASES` names a mirror of the release downloads; the sums hold for it, too. */
  readonly env: Environment;
  readonly signal: AbortSignal;
}

/**
 * Fetches the pinned official release for this platform, checks its sum, then unpacks it. Answers the binary.
 * @throws Error whose first line says why
 */
export async function fetchRelease(request: ReleaseRequest): Promise<string> {
  const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const sha256 = SUMS[platform];
  if (sha256 === undefined) throw new Error(`no release is pinned for ${platform}`);
  const name = `nats-server-v${RELEASE}-${platform}`;
  const mirror = request.env["CASCADE_NATS_RELEASES"] || RELEASES;
  const bytes = await download(`${mirror}/v${RELEASE}/${name}.tar.gz`, request.signal);
  await unpack({ bytes, sha256 }, request.folder);
  return join(request.folder, name, "nats-server");
}

/** Unpacks a tar.gz with the system's `tar`. @throws Error before anything is written when the sum differs */
export async function unpack(
  archive: { readonly bytes: Uint8Array; readonly sha256: string },
  folder: string,
): Promise<void> {
  const found = createHash("sha256").update(archive.bytes).digest("hex");
  if (found !== archive.sha256) {
    throw new Error(`the archive's sha256 is ${found}, expected ${archive.sha256}`);
  }
  await writeFile(join(folder, "archive.tar.gz"), archive.bytes);
  await promisify(execFile)("tar", ["-xzf", "archive.tar.gz"], {
    cwd: folder,
    timeout: UNPACK_TIMEOUT_MS,
  });
}

async function download(url: string, signal: AbortSignal): Promise<Uint8Array> {
  const connecting = new AbortController();
  const timer = setTimeout(() => {
    connecting.abort(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`));
  }, CONNECT_TIMEOUT_MS);
  try {
    const whole = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, connecting.signal, whole]),
    });
    clearTimeout(timer);
    if (!response.ok) throw new Error(`${url} answers HTTP ${response.status}`);
    return await response.bytes();
  } catch (error) {
    // `fetch failed` says nothing; its cause does.
    const { cause } = error as Error;
    throw cause instanceof Error ? new Error(cause.message, { cause: error }) : error;
  } finally {
    clearTimeout(timer);
  }
}
