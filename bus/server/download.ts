import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The release that is fetched, with the sums of its archives. Source: the release's own SHA256SUMS. */
const RELEASE = "2.14.5";
const SUMS: Readonly<Record<string, string>> = {
  "linux-x64": "5e3b603d47c447bda1f77f9ac16dbf91c90aac4ff3681f8fbbc7201e4ed99355",
  "linux-arm64": "673a98d3faa79dde3f9ebf16d6dfac36a5f694e7ad2015e4954dd7939c85cd4c",
  "darwin-x64": "f95c98d6b6ed2b63c5681b46b092c9585c99767d547cf495730c329234625e96",
  "darwin-arm64": "ddd907854d9a2de834af133fa396915fe6442fe6d8909ae31390d1ea7a0fea50",
};
const CONNECT_TIMEOUT_MS = 5_000;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const UNPACK_TIMEOUT_MS = 60_000;

/** Fetches the pinned release, checks its sum, unpacks it. Answers the binary, in a folder to be removed. */
export async function downloadRelease(
  signal: AbortSignal,
): Promise<{ readonly binary: string; readonly folder: string }> {
  const platform = `${process.platform}-${process.arch}`;
  const sum = SUMS[platform];
  if (sum === undefined) throw new Error(`there is no pinned release for ${platform}`);
  const name = `nats-server-v${RELEASE}-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const archive = await fetchArchive(
    `https://github.com/nats-io/nats-server/releases/download/v${RELEASE}/${name}.tar.gz`,
    signal,
  );
  const found = createHash("sha256").update(archive).digest("hex");
  if (found !== sum) throw new Error(`the archive's sha256 is ${found}, expected ${sum}`);
  const folder = await mkdtemp(join(tmpdir(), "cascade-nats-"));
  try {
    await writeFile(join(folder, "archive.tar.gz"), archive);
    await run("tar", ["-xzf", "archive.tar.gz"], { cwd: folder, timeout: UNPACK_TIMEOUT_MS });
    return { binary: join(folder, name, "nats-server"), folder };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function fetchArchive(url: string, signal: AbortSignal): Promise<Buffer> {
  const connecting = new AbortController();
  const timer = setTimeout(() => {
    connecting.abort(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`));
  }, CONNECT_TIMEOUT_MS);
  try {
    const limits = AbortSignal.any([
      signal,
      connecting.signal,
      AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS),
    ]);
    const response = await fetch(url, { signal: limits });
    clearTimeout(timer);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const cause = (error as Error).cause;
    throw new Error(cause instanceof Error ? cause.message : (error as Error).message, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Fetches the package `nats-server` through apt, without root and without installing anything: a private state
 * folder, the machine's own mirror and keys, `apt-get download`, `dpkg -x`.
 * @param suite a Debian suite such as `trixie`, or undefined for the machine's own sources
 */
export async function downloadPackage(
  suite: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly binary: string; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "cascade-apt-"));
  try {
    const env = { ...process.env, ...(await aptEnvironment(folder, suite)) };
    const options = { cwd: join(folder, "download"), env, signal, timeout: DOWNLOAD_TIMEOUT_MS };
    await run("apt-get", ["update"], options);
    await run("apt-get", ["download", "nats-server"], options);
    const [deb] = (await readdir(options.cwd)).filter((file) => file.endsWith(".deb"));
    if (deb === undefined) throw new Error("apt-get download left no package");
    await run("dpkg", ["-x", deb, join(folder, "root")], options);
    return { binary: join(folder, "root", "usr", "sbin", "nats-server"), folder };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    const { stderr } = error as { readonly stderr?: string };
    const reason = stderr?.trim().split("\n").at(-1) ?? "";
    throw new Error(reason === "" ? (error as Error).message : reason, { cause: error });
  }
}

async function aptEnvironment(
  folder: string,
  suite: string | undefined,
): Promise<{ APT_CONFIG: string }> {
  for (const path of [
    "state/lists/partial",
    "cache/archives/partial",
    "etc/sources.list.d",
    "download",
    "root",
  ]) {
    await mkdir(join(folder, path), { recursive: true });
  }
  const lines = [
    `Dir::State "${folder}/state";`,
    `Dir::Cache "${folder}/cache";`,
    'Dir::State::status "/var/lib/dpkg/status";',
    'Acquire::Languages "none";',
    'APT::Sandbox::User "root";',
  ];
  if (suite !== undefined) {
    const { mirror, keyring } = await readSources();
    await writeFile(
      join(folder, "etc", "sources.list"),
      `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`,
    );
    lines.push(`Dir::Etc::sourcelist "${folder}/etc/sources.list";`);
    lines.push(`Dir::Etc::sourceparts "${folder}/etc/sources.list.d";`);
  }
  const file = join(folder, "apt.conf");
  await writeFile(file, `${lines.join("\n")}\n`);
  return { APT_CONFIG: file };
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The machine's own Debian mirror and keys. @throws Error when its sources name none */
async function readSources(): Promise<{ readonly mirror: string; readonly keyring: string }> {
  const files = ["/etc/apt/sources.list"];
  const parts = await readdir("/etc/apt/sources.list.d").catch(() => []);
  files.push(...parts.map((name) => join("/etc/apt/sources.list.d", name)));
  for (const file of files) {
    const text = await readFile(file, "utf8").catch(() => "");
    const source = parseSources(text);
    if (source !== undefined) return { mirror: source.mirror, keyring: source.keyring ?? KEYRING };
  }
  throw new Error("the apt sources name no Debian mirror");
}

/** The first Debian archive (not the security one) of apt sources in either format; exported for its tests. */
export function parseSources(
  text: string,
): { readonly mirror: string; readonly keyring?: string } | undefined {
  const isArchive = (uri: string): boolean => /\/debian\/?$/.test(uri);
  for (const stanza of text.split(/\n\s*\n/)) {
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}:\\s*(\\S+)`, "im").exec(stanza)?.[1];
    const mirror = field("URIs");
    const keyring = field("Signed-By");
    if (mirror !== undefined && isArchive(mirror)) {
      return { mirror, ...(keyring?.startsWith("/") ? { keyring } : {}) };
    }
  }
  for (const line of text.split("\n")) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+\S+/.exec(line);
    const mirror = match?.[2];
    if (mirror === undefined || !isArchive(mirror)) continue;
    const keyring = /signed-by=(\/\S+)/.exec(match?.[1] ?? "")?.[1];
    return { mirror, ...(keyring === undefined ? {} : { keyring }) };
  }
  return undefined;
}
