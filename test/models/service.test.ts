import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../core/clock.ts";
import { openLogger } from "../../core/logging.ts";
import type { ModelRequest, SkillModels } from "../../core/model.ts";
import { Scrubber } from "../../core/scrub.ts";
import { openModelsOf } from "../../models/environment.ts";
import { type ModelServer, openModelServer } from "../support/model-server/model-server.ts";
import type { Fault, Protocol } from "../support/model-server/reply.ts";

let server: ModelServer;
let models: SkillModels;
let lines: string[];
beforeAll(async () => {
  server = await openModelServer();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  server.requests.length = 0;
  models = await modelsOf({});
});

async function modelsOf(
  env: Readonly<Record<string, string>>,
  signal = new AbortController().signal,
): Promise<SkillModels> {
  lines = [];
  const scrubber = new Scrubber();
  scrubber.register(server.env["OPENAI_API_KEY"]);
  const parts = {
    clock: systemClock,
    random: () => 0,
    scrub: (text: string) => scrubber.scrub(text),
  };
  const service = await openModelsOf({ ...server.env, ...env }, parts);
  const write = (line: string): void => void lines.push(line);
  return service.forTask(signal, openLogger({ service: "test", scrubber, write }));
}

const ask = (more: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [{ role: "user", parts: [{ kind: "text", text: "Say hello." }] }],
  ...more,
});
const status = (code: number, headers = {}): Fault => ({ kind: "status", status: code, headers });
/** Anthropic goes wrong, the others answer. */
function claudeFails(fault: Fault): void {
  server.replyWith(({ protocol }) =>
    protocol === "anthropic" ? { text: ["Hel"], fault } : { text: [`hello from ${protocol}`] },
  );
}
const asked = (): readonly (readonly [Protocol, string])[] =>
  server.requests.map(({ protocol, model }) => [protocol, model]);
const schema = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };

describe("a request to the models", () => {
  it("tells who was asked for, who answered, why and what it cost", async () => {
    const usage = { input: 1_000, cacheRead: 0, output: 100, reasoning: 0 };
    server.reply({ text: ["Hello"], usage });

    expect(await models.generate(ask())).toMatchObject({
      text: "Hello",
      origin: "live",
      provider: "anthropic",
      requestedModel: "auto-select",
      servedModel: "claude-opus-5-5",
      reasons: ["no feature: best overall"],
      switches: [],
      costUsd: (1_000 * 4 + 100 * 20) / 1_000_000,
    });
  });

  it("switches at once from a quota that is used up, and tells it from a rate limit", async () => {
    claudeFails({ kind: "status", status: 429, name: "enforced_spend_limit_reached" });

    const result = await models.generate(ask());

    expect(result).toMatchObject({
      servedModel: "gpt-6.2-sol",
      switches: [
        { from: "claude-opus-5-5", to: "claude-sonnet-5-5", why: "quota" },
        { from: "claude-sonnet-5-5", to: "claude-haiku-5-5", why: "quota" },
        { from: "claude-haiku-5-5", to: "gpt-6.2-sol", why: "quota" },
      ],
    });
    expect(asked()).toHaveLength(4);
  });

  it("waits once for a rate limit that is short, and switches from a long one", async () => {
    claudeFails(status(429, { "retry-after": "0.05" }));

    expect((await models.generate(ask())).switches[0]).toMatchObject({ why: "rate-limit" });
    expect(asked().slice(0, 2)).toEqual([
      ["anthropic", "claude-opus-5-5"],
      ["anthropic", "claude-opus-5-5"],
    ]);

    server.requests.length = 0;
    models = await modelsOf({});
    claudeFails(status(429, { "retry-after": "3600" }));
    await models.generate(ask());
    expect(asked()[1]).toEqual(["anthropic", "claude-sonnet-5-5"]);
  });

  it("lets a limited model rest as long as the vendor said", async () => {
    claudeFails(status(429, { "retry-after": "3600" }));
    await models.generate(ask());
    server.requests.length = 0;

    const result = await models.generate(ask());

    expect(asked()).toEqual([["openai", "gpt-6.2-sol"]]);
    expect(result.reasons).toEqual(["no feature: best overall", "none of claude can answer"]);
  });

  it("asks no other model of a vendor that does not take the key", async () => {
    claudeFails(status(401));

    const result = await models.generate(ask());

    expect(asked()).toEqual([
      ["anthropic", "claude-opus-5-5"],
      ["openai", "gpt-6.2-sol"],
    ]);
    expect(result.switches).toEqual([{ from: "claude-opus-5-5", to: "gpt-6.2-sol", why: "auth" }]);
  });

  it("does not leave a named model for another vendor unless it may", async () => {
    claudeFails(status(401));
    await expect(models.generate(ask({ model: "claude" }))).rejects.toMatchObject({
      code: "model-failed",
      failure: "auth",
      disposition: "fail",
    });

    models = await modelsOf({});
    const result = await models.generate(ask({ model: "claude", mayLeaveRoute: true }));
    expect(result.provider).toBe("openai");
  });

  it("does not try again what the vendor calls wrong", async () => {
    claudeFails(status(400));

    await expect(models.generate(ask())).rejects.toMatchObject({ failure: "bad-request" });
    expect(asked()).toHaveLength(1);
  });

  it("tries a broken connection once more, and counts no cost that it cannot know", async () => {
    const usage = { input: 10, cacheRead: 0, output: 10, reasoning: 0 };
    server.reply({ text: ["Hel"], fault: { kind: "end-early" } }, { text: ["Hello"], usage });

    const result = await models.generate(ask());

    expect(result).toMatchObject({ text: "Hello", switches: [], costUsd: null });
    expect(asked()).toHaveLength(2);
  });

  it("says nothing twice to who listens", async () => {
    server.reply({ text: ["Hel", "lo"], fault: { kind: "break" } }, { text: ["Hello"] });
    const heard: string[] = [];

    await expect(
      models.generate(ask({ onText: (text) => heard.push(text) })),
    ).rejects.toMatchObject({ failure: "connection" });
    expect(heard.join("")).toBe("Hel");
    expect(asked()).toHaveLength(1);
  });

  it("tells a model once what is wrong with its JSON, then asks another", async () => {
    server.reply(
      { text: ["no JSON"] },
      { text: ['{"n":"x"}'] },
      { text: ['```json\n{"n":1}\n```'] },
    );

    const result = await models.generate(ask({ schema }));

    expect(result).toMatchObject({
      json: { n: 1 },
      switches: [{ from: "claude-opus-5-5", to: "claude-sonnet-5-5", why: "invalid-output" }],
    });
    const [, repair, fresh] = server.requests;
    expect(JSON.stringify(repair?.body["messages"])).toContain("it is no JSON");
    expect(fresh?.body["messages"]).toHaveLength(1);
  });

  it("fails when no answer fits", async () => {
    server.reply({ text: ['{"n":"x"}'] });

    await expect(models.generate(ask({ schema, model: "claude-opus-5-5" }))).rejects.toMatchObject({
      failure: "invalid-output",
      disposition: "retry",
      message: expect.stringContaining("/n must be number"),
    });
  });

  it("refuses a schema that is none before anybody is asked", async () => {
    await expect(models.generate(ask({ schema: { type: "nonsense" } }))).rejects.toMatchObject({
      code: "invalid-input",
    });
    expect(asked()).toEqual([]);
  });

  it("ends when its time is over, whoever hangs", async () => {
    models = await modelsOf({ CASCADE_MODEL_DEADLINE_MS: "200" });
    server.reply({ fault: { kind: "hang" } });

    await expect(models.generate(ask())).rejects.toMatchObject({
      failure: "connection",
      message: expect.stringContaining("200 ms"),
    });
  });

  it("ends with its task", async () => {
    const controller = new AbortController();
    models = await modelsOf({}, controller.signal);
    server.reply({ fault: { kind: "hang" } });
    const failed = expect(models.generate(ask())).rejects.toThrow("cancelled");
    await expect.poll(() => server.requests.length).toBe(1);

    controller.abort(new Error("cancelled"));

    await failed;
    await server.requests[0]?.abandoned;
  });

  it("says what to do when there is no model", async () => {
    const none = { ANTHROPIC_API_KEY: "", OPENAI_API_KEY: "", GEMINI_API_KEY: "" };
    models = await modelsOf(none);

    await expect(models.generate(ask())).rejects.toMatchObject({
      code: "no-model",
      disposition: "fail",
      message: expect.stringContaining("no key of anthropic"),
      hint: expect.stringContaining("ANTHROPIC_API_KEY"),
    });
  });

  it("asks the user's own endpoint when there is nothing else", async () => {
    models = await modelsOf({
      ...{ ANTHROPIC_API_KEY: "", OPENAI_API_KEY: "", GEMINI_API_KEY: "" },
      ...{ CASCADE_MODEL_BASE_URL: server.urls.chat, CASCADE_MODEL: "qwen3:4b" },
    });
    server.reply({ text: ["Hello"] });

    expect(await models.generate(ask())).toMatchObject({
      provider: "openai-compatible",
      servedModel: "qwen3:4b",
      costUsd: null,
    });
  });

  it("writes its decision to the log, and no key", async () => {
    const message = `bad key ${server.env["OPENAI_API_KEY"]}`;
    server.reply({ fault: { kind: "status", status: 401, message } });

    const failed = models.generate(ask({ model: "codex" }));

    await expect(failed).rejects.toMatchObject({ message: expect.stringContaining("[secret]") });
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events[0]).toMatchObject({
      event: "model.decided",
      requested: "codex",
      route: "codex",
      candidates: ["gpt-6.2-sol", "gpt-6.1-sol", "gpt-6.1-terra"],
    });
    expect(lines.join("")).not.toContain(server.env["OPENAI_API_KEY"]);
  });
});
