import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { treeMemoryMib } from "./memory.ts";
import { copySources } from "./source-tree.ts";
import { type Figure, figureOf } from "./statistics.ts";

/**
 * `npm run bench:main-job`: the main job as a person runs it, from the command to its end, on trees of real source files
 * out of `node_modules`: with one agent and with four, and again when nothing changed.
 */
const SIZES = [400, 4_000];
const ROUNDS = 3;
const SAMPLE_MS = 100;

interface Row {
  readonly files: number;
  readonly megabytes: number;
  readonly oneAgent: Measured;
  readonly fourAgents: Measured;
  readonly again: Measured;
}

interface Measured {
  readonly seconds: Figure;
  readonly runSeconds: Figure;
  readonly peakMib: Figure;
}

const folder = mkdtempSync(join(tmpdir(), "cascade-main-job-"));
const rows: Row[] = [];
try {
  for (const files of SIZES) {
    const tree = join(folder, `tree-${files}`);
    const bytes = copySources(join(import.meta.dirname, "..", "node_modules"), tree, files);
    process.stderr.write(`${files} files, ${(bytes / 1e6).toFixed(1)} MB\n`);
    rows.push({
      files,
      megabytes: bytes / 1e6,
      oneAgent: await measure(tree, { agents: 1, isWarm: false }),
      fourAgents: await measure(tree, { agents: 4, isWarm: false }),
      again: await measure(tree, { agents: 4, isWarm: true }),
    });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const machine = `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`;
const results = join(import.meta.dirname, "results");
mkdirSync(results, { recursive: true });
writeFileSync(join(results, "main-job.json"), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
process.stdout.write(`${table()}\n`);

async function measure(
  tree: string,
  { agents, isWarm }: { readonly agents: number; readonly isWarm: boolean },
): Promise<Measured> {
  const standing = mkdtempSync(join(folder, "standing-"));
  const cache = join(standing, "cache");
  if (isWarm) await runOnce(tree, { agents, standing, cache });
  const runs: { seconds: number; runSeconds: number; peakMib: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (!isWarm) rmSync(cache, { recursive: true, force: true });
    runs.push(await runOnce(tree, { agents, standing, cache }));
  }
  const figure = (name: "seconds" | "runSeconds" | "peakMib"): Figure =>
    figureOf(runs.map((run) => run[name]));
  process.stderr.write(`  ${agents} agents${isWarm ? ", again" : ""}: ${JSON.stringify(runs)}\n`);
  return {
    seconds: figure("seconds"),
    runSeconds: figure("runSeconds"),
    peakMib: figure("peakMib"),
  };
}

/** One command, as a person gives it. `runSeconds` is the run alone, without the start and the end of the swarm. */
async function runOnce(
  tree: string,
  given: { readonly agents: number; readonly standing: string; readonly cache: string },
): Promise<{ seconds: number; runSeconds: number; peakMib: number }> {
  const command = join(import.meta.dirname, "..", "interfaces", "cli", "bin.mjs");
  const startedMs = performance.now();
  const child: ChildProcess = spawn(
    process.execPath,
    [command, "--once", "--json", "--agents", String(given.agents), tree],
    {
      cwd: given.standing,
      env: { ...process.env, INIT_CWD: given.standing, CASCADE_RESULT_CACHE: given.cache },
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  let peakMib = 0;
  const timer = setInterval(() => {
    peakMib = Math.max(peakMib, treeMemoryMib(child.pid ?? 0));
  }, SAMPLE_MS);
  const [code] = (await once(child, "close")) as [number | null];
  clearInterval(timer);
  if (code !== 0) throw new Error(`the run ended with ${code}`);
  const seconds = (performance.now() - startedMs) / 1_000;
  const { durationMs, output: report } = JSON.parse(output) as {
    readonly durationMs: number;
    readonly output: { readonly report_html: string };
  };
  const size = readFileSync(report.report_html).length;
  if (size > 2_000_000) throw new Error(`the report has ${size} bytes`);
  return { seconds, runSeconds: durationMs / 1_000, peakMib };
}

function table(): string {
  const cell = ({ median, lowest, highest }: Figure, digits: number): string =>
    `${median.toFixed(digits)} (${lowest.toFixed(digits)}–${highest.toFixed(digits)})`;
  return [
    `${machine}; medians of ${ROUNDS} with lowest and highest.`,
    "",
    "| files | MB | one agent, s | four agents, s | run alone, one ÷ four | again unchanged, s | memory of all processes, MiB |",
    "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows.map(({ files, megabytes, oneAgent, fourAgents, again }) =>
      [
        "",
        files.toLocaleString("en"),
        megabytes.toFixed(1),
        cell(oneAgent.seconds, 1),
        cell(fourAgents.seconds, 1),
        (oneAgent.runSeconds.median / fourAgents.runSeconds.median).toFixed(2),
        cell(again.seconds, 1),
        cell(fourAgents.peakMib, 0),
        "",
      ]
        .join(" | ")
        .trim(),
    ),
  ].join("\n");
}
