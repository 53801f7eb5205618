/**
 * Stands beside the supervisor and outlives it: reads `watch <pid>` and `forget <pid>` from its standard input and,
 * when that ends because the supervisor is gone, ends the watched process groups.
 */
import { createInterface } from "node:readline";
import { groupExists, signalGroup } from "./process-group.ts";

const GRACE_MS = 1_000;
const POLL_MS = 20;
const watched = new Set<number>();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [word, number] = line.split(" ");
    const pid = Number(number);
    if (!Number.isSafeInteger(pid) || pid <= 1) return;
    if (word === "watch") watched.add(pid);
    else if (word === "forget") watched.delete(pid);
  })
  .on("close", () => void endWatched());

async function endWatched(): Promise<void> {
  const untilMs = performance.now() + GRACE_MS;
  for (const pid of watched) signalGroup(pid, "SIGTERM");
  while ([...watched].some(groupExists) && performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  for (const pid of watched) signalGroup(pid, "SIGKILL");
}
