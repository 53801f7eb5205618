import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { vi } from "vitest";
import { readAddress } from "../../bus/connection.ts";
import type { PublishedEvent } from "../../bus/messages.ts";
import { type Client, openClient } from "../../coordinator/client.ts";
import type { RunId } from "../../core/ids.ts";

const root = resolve(import.meta.dirname, "../..");

/** One NDJSON log line of a swarm. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event?: string };

/** `cascade-swarm` as a person starts it, with the skills and cascades of the tests, in a directory of its own. */
export interface SwarmProcess extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly lines: readonly LogLine[];
  /** What it wrote that is not a log line. */
  readonly text: readonly string[];
  /** Waits for a log line. */
  seen(event: string, matches?: (line: LogLine) => boolean): Promise<LogLine>;
  /** The pid that a process of the swarm, such as `agent-1`, `coordinator` or `nats-server`, has now. */
  pidOf(name: string): number;
  /** All pids of processes it ever started, its own included. */
  pids(): readonly number[];
  readonly ended: Promise<number | null>;
}

export function startSwarmProcess(
  directory: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): SwarmProcess {
  const child = spawn(process.execPath, [join(root, "interfaces/cli/bin.mjs"), ...args], {
    cwd: root,
    env: {
      ...process.env,
      CASCADE_RESULT_CACHE: "off", // tests do the work
      INIT_CWD: directory,
      CASCADE_SKILLS: join(root, "test/support/skills"),
      CASCADE_CASCADES: join(root, "test/support/cascades"),
      LOG_FORMAT: "json",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: LogLine[] = [];
  const text: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      if (line.startsWith("{")) lines.push(JSON.parse(line) as LogLine);
      else text.push(line);
    });
  }
  const ended = new Promise<number | null>((done) => child.once("close", (code) => done(code)));
  return {
    process: child,
    lines,
    text,
    ended,
    async seen(event, matches = () => true) {
      return vi.waitFor(
        () => {
          const found = lines.find((line) => line.event === event && matches(line));
          if (found === undefined) throw new Error(`no ${event} yet: ${text.join("\n")}`);
          return found;
        },
        { timeout: 30_000, interval: 10 },
      );
    },
    pidOf(name) {
      const started = lines.filter(
        (line) =>
          (line.event === "process.started" && String(line["process"]).startsWith(name)) ||
          (name === "nats-server" &&
            (line.event === "server.ready" || line.event === "server.restarted")),
      );
      return Number(started.at(-1)?.["pid"]);
    },
    pids() {
      const started = lines.flatMap((line) =>
        typeof line["pid"] === "number" ? [line["pid"]] : [],
      );
      return [...started, child.pid ?? 0];
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
    },
  };
}

/** A client of the swarm that runs in `directory`. */
export function clientOf(directory: string): Promise<Client> {
  return openClient(readAddress(join(directory, ".cascade/nats.json")));
}

/** Reads a run's events until one matches, then goes on to its end in the background. */
export function follow(client: Client, runId: RunId) {
  const events: PublishedEvent[] = [];
  const watching = (async () => {
    for await (const event of client.watch(runId, AbortSignal.timeout(60_000))) events.push(event);
  })();
  return {
    events,
    ended: watching,
    async reached(type: string, matches: (event: PublishedEvent) => boolean = () => true) {
      await vi.waitFor(
        () => {
          if (!events.some((event) => event.type === type && matches(event)))
            throw new Error(`no ${type} yet`);
        },
        { timeout: 30_000, interval: 5 },
      );
    },
  };
}

/** What the `pause` skill noted: `<stage>/<index> <attempt> <agent>`. */
export async function executionsOf(directory: string, runId: RunId): Promise<readonly string[]> {
  const text = await readFile(join(directory, ".cascade/runs", runId, "executions.txt"), "utf8");
  return text.trim().split("\n");
}
