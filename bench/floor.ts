import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { connect } from "nats";
import type { BusAddress } from "../bus/connection.ts";

/**
 * The floor: the bare message path of the design and nothing else. An append by group commit, an offer, a result
 * confirmed after the next append; no machines, no checks, no recovery, no history.
 */
export interface Floor extends AsyncDisposable {
  /** Runs a chain of stages. */
  chain(stages: number): Promise<void>;
}

const SHARDS = 4;
const AGENTS = 4;
const EVENTS_PER_APPEND = 500;
const payload = "x".repeat(180);

interface Chain {
  readonly id: string;
  readonly shard: Shard;
  readonly agent: number;
  stage: number;
  readonly stages: number;
  readonly done: () => void;
}

interface Shard {
  readonly subject: string;
  sequence: number;
  busy: boolean;
  queue: { readonly event: object; readonly stored: () => void }[];
}

export async function openFloor(address: BusAddress): Promise<Floor> {
  const { url, user = "", password = "" } = address;
  const connection = await connect({ servers: url, user, pass: password, noAsyncTraces: true });
  const jetstream = connection.jetstream();
  const manager = await connection.jetstreamManager();
  await manager.streams.add({ name: "FLOOR", subjects: ["floor.log.*"] });
  const agents: ChildProcess[] = [];
  for (let index = 0; index < AGENTS; index++) {
    const program = fileURLToPath(new URL("./floor-agent.ts", import.meta.url));
    const agent = fork(program, [url, user, password, String(index)]);
    await once(agent, "message");
    agents.push(agent);
  }
  const shards: Shard[] = Array.from({ length: SHARDS }, (_, index) => ({
    subject: `floor.log.${index}`,
    sequence: 0,
    busy: false,
    queue: [],
  }));
  const chains = new Map<string, Chain>();
  const offers = new Map<number, object[]>();
  let count = 0;

  function append(shard: Shard, event: object): Promise<void> {
    return new Promise((stored) => {
      shard.queue.push({ event, stored });
      if (!shard.busy) {
        shard.busy = true;
        queueMicrotask(() => void pump(shard));
      }
    });
  }

  async function pump(shard: Shard): Promise<void> {
    while (shard.queue.length > 0) {
      const batch = shard.queue.splice(0, EVENTS_PER_APPEND);
      const body = JSON.stringify(batch.map((entry) => entry.event));
      const ack = await jetstream.publish(shard.subject, body, {
        expect: { lastSubjectSequence: shard.sequence },
      });
      shard.sequence = ack.seq;
      for (const { stored } of batch) stored();
    }
    shard.busy = false;
  }

  function offer(chain: Chain): void {
    const tasks = offers.get(chain.agent) ?? [];
    offers.set(chain.agent, tasks);
    if (tasks.push({ run: chain.id, stage: chain.stage, input: payload }) > 1) return;
    setImmediate(() => {
      offers.delete(chain.agent);
      void connection.request(`floor.task.${chain.agent}`, JSON.stringify(tasks), {
        timeout: 10_000,
      });
    });
  }

  connection.subscribe("floor.result.*", {
    callback: (_, message) => {
      const results = message.json<{ run: string; output: string }[]>();
      let open = results.length;
      for (const { run, output } of results) {
        const chain = chains.get(run);
        if (chain === undefined) continue;
        chain.stage += 1;
        void append(chain.shard, { run, stage: chain.stage, output }).then(() => {
          if (chain.stage === chain.stages) {
            chains.delete(run);
            chain.done();
          } else offer(chain);
          open -= 1;
          if (open === 0) message.respond("ok");
        });
      }
    },
  });

  return {
    async chain(stages) {
      const id = `c${count++}`;
      const { promise, resolve } = Promise.withResolvers<void>();
      const shard = shards[count % SHARDS] as Shard;
      const chain: Chain = { id, shard, agent: count % AGENTS, stage: 0, stages, done: resolve };
      chains.set(id, chain);
      await append(shard, { run: id, created: true, input: payload });
      offer(chain);
      await promise;
    },
    async [Symbol.asyncDispose]() {
      for (const agent of agents) agent.kill();
      await connection.close();
    },
  };
}
