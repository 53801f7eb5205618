import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PublishedEvent } from "../../bus/messages.ts";
import { systemClock } from "../../core/clock.ts";
import type { JsonObject } from "../../core/json.ts";
import { NOTHING_ALLOWED } from "../../core/skill-allowance.ts";
import { openModelsOf } from "../../models/environment.ts";
import type { ModelService } from "../../models/service.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { type ModelServer, openModelServer } from "../support/model-server/model-server.ts";
import { follow } from "../support/swarm-process.ts";

const USAGE = { input: 10, cacheRead: 0, output: 5, reasoning: 0 };

let server: ModelServer;
let swarm: InProcessSwarm;
let models: ModelService;
const freshModels = (): Promise<ModelService> =>
  openModelsOf(server.env, { clock: systemClock, random: () => 0, scrub: (text) => text });
beforeAll(async () => {
  server = await openModelServer();
  models = await freshModels();
  swarm = await startInProcessSwarm({
    agents: 3,
    allowance: NOTHING_ALLOWED,
    // A fresh service for each test: what one test did to the breaker is nothing to the next.
    models: { forTask: (...task) => models.forTask(...task) },
  });
}, 60_000);
afterAll(async () => {
  await swarm[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  server.requests.length = 0;
  server.reply({ text: ["fine"], usage: USAGE });
  models = await freshModels();
});

async function run(definition: string) {
  const { directory, client } = swarm;
  const { runId } = await client.submit({ cascade: "spend", definition, directory });
  const followed = follow(client, runId);
  await followed.ended;
  const last = followed.events.at(-1);
  return {
    runId,
    events: followed.events,
    outcome: last?.type,
    spent: last?.data["spent"],
    error: last?.data["error"] as JsonObject | undefined,
  };
}

const reservedIn = (events: readonly PublishedEvent[]) =>
  events.filter(({ type }) => type === "budget.reserved");

describe("a budget of calls", () => {
  it("lets exactly so many of a concurrent wave reach the vendor, and refuses the others by name", async () => {
    const asking = [...Array(20).keys()].map(
      (at) =>
        `      - { stage: ask-${at}, model: claude, prompt: Say ${at}., continue_on_error: true, needs: [] }`,
    );
    const { outcome, spent, events } = await run(`cascade: spend
inputs: [{ name: go, type: boolean, default: true }]
budget: { calls: 7 }
stages:
  - stage: wave
    when: "\${go}"
    type: parallel
    stages:
${asking.join("\n")}
`);
    const failed = events.filter(({ type }) => type === "stage.failed");
    expect(outcome).toBe("run.succeeded");
    expect(server.requests).toHaveLength(7);
    expect(reservedIn(events)).toHaveLength(7);
    expect(spent).toEqual({ calls: 7, tokens: 105, usd: expect.closeTo(0.000_9, 2) });
    expect(failed).toHaveLength(13);
    expect(failed.map(({ data }) => (data["error"] as JsonObject)["code"])).toEqual(
      Array(13).fill("budget-exhausted"),
    );
    const [first] = failed;
    expect((first?.data["error"] as JsonObject)["message"]).toBe(
      `stage ${first?.data["stage"]}, task 0: the budget of the run is 7 calls: 7 calls spent, 0 calls reserved, 1 calls asked for a call of claude-opus-5-5`,
    );
  });

  it("fails a stage whose tasks want more, and nothing is asked after that", async () => {
    const { outcome, error, events } = await run(`cascade: spend
inputs: [{ name: all, type: array, default: [1, 2, 3, 4, 5, 6, 7, 8, 9] }]
stages:
  - stage: ask
    budget: { calls: 3 }
    foreach: "\${all}"
    model: claude
    prompt: "Say \${item}."
`);
    expect({ outcome, code: error?.["code"], message: error?.["message"] }).toEqual({
      outcome: "run.failed",
      code: "budget-exhausted",
      message: expect.stringMatching(
        /^stage ask, task \d: the budget of stage ask is 3 calls: 3 calls spent/,
      ),
    });
    expect(reservedIn(events)).toHaveLength(3);
    expect(server.requests.length).toBeLessThanOrEqual(3);
  });
});
