import { z } from "zod";
import type { Severity } from "../finding.ts";

export const LOCK_FILE = "package-lock.json";
const TIMEOUT_MS = 5_000;
const MOST_ANSWER_BYTES = 5_000_000;
const MOST_PACKAGES = 20_000;

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().nullish(), link: z.boolean().nullish() }),
  ),
});

/** What we read of npm's answer: https://docs.npmjs.com/cli/v11/commands/npm-audit#bulk-advisory-endpoint */
const answer = z.record(
  z.string(),
  z.array(
    z.object({
      title: z.string(),
      severity: z.string(),
      vulnerable_versions: z.string(),
      url: z.string().nullish(),
      cwe: z.array(z.string()).nullish(),
    }),
  ),
);

/** A known weakness of an installed package. */
export interface Advisory {
  readonly package: string;
  /** Installed ones, of which the registry says that at least one is affected. */
  readonly versions: readonly string[];
  readonly title: string;
  readonly severity: Severity;
  readonly vulnerableVersions: string;
  readonly url?: string;
  readonly cwe?: string;
}

export type Advisories =
  | { readonly status: "not-run"; readonly reason: string }
  | { readonly status: "run"; readonly packages: number; readonly found: readonly Advisory[] };

/** Asks npm's registry for known weaknesses of the packages in a lock file. Their names and versions leave the machine. */
export async function askForAdvisories(
  lockText: string,
  options: { readonly registry: string; readonly signal: AbortSignal },
): Promise<Advisories> {
  const installed = readLockFile(lockText);
  if (typeof installed === "string") return notRun(installed);
  const url = endpointOf(options.registry);
  if (url === undefined) return notRun("the registry's address is no http or https address");
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(Object.fromEntries(installed)),
      redirect: "error",
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    if (!response.ok) return notRun(`the registry answered ${response.status}`);
    return understand(await readAnswer(response), installed);
  } catch (error) {
    options.signal.throwIfAborted();
    return notRun(reasonOf(error));
  }
}

function notRun(reason: string): Advisories {
  return { status: "not-run", reason };
}

/** Packages with their versions, or why there are none. */
function readLockFile(text: string): Map<string, string[]> | string {
  const parsed = lockFile.safeParse(parseJson(text));
  if (!parsed.success) return `${LOCK_FILE} is not of version 2 or 3`;
  const installed = new Map<string, string[]>();
  for (const [path, { version, link }] of Object.entries(parsed.data.packages)) {
    const at = path.lastIndexOf("node_modules/");
    if (at === -1 || version == null || link === true) continue;
    const name = path.slice(at + "node_modules/".length);
    const versions = installed.get(name) ?? [];
    if (!versions.includes(version)) installed.set(name, [...versions, version]);
  }
  if (installed.size > MOST_PACKAGES) return `more than ${MOST_PACKAGES} packages`;
  return installed.size === 0 ? `${LOCK_FILE} names no packages` : installed;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function endpointOf(registry: string): string | undefined {
  const base = URL.parse(registry.endsWith("/") ? registry : `${registry}/`);
  if (base === null || !/^https?:$/.test(base.protocol)) return undefined;
  return new URL("-/npm/v1/security/advisories/bulk", base).href;
}

async function readAnswer(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  return parseJson(Buffer.concat(chunks).toString("utf8"));
}

function understand(given: unknown, installed: ReadonlyMap<string, readonly string[]>): Advisories {
  const parsed = answer.safeParse(given);
  if (!parsed.success) return notRun("the registry's answer is not understood");
  const found = Object.entries(parsed.data).flatMap(([name, list]) =>
    list.map(({ title, severity, vulnerable_versions, url, cwe }) => ({
      package: name,
      versions: installed.get(name) ?? [],
      title,
      severity: severityOf(severity),
      vulnerableVersions: vulnerable_versions,
      ...(url == null ? {} : { url }),
      ...(cwe?.[0] !== undefined && /^CWE-\d{1,5}$/.test(cwe[0]) ? { cwe: cwe[0] } : {}),
    })),
  );
  return {
    status: "run",
    packages: installed.size,
    found: found.filter((each) => each.versions.length > 0),
  };
}

function severityOf(severity: string): Severity {
  if (severity === "critical" || severity === "high") return severity;
  return severity === "moderate" ? "medium" : "low";
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  if (error.name === "TimeoutError")
    return `the registry did not answer within ${TIMEOUT_MS / 1_000} s`;
  const { code } = (error.cause ?? error) as { code?: unknown };
  return `the registry cannot be reached${typeof code === "string" ? ` (${code})` : ""}`;
}
