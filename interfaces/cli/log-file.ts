import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const NAME = /^\d{4}-\d\d-\d\d(\.1)?\.ndjson$/;
/** One file a day, with a former half of the same size: at most 16 MB a day. */
const MOST_BYTES = 8_000_000;
/** Older ones are removed. */
const MOST_FILES = 14;
const FLUSH_MS = 200;

/** Log lines that are kept in a file because the terminal shows something else. */
export interface LogFile extends Disposable {
  /** Of the day on which it was opened; absolute. */
  readonly path: string;
  /** One NDJSON line, without its line break. */
  write(line: string): void;
}

/**
 * Opens `<folder>/<date>.ndjson` for appending.
 * @param now for the date, UTC
 * @param onFailure called once, when the file cannot be written; lines are dropped from then on
 */
export function openLogFile(
  folder: string,
  { now, onFailure }: { readonly now: Date; readonly onFailure: (error: Error) => void },
): LogFile {
  const path = join(folder, `${now.toISOString().slice(0, 10)}.ndjson`);
  let pending: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let broken = false;
  const attempt = (work: () => void): void => {
    try {
      if (!broken) work();
    } catch (error) {
      broken = true;
      onFailure(error as Error);
    }
  };
  const flush = (): void => {
    timer = undefined;
    const text = pending.join("");
    pending = [];
    attempt(() => append(path, text));
  };
  attempt(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    removeOld(folder);
  });
  return {
    path,
    write(line) {
      pending.push(`${line}\n`);
      timer ??= setTimeout(flush, FLUSH_MS);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      flush();
    },
  };
}

function append(path: string, text: string): void {
  if (text === "") return;
  appendFileSync(path, text, { mode: 0o600 });
  if (statSync(path).size > MOST_BYTES) renameSync(path, path.replace(/\.ndjson$/, ".1.ndjson"));
}

function removeOld(folder: string): void {
  const names = readdirSync(folder).filter((name) => NAME.test(name));
  for (const name of names.sort().slice(0, -MOST_FILES))
    rmSync(join(folder, name), { force: true });
}
