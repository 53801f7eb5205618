import { readFileSync } from "node:fs";

/** Highest resident memory a process ever had, in MiB; undefined where /proc does not tell. */
export function peakMemoryMib(pid: number): number | undefined {
  return fieldMib(pid, "VmHWM");
}

/** Resident memory of a process now, in MiB. */
export function memoryMib(pid: number): number | undefined {
  return fieldMib(pid, "VmRSS");
}

function fieldMib(pid: number, field: string): number | undefined {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(
      readFileSync(`/proc/${pid}/status`, "utf8"),
    );
    return match === null ? undefined : Math.round(Number(match[1]) / 1_024);
  } catch {
    return undefined; // the process is gone, or there is no /proc
  }
}
