import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { budgetReply } from "../../bus/budget-messages.ts";
import { decodeMessage, encodeMessage, type PublishedEvent } from "../../bus/messages.ts";
import { systemClock } from "../../core/clock.ts";
import type { JsonObject } from "../../core/json.ts";
import { shardOf } from "../../core/shard.ts";
import { NOTHING_ALLOWED } from "../../core/skill-allowance.ts";
import { openSubjects } from "../../core/subjects.ts";
import { openModelsOf } from "../../models/environment.ts";
import type { ModelService } from "../../models/service.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { type ModelServer, openModelServer } from "../support/model-server/model-server.ts";
import { follow } from "../support/swarm-process.ts";
import { openWiretap } from "../support/wiretap.ts";

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

async function run(definition: string, { directory, client }: InProcessSwarm = swarm) {
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
    code: (last?.data["error"] as JsonObject | undefined)?.["code"],
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
    // 10 tokens at $4 a million and 5 at $20.
    expect(spent).toEqual({ calls: 7, tokens: 105, usd: expect.closeTo(0.000_98, 9) });
    expect(failed).toHaveLength(13);
    expect(failed.map(({ data }) => (data["error"] as JsonObject)["code"])).toEqual(
      Array(13).fill("budget-exhausted"),
    );
    const [first] = failed;
    expect((first?.data["error"] as JsonObject)["message"]).toBe(
      `stage ${first?.data["stage"]}, task 0: the budget of the run is 7 calls: 7 calls spent, 0 calls reserved, 1 call asked for a call of claude-opus-5-5`,
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

describe("a budget of money", () => {
  it("holds calls back while those under way may turn out to need less, and lets them go then", async () => {
    const { outcome, spent, events } = await run(`cascade: spend
budget: { usd: 0.5 }
inputs: [{ name: all, type: array, default: [1, 2, 3, 4, 5, 6] }]
stages:
  - { stage: ask, foreach: "\${all}", model: claude, prompt: "Say \${item}." }
`);
    // Each may cost $0.33, so that there is never room for two; each costs $0.00014.
    const calls = events.map(({ type }) => type).filter((type) => type.startsWith("budget."));
    expect(calls).toEqual(
      Array.from({ length: 6 }, () => ["budget.reserved", "budget.settled"]).flat(),
    );
    expect(outcome).toBe("run.succeeded");
    expect(spent).toEqual({ calls: 6, tokens: 90, usd: expect.closeTo(0.000_84, 9) });
    expect(server.requests).toHaveLength(6);
  });

  it("refuses a call that may cost more than is left, before it is made", async () => {
    const { code, error, spent } = await run(`cascade: spend
budget: { usd: 0.33 }
stages:
  - { stage: one, model: claude, prompt: Say one. }
  - { stage: two, model: claude, inputs: { max_output_tokens: 16500 }, prompt: Say two. }
`);
    expect(code).toBe("budget-exhausted");
    expect(error?.["message"]).toMatch(
      /^stage two, task 0: the budget of the run is \$0\.3300: \$0\.0001 spent, \$0\.0000 reserved, \$0\.3300 asked/,
    );
    expect(server.requests).toHaveLength(1);
    expect(spent).toEqual({ calls: 1, tokens: 15, usd: expect.closeTo(0.000_14, 9) });
  });

  it("refuses a call without a known price by name, and never counts it as nothing", async () => {
    const { code, error } = await run(`cascade: spend
budget: { usd: 100 }
stages:
  - { stage: one, model: openai/some-id, prompt: Say one. }
`);
    expect(code).toBe("budget-unbounded");
    expect(error?.["message"]).toBe(
      "stage one, task 0: the budget of the run is $100.0000, and the price of some-id is not known",
    );
    expect(server.requests).toEqual([]);
  });
});

describe("what counts as a call", () => {
  it("is each switch to another model", async () => {
    server.reply({ fault: { kind: "status", status: 402, headers: {} } });
    const { code } = await run(`cascade: spend
budget: { calls: 2 }
stages: [{ stage: one, prompt: Say one. }]
`);
    expect(code).toBe("budget-exhausted");
    expect(server.requests.map(({ model }) => model)).toEqual([
      "claude-opus-5-5",
      "claude-sonnet-5-5",
    ]);
  });

  it("is each try after a failure", async () => {
    server.reply({ fault: { kind: "status", status: 500, headers: {} } });
    const { code, events } = await run(`cascade: spend
budget: { calls: 1 }
stages: [{ stage: one, model: claude-opus-5-5, prompt: Say one. }]
`);
    expect(code).toBe("budget-exhausted");
    expect(server.requests).toHaveLength(1);
    // The vendor took nothing for it.
    const settled = events.find(({ type }) => type === "budget.settled");
    expect(settled?.data).toMatchObject({ tokens: 0, usd: 0 });
  });
});

describe("a budget of time", () => {
  it("stops what is under way when the time of the run is over, and lets its final stages run", async () => {
    server.reply({ fault: { kind: "hang" } });
    const { code, error, events } = await run(`cascade: spend
budget: { time: 1500ms }
stages: [{ stage: one, model: claude, prompt: Say one. }]
finally: [{ stage: tidy, transform: done }]
`);
    expect({ code, message: error?.["message"] }).toEqual({
      code: "budget-exhausted",
      message: "the budget of the run is 1500 ms, which are over",
    });
    await server.requests[0]?.abandoned;
    const ended = events.filter(({ type }) => type === "stage.succeeded");
    expect(ended.map(({ data }) => data["stage"])).toEqual(["tidy"]);
    expect(reservedIn(events)).toEqual([]); // a budget of time asks nobody for single calls
  });

  it("fails a stage whose time is over with all that it consists of, and the run goes on where it may", async () => {
    server.reply({ fault: { kind: "hang" } });
    const { outcome, events } = await run(`cascade: spend
stages:
  - stage: one
    model: claude
    prompt: Say one.
    budget: { time: 1500ms }
    continue_on_error: true
  - { stage: two, transform: done }
`);
    expect(outcome).toBe("run.succeeded");
    const failed = events.filter(({ type }) => type === "stage.failed");
    expect(failed.map(({ data }) => data)).toEqual([
      {
        stage: "one",
        error: {
          code: "budget-exhausted",
          message: "the budget of stage one is 1500 ms, which are over",
          disposition: "fail",
          hint: "raise `time`, or let it do less",
        },
      },
    ]);
    await server.requests[0]?.abandoned;
  });
});

describe("a cascade without a budget", () => {
  it("asks nobody", async () => {
    await using tap = await openWiretap(swarm.server);
    const { outcome, spent, events } = await run(`cascade: spend
stages: [{ stage: one, model: claude, prompt: Say one. }]
`);
    expect({ outcome, spent }).toEqual({ outcome: "run.succeeded", spent: undefined });
    expect(tap.count("cascade.budget.")).toBe(0);
    expect(events.filter(({ type }) => type.startsWith("budget."))).toEqual([]);
  });
});

describe("an agent that asks for a call", () => {
  it("gets one reservation however often it asks with one id, and none for a task that is over", async () => {
    await using tap = await openWiretap(swarm.server);
    server.reply({ fault: { kind: "hang" } });
    const { directory, client } = swarm;
    const definition = `cascade: spend
budget: { calls: 3 }
stages: [{ stage: one, model: claude, prompt: Say one. }]
`;
    const { runId } = await client.submit({ cascade: "spend", definition, directory });
    const followed = follow(client, runId);
    await followed.reached("budget.reserved");
    const ask = async (question: JsonObject) => {
      const task = { run: runId, stage: "one", index: 0, attempt: 1 };
      const body = encodeMessage({ v: 1, agent: "agent-9", task, question });
      const subject = openSubjects().budget(shardOf(runId), "agent-9");
      const message = await tap.connection.request(subject, body, { timeout: 5_000 });
      return decodeMessage(budgetReply, message.data).answer;
    };
    const reserve = { op: "reserve", id: "asker.1", model: "m", tokens: 10, usd: null };
    const settle = { op: "settle", id: "asker.1", tokens: 4, usd: 0.5 };
    expect([await ask(reserve), await ask(reserve), await ask(settle), await ask(settle)]).toEqual([
      { status: "granted" },
      { status: "granted" },
      { status: "settled" },
      { status: "settled" },
    ]);
    await client.cancel(runId, "enough");
    await followed.ended;
    const of = (type: string) => followed.events.filter((event) => event.type === type);
    expect(of("budget.reserved").map(({ data }) => data["id"])).toContain("asker.1");
    expect(of("budget.reserved")).toHaveLength(2);
    expect(of("budget.settled")).toHaveLength(1);
    expect(await ask({ ...reserve, id: "asker.2" })).toMatchObject({
      status: "refused",
      error: { code: "task-cancelled" },
    });
  });
});

describe("a budget, when processes die", () => {
  const own = (options: Parameters<typeof startInProcessSwarm>[0]) =>
    startInProcessSwarm({
      allowance: NOTHING_ALLOWED,
      models: { forTask: (...task) => models.forTask(...task) },
      ...options,
    });

  it("keeps the worst case of a call whose agent died before it told what was counted", async () => {
    await using lonely = await own({ agents: 0 });
    server.replyWith(() =>
      server.requests.length === 1 ? { fault: { kind: "hang" } } : { text: ["fine"], usage: USAGE },
    );
    const first = await lonely.addAgent("agent-1");
    const running = run(
      `cascade: spend
budget: { tokens: 30000 }
stages: [{ stage: one, model: claude, prompt: Say one. }]
`,
      lonely,
    );
    await vi.waitFor(() => expect(server.requests).toHaveLength(1), { timeout: 15_000 });
    await first.connection.close(); // without a word
    await lonely.addAgent("agent-2");
    const { code, error } = await running;
    expect(code).toBe("budget-exhausted");
    expect(error?.["message"]).toMatch(
      /the budget of the run is 30000 tokens: 163\d\d tokens spent, 0 tokens reserved, 163\d\d tokens asked/,
    );
    expect(server.requests).toHaveLength(1);
  });

  it("is the same for the coordinator that takes over", async () => {
    await using two = await own({ agents: 1, coordinators: 0 });
    const first = await two.addCoordinator();
    const job = `cascade: spend
budget: { calls: 2 }
stages:
  - { stage: one, model: claude, prompt: Say one. }
  - { stage: between, wait: 2s }
  - { stage: two, model: claude, prompt: Say two. }
  - { stage: maybe, when: "two.text != ''", model: claude, prompt: Say three. }
`;
    const { directory, client } = two;
    const { runId } = await client.submit({ cascade: "spend", definition: job, directory });
    const followed = follow(client, runId);
    await followed.reached("stage.paused");
    await first.connection.close();
    await two.addCoordinator([first.id]);
    await followed.ended;
    const last = followed.events.at(-1);
    expect(last?.type).toBe("run.failed");
    expect((last?.data["error"] as JsonObject)["message"]).toMatch(
      /^stage maybe, task 0: the budget of the run is 2 calls: 2 calls spent/,
    );
    expect(server.requests).toHaveLength(2);
    expect(last?.data["spent"]).toEqual({
      calls: 2,
      tokens: 30,
      usd: expect.closeTo(0.000_28, 9),
    });
  });

  it("of the day is one for all runs, whoever owns their shards", async () => {
    const env = { CASCADE_BUDGET_CALLS_PER_DAY: "3" };
    await using two = await own({ agents: 2, coordinators: 2, env });
    await two.evenShares();
    const job = `cascade: spend
stages: [{ stage: one, model: claude, prompt: Say one. }]
`;
    const runs = await Promise.all(Array.from({ length: 8 }, () => run(job, two)));
    const codes = runs.map(({ code }) => code).sort();
    expect(codes).toEqual([...Array(5).fill("budget-exhausted"), ...Array(3).fill(undefined)]);
    expect(server.requests).toHaveLength(3);
    const refused = runs.find(({ code }) => code !== undefined);
    expect(refused?.error?.["message"]).toMatch(
      /^stage one, task 0: the budget of the day \d{4}-\d\d-\d\d is 3 calls: 3 calls spent/,
    );
  });
});
