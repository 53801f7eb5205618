import { pino } from "pino";
import { openSandboxes } from "../../agents/sandbox/sandbox.ts";
import { systemClock } from "../../core/clock.ts";
import type { Fixer } from "../../core/fixer.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import type { SkillAllowance } from "../../core/skill-allowance.ts";
import { NOTHING_ALLOWED } from "../../core/skill-allowance.ts";
import { openModelsOf } from "../../models/environment.ts";
import type { ModelService } from "../../models/service.ts";
import { startInProcessSwarm } from "./in-process-swarm.ts";
import { openModelServer } from "./model-server/model-server.ts";
import type { Reply } from "./model-server/reply.ts";
import { follow } from "./swarm-process.ts";

/** One answer of a model in a run, as it is recorded. */
export interface RecordedAnswer {
  readonly stage: string;
  readonly served: Json | undefined;
  readonly reasons: Json | undefined;
  readonly costUsd: Json | undefined;
}

/** A swarm with the shipped cascades, a sandbox, and models that a server of ours plays. */
export async function startExampleSwarm(
  options: { readonly allowance?: SkillAllowance; readonly fixers?: readonly Fixer[] } = {},
) {
  const server = await openModelServer();
  const logger = pino({ level: "silent" });
  // A fresh service for each run: what one run did to the breaker is nothing to the next.
  const open = (): Promise<ModelService> =>
    openModelsOf(server.env, { clock: systemClock, random: () => 0, scrub: (text) => text });
  let models = await open();
  const swarm = await startInProcessSwarm({
    allowance: options.allowance ?? NOTHING_ALLOWED,
    hasShippedCascades: true,
    models: { forTask: (signal, log) => models.forTask(signal, log) },
    sandbox: {
      sandboxes: openSandboxes({ backend: "bubblewrap", env: process.env, logger }),
      fixers: options.fixers ?? [],
    },
  });
  return {
    swarm,
    server,
    /** Runs a shipped cascade to its end. @param answer of the models, by what they are asked */
    async run(
      cascade: string,
      inputs: JsonObject,
      answer: (asked: { readonly model: string; readonly text: string }) => Reply = unasked,
      during: (followed: Followed) => Promise<void> = async () => {},
    ) {
      models = await open();
      server.requests.length = 0;
      server.replyWith(({ model, body }) => answer({ model, text: textIn(body) }));
      const { directory, client } = swarm;
      const { runId } = await client.submit({ cascade, inputs, directory });
      const followed = follow(client, runId);
      await during(followed);
      await followed.ended;
      const last = followed.events.at(-1);
      if (last === undefined) throw new Error("the run has no events");
      const succeeded = followed.events.filter(({ type }) => type === "task.succeeded");
      const outputs = await Promise.all(
        succeeded.map(async (event) => ({
          stage: String(event.data["stage"]),
          output: await client.outputOf(event),
        })),
      );
      return {
        runId,
        status: last.type,
        error: last.data["error"] as JsonObject | undefined,
        output:
          last.type === "run.succeeded" ? ((await client.outputOf(last)) as JsonObject) : undefined,
        outputs,
        answers: outputs.flatMap(answerOf),
      };
    },
    async [Symbol.asyncDispose]() {
      await swarm[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

export type Followed = ReturnType<typeof follow>;
export type ExampleSwarm = Awaited<ReturnType<typeof startExampleSwarm>>;

function unasked(): Reply {
  throw new Error("no model was to be asked");
}

/** All texts of a request in one, whatever its protocol. */
function textIn(body: Json): string {
  if (typeof body === "string") return body;
  if (typeof body !== "object" || body === null) return "";
  return Object.values(body).map(textIn).join("\n");
}

function answerOf({
  stage,
  output,
}: {
  readonly stage: string;
  readonly output: Json;
}): readonly RecordedAnswer[] {
  const model = isJsonObject(output) ? output["model"] : undefined;
  if (!isJsonObject(output) || !isJsonObject(model)) return [];
  const { served, reasons } = model;
  return [{ stage, served, reasons, costUsd: output["cost_usd"] }];
}
