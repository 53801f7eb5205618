import { readdir, readFile } from "node:fs/promises";
import type { SandboxLimits } from "../../../core/sandbox.ts";

export interface Watch {
  stop(): void;
}

/** A process as `/proc/<pid>/status` describes it. */
export interface ProcessStatus {
  readonly pid: number;
  readonly parent: number;
  readonly threads: number;
  readonly residentBytes: number;
}

const LOOK_EVERY_MS = 200;

/**
 * Where no cgroup can be had: looks at a process and all below it, five times a second, and tells when they take too much
 * together. Shared pages count in each process that has them.
 */
export function watchProcesses(
  root: number,
  limits: Pick<SandboxLimits, "memoryBytes" | "processes">,
  onExcess: (what: "memory" | "processes") => void,
): Watch {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const look = async (): Promise<void> => {
    const excess = excessOf(family(root, await allProcesses()), limits);
    if (isStopped) return;
    if (excess === undefined) timer = setTimeout(() => void look(), LOOK_EVERY_MS);
    else onExcess(excess);
  };
  timer = setTimeout(() => void look(), LOOK_EVERY_MS);
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** Pure. */
export function excessOf(
  processes: readonly ProcessStatus[],
  limits: Pick<SandboxLimits, "memoryBytes" | "processes">,
): "memory" | "processes" | undefined {
  const sum = (amount: (process: ProcessStatus) => number): number =>
    processes.reduce((total, process) => total + amount(process), 0);
  if (sum(({ residentBytes }) => residentBytes) > limits.memoryBytes) return "memory";
  return sum(({ threads }) => threads) > limits.processes ? "processes" : undefined;
}

/** A process and all below it. Orphans are below it, too: its namespace has an init of its own. Pure. */
export function family(root: number, all: readonly ProcessStatus[]): readonly ProcessStatus[] {
  const children = Map.groupBy(all, ({ parent }) => parent);
  const found = all.filter(({ pid }) => pid === root);
  for (const each of found) found.push(...(children.get(each.pid) ?? []));
  return found;
}

async function allProcesses(): Promise<readonly ProcessStatus[]> {
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const texts = await Promise.all(
    names.map((name) => readFile(`/proc/${name}/status`, "utf8").catch(() => "")),
  );
  return texts.flatMap((text) => parseStatus(text) ?? []);
}

/** Undefined for a process that ended meanwhile. Pure. */
export function parseStatus(text: string): ProcessStatus | undefined {
  const number = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? Number.NaN);
  const [pid, parent, threads] = [number("Pid"), number("PPid"), number("Threads")];
  if ([pid, parent, threads].some(Number.isNaN)) return undefined;
  return { pid, parent, threads, residentBytes: (number("VmRSS") || 0) * 1_024 };
}
