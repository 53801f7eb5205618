import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve } from "../support/http-site.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { follow } from "../support/swarm-process.ts";

let swarm: InProcessSwarm;
beforeAll(async () => {
  swarm = await startInProcessSwarm({ allowance: { projectSkills: false, hostCommands: false } });
}, 60_000);
afterAll(() => swarm[Symbol.asyncDispose]());

/** Runs a stage with a notification of its own, in a cascade with one; what was told, in order, and the run's end. */
async function run(how: string, answer: number) {
  await using site = await serve((_, reply) => reply.writeHead(answer).end());
  const http = (path: string, more = "") =>
    `http: { url: "${site.url}/${path}", allow_private: true${more} }`;
  const definition = `cascade: told
stages:
  - stage: work
    skill: misbehave
    inputs: { how: ${how} }
    error_handling: { strategy: fail }
    notify: [{ on: success, ${http("work-done")} }, { on: failure, ${http("work-failed")} }]
  - { stage: after, transform: 1 }
notify:
  - { on: failure, ${http("run-failed", ', body: "${run.error.code}"')} }
  - { on: success, ${http("run-done")} }
  - { ${http("ended", ", method: PUT")} }
`;
  const { client, directory } = swarm;
  const { runId } = await client.submit({ cascade: "told", definition, inputs: {}, directory });
  const followed = follow(client, runId);
  await followed.ended;
  return {
    runId,
    told: site.asked.map(({ method, url, body }) => ({ method, url, body })),
    outcome: followed.events.at(-1)?.type,
    failed: followed.events.flatMap(({ type, data }) =>
      type === "stage.failed" ? [data["stage"]] : [],
    ),
  };
}

describe("notifications", () => {
  it("tell that a stage and a run succeeded", async () => {
    const { runId, told, outcome } = await run("fine", 200);
    expect(outcome).toBe("run.succeeded");
    const paths = told.map(({ method, url }) => `${method} ${url}`);
    expect(paths.toSorted()).toEqual(["POST /run-done", "POST /work-done", "PUT /ended"]);
    const bodies = Object.fromEntries(told.map(({ url, body }) => [url, JSON.parse(body)]));
    const common = { cascade: "told", run: runId, status: "succeeded" };
    expect(bodies["/work-done"]).toEqual({ ...common, text: "stage work of told: succeeded" });
    expect(bodies["/ended"]).toEqual({ ...common, text: "told: succeeded" });
  });

  it("tell that a stage and a run failed", async () => {
    const { told, outcome } = await run("throw", 200);
    expect(outcome).toBe("run.failed");
    expect(told.map(({ url }) => url).toSorted()).toEqual([
      "/ended",
      "/run-failed",
      "/work-failed",
    ]);
    expect(told.find(({ url }) => url === "/run-failed")?.body).toBe("no-attempts-left");
  });

  it("that fail are seen, and fail nothing", async () => {
    const { outcome, failed } = await run("fine", 404);
    expect(outcome).toBe("run.succeeded");
    expect(failed.toSorted()).toEqual([
      "notify-success-2",
      "notify-success-3",
      "work--notify-success-1",
    ]);
  });
});
