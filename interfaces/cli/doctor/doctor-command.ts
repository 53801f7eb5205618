import type { Scrubber } from "../../../core/scrub.ts";
import { EXIT } from "../exit-code.ts";
import { printable } from "../terminal-text.ts";
import { type Check, canRun, type Probe, runProbes } from "./check.ts";
import { checkDurability } from "./durability.ts";
import { checkDisk, checkFolder, checkNode, checkPorts } from "./machine-checks.ts";
import { checkPermissions } from "./permission-check.ts";
import { checkSandbox } from "./sandbox-check.ts";
import { checkServer, checkSwarm } from "./server-checks.ts";
import { checkChromium, checkGit, checkModelKeys } from "./tool-checks.ts";

const QUICK_MS = 5_000;
/** A server that is not here is fetched, as at the first start, and bubblewrap as at the first task that needs it. */
const FETCH_MS = 120_000;

const PROBES: readonly Probe[] = [
  {
    name: "Node.js",
    timeoutMs: QUICK_MS,
    needed: true,
    look: () => checkNode(process.versions.node),
  },
  { name: "nats-server", timeoutMs: FETCH_MS, needed: true, look: checkServer },
  { name: "durability", timeoutMs: FETCH_MS, needed: false, look: checkDurability },
  {
    name: "folder",
    timeoutMs: QUICK_MS,
    needed: true,
    look: ({ directory }) => checkFolder(directory),
  },
  {
    name: "free disk",
    timeoutMs: QUICK_MS,
    needed: true,
    look: ({ directory }) => checkDisk(directory),
  },
  { name: "ports", timeoutMs: QUICK_MS, needed: true, look: () => checkPorts() },
  { name: "swarm here", timeoutMs: QUICK_MS, needed: false, look: checkSwarm },
  { name: "permissions", timeoutMs: QUICK_MS, needed: false, look: checkPermissions },
  { name: "git", timeoutMs: QUICK_MS, needed: false, look: checkGit },
  { name: "sandbox", timeoutMs: FETCH_MS, needed: false, look: checkSandbox },
  { name: "Chromium", timeoutMs: QUICK_MS, needed: false, look: checkChromium },
  {
    name: "model keys",
    timeoutMs: QUICK_MS,
    needed: false,
    look: ({ env }) => checkModelKeys(env),
  },
];

/** Says what is here and what is not. Answers 0 when the main job can run, else 5. */
export async function runDoctor(
  { json }: { readonly json: boolean },
  { directory, scrubber }: { readonly directory: string; readonly scrubber: Scrubber },
): Promise<number> {
  const checks = await runProbes(PROBES, { env: process.env, directory });
  const text = json
    ? JSON.stringify({ schemaVersion: 1, canRun: canRun(checks), checks })
    : renderChecks(checks).join("\n");
  process.stdout.write(`${scrubber.scrub(text)}\n`);
  return canRun(checks) ? EXIT.ok : EXIT.infrastructure;
}

/** One line a check, and a second one with what to do. Pure. */
export function renderChecks(checks: readonly Check[]): readonly string[] {
  const longest = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, status, found, remedy }) => {
    const head = `  ${status.padEnd(6)}  ${name.padEnd(longest)}  ${found}`;
    return remedy === undefined ? [head] : [head, `${" ".repeat(12 + longest)}${remedy}`];
  });
  const failed = checks.filter(({ status }) => status === "failed").map(({ name }) => name);
  const verdict =
    failed.length === 0
      ? "npm run swarm can run here."
      : `npm run swarm cannot run here: ${failed.join(", ")}.`;
  return [...lines, "", verdict].map(printable);
}
