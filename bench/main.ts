import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import type { SyncSetting } from "../bus/server/config.ts";
import { locateServer } from "../bus/server/locate.ts";
import { formatVersion } from "../bus/server/version.ts";
import type { Figure } from "./statistics.ts";
import { type BenchResult, benchSwarm } from "./swarm-bench.ts";

/** `npm run bench`: measures on a started server and prints a table; `bench/results/latest.json` has the same as data. */
const settings: readonly SyncSetting[] = ["default", "always"];
const server = await locateServer({
  env: process.env,
  progress: (line) => process.stderr.write(`${line}\n`),
});
const results: BenchResult[] = [];
for (const sync of settings) {
  process.stderr.write(`measuring with sync ${sync} …\n`);
  results.push(await benchSwarm(sync));
}
const machine = {
  date: new Date().toISOString().slice(0, 10),
  commit: commit(),
  node: process.version,
  natsServer: formatVersion(server.version),
  cores: cpus().length,
  cpu: cpus()[0]?.model ?? "unknown",
  memoryGib: Math.round(totalmem() / 2 ** 30),
};
const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "latest.json"), `${JSON.stringify({ machine, results }, null, 2)}\n`);
process.stdout.write(`${table()}\n`);

function table(): string {
  const columns = results.map((result) =>
    result.sync === "always" ? "fsync per write" : "default",
  );
  const row = (name: string, cell: (result: BenchResult) => string): string =>
    `| ${name} | ${results.map(cell).join(" | ")} |`;
  return [
    `${machine.date}, commit ${machine.commit}, Node ${machine.node}, nats-server ${machine.natsServer}, ${machine.cores} × ${machine.cpu}, ${machine.memoryGib} GiB.`,
    "",
    `| measured, 4 agents | ${columns.join(" | ")} |`,
    `| --- | ${columns.map(() => "---:").join(" | ")} |`,
    row(
      "lone five-stage chain, p50 / p99",
      ({ loneChainMs: { p50, p99 } }) => `${ms(p50)} / ${ms(p99)}`,
    ),
    row(
      "the floor's lone chain, p50 / p99",
      ({ floorChainMs: { p50, p99 } }) => `${ms(p50)} / ${ms(p99)}`,
    ),
    row("lone stage ÷ the floor's", ({ loneChainMs, floorChainMs }) =>
      (loneChainMs.p50 / floorChainMs.p50).toFixed(2),
    ),
    ...["1", "100", "1000"].map((chains) =>
      row(`stages/s, ${chains} concurrent chains`, ({ stagesPerSecond }) =>
        spread(stagesPerSecond[chains]),
      ),
    ),
    row("the floor's stages/s, 1000 chains", ({ floorStagesPerSecond }) =>
      spread(floorStagesPerSecond),
    ),
    row("fan-out of 1000 tasks, ms", ({ fanOutMs }) => spread(fanOutMs)),
    row(
      "coordinator, 1000 runs open, MiB",
      ({ coordinatorMibWithOpenRuns }) => `${coordinatorMibWithOpenRuns ?? "unknown"}`,
    ),
    row("peak memory, MiB", ({ peakMib }) =>
      Object.entries(peakMib)
        .map(([name, mib]) => `${name} ${mib ?? "unknown"}`)
        .join(", "),
    ),
    ...["agent-1", "coordinator", "nats-server"].map((name) =>
      row(
        `longest wait for a chain after kill -9 of ${name.replace("-1", "")}, ms`,
        ({ recoveryMs }) => spread(recoveryMs[name]),
      ),
    ),
    ...["1", "100", "1000"].map((writers) =>
      row(`the log alone: events/s, ${writers} writers`, ({ logEventsPerSecond }) =>
        spread(logEventsPerSecond[writers]),
      ),
    ),
    row("swarm ready, ms", ({ readyMs }) => String(readyMs)),
  ].join("\n");
}

function spread(figure: Figure | undefined): string {
  if (figure === undefined) return "–";
  const { median, lowest, highest } = figure;
  return `${Math.round(median)} (${Math.round(lowest)}–${Math.round(highest)})`;
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
