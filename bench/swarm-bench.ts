import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBus } from "../bus/connection.ts";
import { followLink } from "../bus/link.ts";
import type { SyncSetting } from "../bus/server/config.ts";
import { locateServer } from "../bus/server/locate.ts";
import { openServer } from "../bus/server/server.ts";
import { ensureStreams } from "../bus/streams.ts";
import { systemClock } from "../core/clock.ts";
import { openLogger } from "../core/logging.ts";
import { Scrubber } from "../core/scrub.ts";
import { openSubjects } from "../core/subjects.ts";
import { startSwarm } from "../interfaces/cli/supervisor/supervisor.ts";
import { type Floor, openFloor } from "./floor.ts";
import { CHAIN_INPUTS, IMPATIENT, type Load, openLoad } from "./load.ts";
import { benchLog } from "./log-bench.ts";
import { memoryMib, peakMemoryMib } from "./memory.ts";
import { benchRecovery } from "./recovery-bench.ts";
import { type Figure, figureOf, quantile } from "./statistics.ts";

export interface BenchResult {
  readonly sync: SyncSetting;
  readonly readyMs: number;
  /** Milliseconds for one chain of five stages while nothing else runs. */
  readonly loneChainMs: { readonly p50: number; readonly p99: number };
  readonly floorChainMs: { readonly p50: number; readonly p99: number };
  readonly stagesPerSecond: Readonly<Record<string, Figure>>;
  readonly floorStagesPerSecond: Figure;
  readonly fanOutMs: Figure;
  readonly peakMib: Readonly<Record<string, number | undefined>>;
  readonly coordinatorMibWithOpenRuns: number | undefined;
  /** From kill -9 to the end of the chains it disturbed, by process. */
  readonly recoveryMs: Readonly<Record<string, Figure>>;
  /** By the number of writers that each wait for their event. */
  readonly logEventsPerSecond: Readonly<Record<string, Figure>>;
}

const STAGES = 5;
const WARM_UP_CHAINS = 300;
const LONE_CHAINS = 300;
const ROUNDS = 5;
const FAN_OUT = 1_000;

/** Measures a swarm of four agents on a server of its own, and the floor on the same server. */
export async function benchSwarm(sync: SyncSetting): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), "cascade-bench-"));
  const pids = new Map<string, number>();
  const logger = openLogger({
    service: "bench",
    scrubber: new Scrubber(),
    level: "info",
    write: (line) => notePid(pids, line),
  });
  const swarm = await startSwarm({
    directory,
    agents: 4,
    env: {
      ...process.env,
      CASCADE_SYNC: sync,
      LOG_LEVEL: "warn",
      CASCADE_SKILLS: join(import.meta.dirname, "skills"),
      CASCADE_CASCADES: join(import.meta.dirname, "cascades"),
    },
    logger,
    onLine: (line) => process.stderr.write(`${line}\n`),
    onFailure: (error) => process.stderr.write(`${error.message}\n`),
  });
  try {
    const connection = await openBus(swarm.address, { name: "bench" });
    const load = openLoad(connection);
    await concurrently(WARM_UP_CHAINS, () => load.run("chain", CHAIN_INPUTS));
    const loneChainMs = await loneLatency(() => load.run("chain", CHAIN_INPUTS));
    const stagesPerSecond: Record<string, Figure> = {};
    let withOpenRuns: number | undefined;
    for (const chains of [1, 100, 1_000]) {
      const sample = (): void => {
        withOpenRuns = memoryMib(pids.get("coordinator") ?? 0);
      };
      stagesPerSecond[String(chains)] = await throughput(
        chains,
        load,
        chains === 1_000 ? sample : () => {},
      );
    }
    const fanOutMs = await fanOut(load);
    const peakMib = Object.fromEntries([...pids].map(([name, pid]) => [name, peakMemoryMib(pid)]));
    const recoveryMs = await benchRecovery(
      openLoad(connection, IMPATIENT),
      (name) => pids.get(name) ?? 0,
    );
    await connection.close();
    await using floor = await openFloor(swarm.address);
    const floorFigures = await benchFloor(floor);
    return {
      sync,
      readyMs: swarm.readyMs,
      loneChainMs,
      stagesPerSecond,
      fanOutMs,
      peakMib,
      coordinatorMibWithOpenRuns: withOpenRuns,
      recoveryMs,
      logEventsPerSecond: await benchLogOf(sync),
      ...floorFigures,
    };
  } finally {
    await swarm.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** The log alone, on a server of its own. */
async function benchLogOf(sync: SyncSetting): Promise<Readonly<Record<string, Figure>>> {
  const folder = await mkdtemp(join(tmpdir(), "cascade-bench-"));
  const located = await locateServer({ env: process.env, progress: () => {} });
  await using server = await openServer({ server: located, folder, port: 0, sync });
  const connection = await openBus(server.address, { name: "bench" });
  const subjects = openSubjects();
  await ensureStreams(connection, subjects);
  const figures = await benchLog({
    connection,
    subjects,
    link: followLink(connection),
    clock: systemClock,
    jetstream: connection.jetstream(),
    manager: await connection.jetstreamManager(),
  });
  await connection.close();
  return figures;
}

async function benchFloor(
  floor: Floor,
): Promise<Pick<BenchResult, "floorChainMs" | "floorStagesPerSecond">> {
  await concurrently(WARM_UP_CHAINS, () => floor.chain(STAGES));
  const floorChainMs = await loneLatency(() => floor.chain(STAGES));
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push((1_000 * STAGES) / (await secondsFor(1_000, () => floor.chain(STAGES))));
  }
  return { floorChainMs, floorStagesPerSecond: figureOf(rounds) };
}

async function loneLatency(chain: () => Promise<void>): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let index = 0; index < LONE_CHAINS; index++) {
    const startedMs = performance.now();
    await chain();
    times.push(performance.now() - startedMs);
  }
  times.sort((a, b) => a - b);
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** Chains per round are repeated until a round has at least a thousand stages. */
async function throughput(chains: number, load: Load, whileOpen: () => void): Promise<Figure> {
  const repeats = Math.max(1, Math.ceil(200 / chains));
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let seconds = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const running = secondsFor(chains, () => load.run("chain", CHAIN_INPUTS));
      const timer = setTimeout(whileOpen, 300);
      seconds += await running;
      clearTimeout(timer);
    }
    rounds.push((chains * repeats * STAGES) / seconds);
  }
  return figureOf(rounds);
}

async function fanOut(load: Load): Promise<Figure> {
  const items = Array.from({ length: FAN_OUT }, (_, index) => index);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(
      1_000 * (await secondsFor(1, () => load.run("fan-out", { ...CHAIN_INPUTS, items }))),
    );
  }
  return figureOf(rounds);
}

async function secondsFor(count: number, work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await concurrently(count, work);
  return (performance.now() - startedMs) / 1_000;
}

async function concurrently(count: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, work));
}

function notePid(pids: Map<string, number>, line: string): void {
  const { event, process: name, pid } = JSON.parse(line) as Record<string, unknown>;
  if (event === "server.ready" || event === "server.restarted")
    pids.set("nats-server", Number(pid));
  if (event === "process.started")
    pids.set(String(name).replace(/^coordinator.*/, "coordinator"), Number(pid));
}
