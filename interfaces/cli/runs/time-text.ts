const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 07 min`. */
export function durationText(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const [larger, unit, smaller, smallUnit] =
    ms < HOUR_MS ? [MINUTE_MS, "min", SECOND_MS, "s"] : [HOUR_MS, "h", MINUTE_MS, "min"];
  const rest = Math.floor((ms % Number(larger)) / Number(smaller));
  return `${Math.floor(ms / Number(larger))} ${unit} ${String(rest).padStart(2, "0")} ${smallUnit}`;
}

/** `now`, `5 min ago`, `3 h ago`, and the date of what is older than a day. */
export function ageText(atMs: number, nowMs: number): string {
  const age = nowMs - atMs;
  if (age < MINUTE_MS) return "now";
  if (age < HOUR_MS) return `${Math.floor(age / MINUTE_MS)} min ago`;
  if (age < DAY_MS) return `${Math.floor(age / HOUR_MS)} h ago`;
  return new Date(atMs).toISOString().slice(0, 16).replace("T", " ");
}
