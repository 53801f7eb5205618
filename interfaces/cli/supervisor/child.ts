import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { signalGroup } from "../../../bus/server/process-group.ts";

export interface ChildOptions {
  /** Name in log lines about it. */
  readonly name: string;
  /** Absolute path of its program. */
  readonly program: string;
  /** Of Node itself. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Working directory. */
  readonly directory: string;
  /** Called with each NDJSON line that it writes; other text comes wrapped into one. */
  readonly onLine: (line: string) => void;
  /** It ended; `expected` when we asked for it. */
  readonly onExit: (how: string, expected: boolean) => void;
}

/** A process of the swarm: leader of its own process group, tied to us by a pipe, its output read line by line. */
export interface Child {
  readonly pid: number;
  /** Asks it to drain; after `timeoutMs` its whole group is killed. Resolves when it is gone, with how it went. */
  stop(timeoutMs: number): Promise<"left" | "killed">;
  kill(): void;
}

export function startChild(options: ChildOptions): Child {
  const child: ChildProcess = spawn(process.execPath, [...options.flags, options.program], {
    cwd: options.directory,
    env: { ...options.env, CASCADE_PARENT_PIPE: "1" },
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stopping = false;
  let ended = false;
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const pid = child.pid ?? 0;
  child.stdin?.on("error", () => {}); // it ended: `exit` tells
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) =>
      options.onLine(asLogLine(options.name, line)),
    );
  }
  const end = (how: string): void => {
    if (ended) return;
    ended = true;
    if (pid > 0) signalGroup(pid, "SIGKILL"); // what it started itself ends with it
    resolve();
    options.onExit(how, stopping);
  };
  child.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
  child.once("error", (error) => end(error.message));
  return {
    pid,
    async stop(timeoutMs) {
      stopping = true;
      if (ended) return "left";
      signalGroup(pid, "SIGCONT");
      child.kill("SIGTERM");
      let how: "left" | "killed" = "left";
      const timer = setTimeout(() => {
        how = "killed";
        signalGroup(pid, "SIGKILL");
      }, timeoutMs);
      await gone;
      clearTimeout(timer);
      return how;
    },
    kill() {
      stopping = true;
      if (pid > 0) signalGroup(pid, "SIGKILL");
    },
  };
}

/** What is no log line, such as the last words of a process that cannot start, becomes one. */
function asLogLine(name: string, text: string): string {
  if (text.startsWith("{")) return text;
  const time = new Date().toISOString();
  return JSON.stringify({ level: "warn", time, service: name, event: "process.said", msg: text });
}
