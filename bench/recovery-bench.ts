import { CHAIN_INPUTS, type Load } from "./load.ts";
import { type Figure, figureOf } from "./statistics.ts";

const ROUNDS = 3;
/** Chains that run side by side while something is killed: those on the dead process must be carried on. */
const CHAINS = 8;
const SETTLE_MS = 1_500;

/**
 * Milliseconds from `kill -9` of a process of the swarm until every chain that was running, and the next ones, have
 * ended: the longest that anyone waited for a chain, less what a chain takes undisturbed.
 */
export async function benchRecovery(
  load: Load,
  pidOf: (name: string) => number,
): Promise<Readonly<Record<string, Figure>>> {
  const figures: Record<string, Figure> = {};
  for (const name of ["agent-1", "coordinator", "nats-server"]) {
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push(await longestWait(load, () => process.kill(pidOf(name), "SIGKILL")));
    }
    figures[name] = figureOf(rounds);
  }
  return figures;
}

async function longestWait(load: Load, kill: () => void): Promise<number> {
  let stopped = false;
  let longestMs = 0;
  const worker = async (): Promise<void> => {
    while (!stopped) {
      const startedMs = performance.now();
      await load.run("chain", CHAIN_INPUTS);
      longestMs = Math.max(longestMs, performance.now() - startedMs);
    }
  };
  const workers = Array.from({ length: CHAINS }, worker);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  longestMs = 0;
  kill();
  await new Promise((resolve) => setTimeout(resolve, 2 * SETTLE_MS));
  stopped = true;
  await Promise.all(workers);
  return longestMs;
}
