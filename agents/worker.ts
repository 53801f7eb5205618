import { parentPort } from "node:worker_threads";
import type { MemoryFinding, MemoryQuestion } from "../bus/memory-messages.ts";
import { fromErrorRecord, toErrorRecord } from "../core/errors.ts";
import { openLogger } from "../core/logging.ts";
import { Scrubber } from "../core/scrub.ts";
import { openSkillContext } from "./skill-context.ts";
import { loadSkill } from "./skill-loader.ts";
import type { PeerFinding, PeerQuestion } from "./skill-peers.ts";
import type { FromWorker, RunOrder, ToWorker, WorkerAnswer } from "./worker-messages.ts";

/** A worker thread: runs one skill at a time for its agent. Log lines go to the agent, which scrubs them. */
let controller = new AbortController();
let questions = 0;
const waiting = new Map<number, (answer: WorkerAnswer) => void>();

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

/** The agent asks for its threads: it has the connection and the objects. */
async function asked<Finding>(message: (id: number) => FromWorker): Promise<Finding> {
  const id = questions++;
  const { promise, resolve } = Promise.withResolvers<WorkerAnswer>();
  waiting.set(id, resolve);
  say(message(id));
  const answer = await promise;
  if ("error" in answer) throw fromErrorRecord(answer.error);
  return answer.finding as Finding; // the agent answers each kind of question with its kind of finding
}

const askMemory = (question: MemoryQuestion): Promise<MemoryFinding> =>
  asked((id) => ({ kind: "ask", id, question }));
const askPeers = (question: PeerQuestion): Promise<PeerFinding> =>
  asked((id) => ({ kind: "ask-peers", id, question }));

async function run(order: RunOrder): Promise<void> {
  controller = new AbortController();
  const logger = openLogger({
    service: order.context.agentId,
    scrubber: new Scrubber(),
    level: order.log.level,
    write: (line) => say({ kind: "log", line }),
  }).child(order.log.bindings);
  try {
    const skill = await loadSkill(order.module, order.declarations);
    const context = openSkillContext(order.context, logger, controller.signal, {
      askMemory,
      askPeers,
    });
    say({ kind: "succeeded", output: await skill(order.inputs, context) });
  } catch (error) {
    say({ kind: "failed", error: toErrorRecord(error) });
  }
}

parentPort?.on("message", (message: ToWorker) => {
  if (message.kind === "run") void run(message);
  else if (message.kind === "abort") controller.abort();
  else {
    waiting.get(message.question)?.(message);
    waiting.delete(message.question);
  }
});
