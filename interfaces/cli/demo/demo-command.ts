import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBus } from "../../../bus/connection.ts";
import { decodeMessage, offer, type PublishedEvent } from "../../../bus/messages.ts";
import type { SwarmError } from "../../../core/errors.ts";
import { isJsonObject } from "../../../core/json.ts";
import { openLogger } from "../../../core/logging.ts";
import type { Scrubber } from "../../../core/scrub.ts";
import { openSubjects } from "../../../core/subjects.ts";
import type { DemoCommand } from "../commands.ts";
import { Ending } from "../ending.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { type Swarm, startSwarm } from "../supervisor/supervisor.ts";
import { printable } from "../terminal-text.ts";
import { graphJson } from "../topology/graph-text.ts";
import { MessageGraph } from "../topology/message-graph.ts";
import { Holders } from "./holders.ts";
import { demoCascade, PRIMES, SLICES } from "./prime-slices.ts";
import { opening, summaryLines } from "./summary-text.ts";
import { type Kill, verdictOf } from "./verdict.ts";

/** A demonstration that is not through by then has failed. */
const MOST_MS = 55_000;
/** When this share of the tasks is done, an agent that holds some is killed; when it held none any more, another one later. */
const KILL_AFTER = 0.25;
const MOST_KILLS = 3;
const SKILLS = fileURLToPath(new URL("./skills", import.meta.url));

/** Runs a real cascade in a swarm of its own, kills an agent with `kill -9`, and answers 0 only when nothing was lost. */
export async function runDemo(
  command: DemoCommand,
  { scrubber }: { readonly scrubber: Scrubber },
): Promise<number> {
  const say = (text: string): void =>
    void (command.json ? process.stderr : process.stdout).write(`${printable(text)}\n`);
  const directory = await mkdtemp(join(tmpdir(), "cascade-demo-"));
  using ending = new Ending((words) => void process.stderr.write(`${words}\n`));
  let swarm: Swarm | undefined;
  try {
    say(opening(command));
    const { NATS_URL: _, CASCADE_NATS_FILE: __, ...env } = process.env;
    swarm = await startSwarm({
      directory,
      agents: command.agents,
      env: { ...env, CASCADE_SKILLS: SKILLS },
      logger: openLogger({ service: "swarm", scrubber, write: () => {} }),
      onLine: () => {},
      onFailure: (error: SwarmError) => ending.begin(exitCodeOf(error.code), error.message),
      signal: ending.signal,
    });
    ending.killWith(() => swarm?.kill());
    say(`the swarm is ready after ${swarm.readyMs} ms, with a nats-server of its own`);
    return await Promise.race([demonstrate(command, { swarm, directory, say }), ending.code]);
  } catch (error) {
    if (ending.signal.aborted) return ending.code;
    throw error;
  } finally {
    await swarm?.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

interface Stage {
  readonly swarm: Swarm;
  readonly directory: string;
  readonly say: (text: string) => void;
}

async function demonstrate(command: DemoCommand, stage: Stage): Promise<number> {
  const { swarm, directory, say } = stage;
  const { topology, agents } = command;
  const startedMs = performance.now();
  const connection = await openBus(swarm.address, { name: "demo", connectTimeoutMs: 5_000 });
  try {
    const graph = new MessageGraph();
    const holders = new Holders();
    await record(connection, graph, holders);
    const definition = demoCascade(topology, agents);
    const { runId } = await swarm.client.submit({
      ...{ cascade: `demo-${topology}`, definition, directory },
    });
    const story = new Story(stage, holders);
    const signal = AbortSignal.timeout(MOST_MS);
    try {
      for await (const event of swarm.client.watch(runId, signal)) story.add(event);
    } catch (error) {
      if (!signal.aborted) throw error;
      say(`not through after ${MOST_MS / 1_000} s`);
    }
    const { events } = story;
    const kills = story.kills.map((kill) => ({ ...kill, successor: successorOf(kill, swarm) }));
    const edges = graph.edges();
    const verdict = verdictOf({ topology, tasks: SLICES, expected: PRIMES, events, kills, edges });
    const durationMs = Math.round(performance.now() - startedMs);
    const all = { run: runId, verdict, kills, edges, durationMs };
    if (command.json) {
      const { failures, ...counted } = verdict;
      const document = { schemaVersion: 1, topology, run: runId, held: failures.length === 0 };
      process.stdout.write(
        `${JSON.stringify({ ...document, ...counted, failures, durationMs, agentsKilled: kills, graph: graphJson(graph) })}\n`,
      );
    } else summaryLines(all).forEach(say);
    return verdict.failures.length === 0 ? EXIT.ok : EXIT.runFailed;
  } finally {
    await connection.close();
  }
}

/** From here on every message about tasks is counted as the server delivers it. */
async function record(
  connection: Awaited<ReturnType<typeof openBus>>,
  graph: MessageGraph,
  holders: Holders,
): Promise<void> {
  const { allHeartbeats, allOffers, allResults, allPeers } = openSubjects();
  for (const subject of [allHeartbeats, allOffers, allResults, allPeers]) {
    connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        graph.add(message.subject, () => message.json());
        if (subject !== allOffers) return;
        const [agent = ""] = message.subject.split(".").slice(-2);
        holders.offered(agent, decodeMessage(offer, message.data));
      },
    });
  }
  await connection.flush();
}

/** Tells what happens to the run as it happens, and kills when the time has come. */
class Story {
  readonly events: PublishedEvent[] = [];
  readonly kills: Kill[] = [];
  readonly #stage: Stage;
  readonly #holders: Holders;
  readonly #lost = new Set<number>();
  #done = 0;

  constructor(stage: Stage, holders: Holders) {
    this.#stage = stage;
    this.#holders = holders;
  }

  add(event: PublishedEvent): void {
    this.events.push(event);
    const { type, data } = event;
    const { say } = this.#stage;
    const index = Number(data["index"]);
    if (type === "task.failed") {
      const { error } = data;
      const code = isJsonObject(error) ? String(error["code"]) : "unknown";
      if (code === "agent-lost") this.#lost.add(index);
      say(`  task ${index} failed at ${String(data["agent"])}: ${code}; it is offered again`);
    } else if (type === "task.succeeded") {
      this.#done += 1;
      this.#holders.ended(index);
      if (this.#lost.has(index))
        say(`  task ${index} done by ${String(data["agent"])}, attempt ${Number(data["attempt"])}`);
      this.#maybeKill();
    }
  }

  #maybeKill(): void {
    const { swarm, say } = this.#stage;
    const due = (this.kills.length + 1) * KILL_AFTER * SLICES;
    if (this.#lost.size > 0 || this.kills.length >= MOST_KILLS || this.#done < due) return;
    const holder = this.#holders.most();
    const pid = holder === undefined ? undefined : swarm.processes().get(holder.agent);
    if (holder === undefined || pid === undefined) return;
    const { agent, tasks } = holder;
    say(
      `${this.#done} of ${SLICES} tasks done: kill -9 ${pid}, which is ${agent} with task ${tasks.join(", ")}`,
    );
    this.kills.push({ agent, pid });
    process.kill(pid, "SIGKILL");
  }
}

function successorOf({ agent, pid }: Kill, swarm: Swarm): number | undefined {
  const now = swarm.processes().get(agent);
  return now === pid ? undefined : now;
}
