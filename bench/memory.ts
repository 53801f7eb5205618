import { readdirSync, readFileSync } from "node:fs";

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

/** What a process and all that descends from it have in memory now; a page that several of them share counts once. */
export function treeMemoryMib(root: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined;
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const isBelow = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined; at = parents.get(at)) {
      if (at === root) return true;
    }
    return false;
  };
  const pids = [...parents.keys()].filter(isBelow);
  return pids.reduce((sum, pid) => sum + (proportionalMib(pid) ?? 0), 0);
}

/** Resident memory, each shared page divided by the number of processes that share it. */
function proportionalMib(pid: number): number | undefined {
  try {
    const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
    return match === null ? undefined : Number(match[1]) / 1_024;
  } catch {
    return undefined; // it ended meanwhile
  }
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined; // it ended meanwhile
  }
}
