import { setImmediate } from "node:timers/promises";
import { defineSkill } from "../../../../../core/define-skill.ts";

/** Numbers between two looks at whether the task was cancelled. */
const CHUNK = 10_000;

export const run = defineSkill({
  inputs: { from: { type: "integer" }, to: { type: "integer" } },
  outputs: { primes: { type: "integer" } },
  run: async ({ from, to }, { signal, peers }) => {
    let primes = 0;
    for (let start = from; start < to; start += CHUNK) {
      const end = Math.min(to, start + CHUNK);
      for (let number = start; number < end; number++) if (isPrime(number)) primes += 1;
      await setImmediate();
      signal.throwIfAborted();
    }
    await peers.broadcast("counted", { from, to, primes });
    return { primes };
  },
});

function isPrime(number: number): boolean {
  if (number < 4) return number > 1;
  if (number % 2 === 0) return false;
  for (let divisor = 3; divisor * divisor <= number; divisor += 2) {
    if (number % divisor === 0) return false;
  }
  return true;
}
