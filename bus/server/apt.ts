import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type AptSource, parseAptSources } from "./apt-sources.ts";
import { type Environment, findExecutables } from "./executables.ts";

export interface AptRequest {
  /** Of the Debian package. */
  readonly name: string;
  /** The program in it, relative to the root of a system. */
  readonly file: string;
  /** A Debian suite such as `trixie`; undefined for the machine's own sources. */
  readonly suite: string | undefined;
  /** Empty folder that everything is written to. */
  readonly folder: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
}

const COMMAND_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_S = 10;
const TOOLS = ["apt-get", "dpkg"];

/** The tool without which this machine cannot fetch Debian packages; undefined when all are there. */
export function missingAptTool(env: Environment): string | undefined {
  return TOOLS.find((tool) => findExecutables(env, tool).length === 0);
}

/**
 * Fetches a package through apt, without root and without installing anything: apt's state in a folder of its own,
 * the machine's own mirror and keys, `apt-get download`, `dpkg -x`. apt checks the signatures and the freshness of
 * what it reads. Answers the binary.
 * @throws Error whose first line says why
 */
export async function fetchPackage(request: AptRequest): Promise<string> {
  const { folder, signal } = request;
  const downloads = join(folder, "downloads");
  const root = join(folder, "root");
  for (const path of [
    "state/lists/partial",
    "cache/archives/partial",
    "sources",
    downloads,
    root,
  ]) {
    await mkdir(path.startsWith("/") ? path : join(folder, path), { recursive: true });
  }
  const env = { ...request.env, APT_CONFIG: await writeAptConfig(request), LC_ALL: "C" };
  const run = (tool: string, ...args: string[]): Promise<void> =>
    runTool(tool, args, { cwd: downloads, env, signal, timeout: COMMAND_TIMEOUT_MS });

  // One unreachable source among several fails the update, and still the package may be found.
  const updateFailure = await run("apt-get", "update").catch((error: Error) => error);
  await run("apt-get", "download", request.name).catch((error: Error) => {
    throw updateFailure ?? error;
  });
  const deb = (await readdir(downloads)).find((file) => file.endsWith(".deb"));
  if (deb === undefined) throw new Error("apt-get download left no package");
  await run("dpkg", "-x", deb, root);
  return join(root, request.file);
}

async function writeAptConfig({ folder, suite }: AptRequest): Promise<string> {
  const lines = [
    `Dir::State "${folder}/state";`,
    `Dir::Cache "${folder}/cache";`,
    'Dir::State::status "/var/lib/dpkg/status";',
    'Acquire::Languages "none";',
    `Acquire::http::Timeout "${CONNECT_TIMEOUT_S}";`,
    `Acquire::https::Timeout "${CONNECT_TIMEOUT_S}";`,
    'Acquire::Retries "1";',
    // Started by root, apt would read and write as another user, who cannot enter the folder.
    'APT::Sandbox::User "root";',
  ];
  if (suite !== undefined) {
    const { mirror, keyring } = await readAptSource();
    const options = keyring === undefined ? "" : `[signed-by=${keyring}] `;
    const list = join(folder, "sources.list");
    await writeFile(list, `deb ${options}${mirror} ${suite} main\n`);
    lines.push(`Dir::Etc::sourcelist "${list}";`, `Dir::Etc::sourceparts "${folder}/sources";`);
  }
  const file = join(folder, "apt.conf");
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}

/** @throws Error when the machine's sources name no Debian mirror */
async function readAptSource(): Promise<AptSource> {
  const parts = "/etc/apt/sources.list.d";
  const names = await readdir(parts).catch(() => []);
  const files = names.filter((name) => /\.(list|sources)$/.test(name)).sort();
  for (const file of ["/etc/apt/sources.list", ...files.map((name) => join(parts, name))]) {
    const source = parseAptSources(await readFile(file, "utf8").catch(() => ""));
    if (source === undefined) continue;
    const keyring = source.keyring ?? (await findKeyring());
    return { mirror: source.mirror, ...(keyring === undefined ? {} : { keyring }) };
  }
  throw new Error("this machine's apt sources name no Debian mirror");
}

/** Debian's own keys; undefined when there is no such file, and apt then uses those it trusts for every source. */
async function findKeyring(): Promise<string | undefined> {
  const folder = "/usr/share/keyrings";
  const names = await readdir(folder).catch(() => []);
  const name = names.find((file) => /^debian-archive-keyring\.(gpg|pgp|asc)$/.test(file));
  return name === undefined ? undefined : join(folder, name);
}

const execute = promisify(execFile);

/** Runs a tool. @throws Error with the tool's own first error line */
async function runTool(
  tool: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly signal: AbortSignal;
    readonly timeout: number;
  },
): Promise<void> {
  const [path = tool] = findExecutables(options.env, tool);
  try {
    await execute(path, args, options);
  } catch (error) {
    const { stderr = "", killed } = error as {
      readonly stderr?: string;
      readonly killed?: boolean;
    };
    if (options.signal.aborted) throw error;
    const said = stderr.trim().split("\n");
    const reason = said.find((line) => line.startsWith("E: ")) ?? said.at(-1) ?? "";
    const late = killed === true ? `no end within ${options.timeout} ms` : "";
    const why = [late, reason].filter((part) => part !== "").join(", ");
    throw new Error(`${tool} ${args[0]}: ${why === "" ? (error as Error).message : why}`, {
      cause: error,
    });
  }
}
