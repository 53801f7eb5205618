import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBus, readAddress } from "../../bus/connection.ts";
import { openModelServer } from "../support/model-server/model-server.ts";
import { clientOf, startSwarmProcess } from "../support/swarm-process.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "recordings "));
  await writeFile(join(directory, "points.csv"), "name,points\nann,3\nbob,4\n");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Whatever the machine has: no vendor may be asked. */
const NO_KEYS = {
  ...{ ANTHROPIC_API_KEY: "", OPENAI_API_KEY: "", GEMINI_API_KEY: "", GOOGLE_API_KEY: "" },
  ...{ CASCADE_MODEL_BASE_URL: "", CASCADE_MODEL_SCRIPT: "" },
};
const PNG = Buffer.from("\x89PNG\r\n\x1a\nrest", "latin1").toString("base64");
const DESIGN = { title: "Points", where: "row.points > 3", sort_by: [], group_by: "" };

async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  question = "Who has more than three?",
) {
  const inputs = ["--input", "path=points.csv", "--input", `question=${question}`];
  const command = ["--json", "run", "enhanced-data-pipeline", "--agents", "1", ...inputs, ...args];
  await using swarm = startSwarmProcess(directory, command, { ...NO_KEYS, ...env });
  const code = await swarm.ended;
  const summary = swarm.lines.find((line) => "schemaVersion" in line);
  return { code, output: summary?.["output"], error: summary?.["error"], text: swarm.text };
}

describe("a recording of an example", { timeout: 180_000 }, () => {
  it("plays the example again without a key and without anybody to ask, at the recorded costs", async () => {
    await using server = await openModelServer();
    server.replyWith(({ body }) =>
      JSON.stringify(body).includes("cover picture")
        ? { images: [PNG] }
        : {
            text: [JSON.stringify(DESIGN)],
            usage: { input: 1_000, cacheRead: 0, output: 100, reasoning: 0 },
          },
    );
    const recorded = await run(["--record", "answers.jsonl"], server.env);
    const asked = server.requests.length;

    const replayed = await run(["--replay", "answers.jsonl"], {});

    expect(recorded).toMatchObject({
      code: 0,
      output: { rows: 1, filter: DESIGN.where, costs_usd: { design: expect.any(Number) } },
    });
    expect({ asked, now: server.requests.length }).toEqual({ asked: 2, now: 2 });
    const outputOf = ({ output }: { readonly output: unknown }) => ({
      ...(output as object),
      ...{ report: "", cover: "" }, // below the folder of the run
    });
    expect(replayed.code).toBe(0);
    expect(outputOf(replayed)).toEqual(outputOf(recorded));
    expect(await readFile(join(directory, "answers.jsonl"), "utf8")).not.toContain(
      server.env["OPENAI_API_KEY"],
    );

    const other = await run(["--replay", "answers.jsonl"], {}, "Who has fewer?");
    expect(other).toMatchObject({
      code: 1,
      error: { message: expect.stringContaining("the recording has no answer") },
    });
  });
});

describe("a swarm without any model", { timeout: 120_000 }, () => {
  it("refuses a cascade that asks one, however it comes, before anything runs", async () => {
    await using swarm = startSwarmProcess(directory, ["up", "--agents", "1"], NO_KEYS);
    await swarm.seen("swarm.ready");
    const inputs = { path: "points.csv", question: "Who?" };
    const job = { cascade: "enhanced-data-pipeline", inputs, directory };
    await using client = await clientOf(directory);
    await expect(client.submit(job)).rejects.toMatchObject({
      code: "no-model",
      message: expect.stringContaining('the skill "codex-auto" asks a model'),
    });

    const connection = await openBus(readAddress(join(directory, ".cascade/nats.json")), {
      name: "job",
    });
    await connection.jetstream().publish("cascade.jobs", JSON.stringify(job));
    await connection.close();
    const refused = await swarm.seen("job.refused", (line) => "error" in line);
    expect(refused["error"]).toMatchObject({ code: "no-model" });
    expect(swarm.lines.filter(({ event }) => event === "run.started")).toEqual([]);
  });

  it("says so when it is planned", async () => {
    const args = ["plan", "enhanced-data-pipeline"];
    await using plan = startSwarmProcess(directory, args, NO_KEYS);
    expect(await plan.ended).toBe(2);
    expect(plan.text.join("\n")).toContain("error no-model");
  });
});
