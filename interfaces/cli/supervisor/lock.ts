import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Who supervises the swarm of a directory. */
export interface LockHolder {
  readonly pid: number;
  /** Start time in clock ticks where the system tells it: a pid alone may belong to somebody else by now. */
  readonly started: string | undefined;
}

export type LockAttempt =
  | { readonly status: "taken"; readonly release: () => void }
  | { readonly status: "held"; readonly holder: LockHolder };

const TRIES = 20;

/** Takes the lock of `<folder>/supervisor.json`, from a dead holder if need be; exactly one process has it. */
export function takeLock(folder: string): LockAttempt {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "supervisor.json");
  const own = JSON.stringify({
    pid: process.pid,
    started: startTime(process.pid),
  } satisfies LockHolder);
  for (let tries = 0; tries < TRIES; tries++) {
    if (isCreated(file, own)) {
      return { status: "taken", release: () => release(file, own) };
    }
    const text = readText(file);
    const holder = text === undefined ? undefined : parseHolder(text);
    if (holder !== undefined && isAlive(holder)) return { status: "held", holder };
    if (text !== undefined) removeStale(file, text);
  }
  throw new Error(`cannot take the lock ${file}`);
}

function isCreated(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Moves the stale lock aside. If another process replaced it meanwhile, what was moved is put back. */
function removeStale(file: string, stale: string): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
    if (readText(aside) !== stale) linkSync(aside, file);
  } catch {
    // Another process was faster: the next round sees what it left.
  } finally {
    rmSync(aside, { force: true });
  }
}

function release(file: string, own: string): void {
  if (readText(file) === own) rmSync(file, { force: true });
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<LockHolder>;
    return typeof pid === "number" ? { pid, started } : undefined;
  } catch {
    return undefined; // cut off by a crash: stale
  }
}

function isAlive(holder: LockHolder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return holder.started === undefined || startTime(holder.pid) === holder.started;
}

/** Start time of a process from /proc; undefined where there is none, or for a zombie. */
function startTime(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" ? "ended" : fields?.[19];
}
