import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../core/clock.ts";
import type { ModelResult } from "../../core/model.ts";
import { openModelsOf } from "../../models/environment.ts";
import { type ModelServer, openModelServer } from "../support/model-server/model-server.ts";

let server: ModelServer;
let folder: string;
beforeAll(async () => {
  server = await openModelServer();
  folder = await mkdtemp(join(tmpdir(), "cascade-cassette-"));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const parts = {
  clock: systemClock,
  random: () => 0,
  scrub: (text: string) => text.replaceAll("hunter2-hunter2", "[secret]"),
};

async function ask(env: Readonly<Record<string, string>>, text: string): Promise<ModelResult> {
  const service = await openModelsOf(env, parts);
  const models = service.forTask(new AbortController().signal, pino({ level: "silent" }));
  return models.generate({ messages: [{ role: "user", parts: [{ kind: "text", text }] }] });
}

describe("a recording", () => {
  it("gives the same answers again without any model, switches included, and marks them", async () => {
    const path = join(folder, "a.jsonl");
    const { GEMINI_API_KEY: _, ...two } = server.env;
    server.replyWith(({ protocol }) =>
      protocol === "anthropic"
        ? { fault: { kind: "status", status: 401 } }
        : { text: ["the password is hunter2-hunter2"] },
    );
    const live = await ask({ ...two, CASCADE_MODEL_RECORD: path }, "Hi.");
    const calls = server.requests.length;

    const replayed = await ask({ CASCADE_MODEL_REPLAY: path }, "Hi.");

    expect(server.requests).toHaveLength(calls);
    expect(live).toMatchObject({ origin: "live", text: "the password is hunter2-hunter2" });
    expect(replayed).toMatchObject({
      origin: "replayed",
      text: "the password is [secret]",
      servedModel: live.servedModel,
      switches: live.switches,
    });
    expect(await readFile(path, "utf8")).not.toContain("hunter2-hunter2");
  });

  it("has no answer to another prompt", async () => {
    const path = join(folder, "b.jsonl");
    server.reply({ text: ["ok"] });
    await ask({ ...server.env, CASCADE_MODEL_RECORD: path }, "Hi.");

    await expect(ask({ CASCADE_MODEL_REPLAY: path }, "Ho.")).rejects.toMatchObject({
      failure: "bad-request",
      message: expect.stringContaining("the recording has no answer"),
    });
  });

  it("is refused at the line that is none", async () => {
    const path = join(folder, "c.jsonl");
    await writeFile(path, '{"v":1,"kind":"access","providers":[]}\nnonsense\n');

    await expect(ask({ CASCADE_MODEL_REPLAY: path }, "Hi.")).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining(`${path}:2`),
    });
  });

  it("is not made while another one is played", async () => {
    const env = { CASCADE_MODEL_REPLAY: "a", CASCADE_MODEL_RECORD: "b" };
    await expect(ask(env, "Hi.")).rejects.toMatchObject({ code: "usage" });
  });
});
