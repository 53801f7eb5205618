import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
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

/**
 * Takes the lock of a folder; at most one living process has it.
 *
 * Each holder makes the file of the next number. It is linked into place, hence whole from its first moment, and the
 * highest one is never removed: a process that looked long ago and creates a number that is history by now sees the
 * higher one afterwards.
 */
export function takeLock(folder: string): LockAttempt {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (;;) {
    const last = highest(folder);
    const holder = readHolder(fileOf(folder, last));
    if (holder !== undefined && isAlive(holder)) return { status: "held", holder };
    const number = last + 1;
    if (!isCreated(folder, number)) continue;
    if (highest(folder) > number) {
      rmSync(fileOf(folder, number), { force: true });
      continue;
    }
    for (const former of numbers(folder)) {
      if (former < number) rmSync(fileOf(folder, former), { force: true });
    }
    return { status: "taken", release: () => release(folder, number) };
  }
}

/** The process that has the lock; undefined when there is none. */
export function lockHolder(folder: string): LockHolder | undefined {
  const holder = readHolder(fileOf(folder, highest(folder)));
  return holder !== undefined && isAlive(holder) ? holder : undefined;
}

const NAME = /^supervisor\.(\d{1,15})\.json$/;

function fileOf(folder: string, number: number): string {
  return join(folder, `supervisor.${number}.json`);
}

function numbers(folder: string): readonly number[] {
  return readdirSync(folder).flatMap((name) => {
    const number = NAME.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

function highest(folder: string): number {
  return Math.max(0, ...numbers(folder));
}

function isCreated(folder: string, number: number): boolean {
  const own: LockHolder = { pid: process.pid, started: startTime(process.pid) };
  const part = writePart(folder, JSON.stringify(own));
  try {
    linkSync(part, fileOf(folder, number));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(part, { force: true });
  }
}

/** The file stays, and says that nobody has the lock. */
function release(folder: string, number: number): void {
  if (highest(folder) !== number) return;
  renameSync(writePart(folder, "{}"), fileOf(folder, number));
}

function writePart(folder: string, text: string): string {
  const part = join(folder, `supervisor.${process.pid}.part`);
  rmSync(part, { force: true });
  writeFileSync(part, text, { flag: "wx", mode: 0o600 });
  return part;
}

/** Undefined for a lock that was released, for one that a crash cut off, and where there is none. */
function readHolder(file: string): LockHolder | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(file, "utf8")) as Partial<LockHolder>;
    return typeof pid === "number" ? { pid, started } : undefined;
  } catch {
    return undefined;
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

/** Start time of a process from /proc; undefined where there is none. A zombie's differs from any. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "ended" : fields[19];
  } catch {
    return undefined;
  }
}
