import { parentPort } from "node:worker_threads";
import { toErrorRecord } from "../core/errors.ts";
import { openLogger } from "../core/logging.ts";
import { Scrubber } from "../core/scrub.ts";
import { openSkillContext } from "./skill-context.ts";
import { loadSkill } from "./skill-loader.ts";
import type { FromWorker, RunOrder, ToWorker } from "./worker-messages.ts";

/** A worker thread: runs one skill at a time for its agent. Log lines go to the agent, which scrubs them. */
let controller = new AbortController();

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

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
    const context = openSkillContext(order.context, logger, controller.signal);
    say({ kind: "succeeded", output: await skill(order.inputs, context) });
  } catch (error) {
    say({ kind: "failed", error: toErrorRecord(error) });
  }
}

parentPort?.on("message", (message: ToWorker) => {
  if (message.kind === "run") void run(message);
  else controller.abort();
});
