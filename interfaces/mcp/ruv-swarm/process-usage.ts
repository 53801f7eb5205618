import { readFileSync } from "node:fs";

/** What a process has used; null where the system does not tell. */
export interface ProcessUsage {
  readonly memory_mb: number | null;
  /** Of processor time since it started. */
  readonly cpu_ms: number | null;
}

const UNKNOWN: ProcessUsage = { memory_mb: null, cpu_ms: null };
/** Clock ticks are hundredths of a second on every Linux that Node.js runs on. */
const TICK_MS = 10;

/** @param pid undefined when the process is not ours */
export function usageOf(pid: number | undefined): ProcessUsage {
  if (pid === undefined) return UNKNOWN;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Behind the name in brackets, which may hold anything: user and system time are the 12th and 13th field.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [, kilobytes = ""] =
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return {
      memory_mb: kilobytes === "" ? null : Math.round((Number(kilobytes) / 1_024) * 10) / 10,
      cpu_ms: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    };
  } catch {
    return UNKNOWN; // no /proc here, or the process has ended
  }
}
