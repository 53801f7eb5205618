/**
 * Stands beside the supervisor and outlives it: reads `watch <pid>` and `forget <pid>` from its standard input and,
 * when that ends because the supervisor is gone, ends the watched process groups.
 */
import { createInterface } from "node:readline";
import { signalGroup } from "./process-group.ts";

const GRACE_MS = 500;
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
  .on("close", () => {
    for (const pid of watched) signalGroup(pid, "SIGTERM");
    setTimeout(
      () => {
        for (const pid of watched) signalGroup(pid, "SIGKILL");
      },
      watched.size > 0 ? GRACE_MS : 0,
    );
  });
