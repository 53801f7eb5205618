import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { openSandbox } from "../agents/sandbox/sandbox.ts";
import { type Figure, figureOf } from "./statistics.ts";

/**
 * `npm run bench:sandbox`: what the sandbox adds to a program that does nothing, and what the proof before each task takes;
 * a table, and the same as data in `bench/results/sandbox.json`. Plain and isolated runs take turns, so that both meet the
 * same load.
 */
const RUNS = 50;
const WARM_UP = 5;
const PROGRAM = ["/usr/bin/true"] as const;

const { signal } = new AbortController();
const logger = pino({ level: "silent" });
const sandbox = await openSandbox({ backend: "bubblewrap", env: process.env, logger }, signal);
const times = { plain: [] as number[], isolated: [] as number[], probe: [] as number[] };
try {
  for (let run = -WARM_UP; run < RUNS; run++) {
    const plain = await timed(runPlainly);
    const isolated = await timed(runIsolated);
    const probe = await timed(() => sandbox.prove(signal));
    if (run < 0) continue;
    times.plain.push(plain);
    times.isolated.push(isolated);
    times.probe.push(probe);
  }
} finally {
  await sandbox.close();
}

const added = times.isolated.map((ms, run) => ms - (times.plain[run] ?? Number.NaN));
const figures = {
  "a plain process": figureOf(times.plain),
  "the same in the sandbox": figureOf(times.isolated),
  "what the sandbox adds": figureOf(added),
  "the proof before a task": figureOf(times.probe),
};
const { enforcement } = sandbox;
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`;
const how = `bubblewrap ${enforcement.version}, limits by ${enforcement.limits}, ${enforcement.hasSeccomp ? "with" : "without"} a filter of system calls`;
const lines = [
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${machine}, ${how}.`,
  "",
  "| 50 runs of a program that does nothing | median | lowest–highest |",
  "| --- | ---: | ---: |",
  ...Object.entries(figures).map(
    ([name, { median, lowest, highest }]) =>
      `| ${name} | ${ms(median)} | ${ms(lowest)}–${ms(highest)} |`,
  ),
];
process.stdout.write(`${lines.join("\n")}\n`);
const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
const data: Readonly<Record<string, Figure>> = figures;
writeFileSync(
  join(folder, "sandbox.json"),
  `${JSON.stringify({ machine, enforcement, figures: data }, undefined, 2)}\n`,
);

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** As programs of skills are started: in a group of their own, with pipes. */
function runPlainly(): Promise<void> {
  const [program, ...args] = PROGRAM;
  const child = spawn(program, args, { env: {}, detached: true });
  child.stdin.on("error", () => {}); // it reads nothing
  child.stdin.end();
  child.stdout.resume();
  child.stderr.resume();
  return new Promise((resolve) => void child.once("close", () => resolve()));
}

async function runIsolated(): Promise<void> {
  const end = await sandbox.run({ argv: PROGRAM, cwd: "/", mounts: [] }, signal);
  if (end.status !== "exited" || end.code !== 0) throw new Error(JSON.stringify(end));
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
