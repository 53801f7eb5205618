import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseStageId } from "../../core/ids.ts";
import { serve } from "../support/http-site.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { follow } from "../support/swarm-process.ts";

let swarm: InProcessSwarm;
beforeAll(async () => {
  swarm = await startInProcessSwarm({ allowance: { projectSkills: false, hostCommands: false } });
}, 60_000);
afterAll(() => swarm[Symbol.asyncDispose]());

/** A stage that fails until its server has been asked `failures` times, and what a person answers. */
async function run(
  failures: number,
  answer: { readonly approved: boolean; readonly comment?: string },
) {
  await using site = await serve((_, reply) => {
    reply.writeHead(site.asked.length > failures ? 200 : 404).end("{}");
  });
  const definition = `cascade: careful
stages:
  - stage: ask
    http: { url: "${site.url}/", allow_private: true }
    error_handling: { escalate: "Nobody answers." }

outputs: { status: "\${ask.status}", was: "\${stages.ask.status}", code: "\${stages.ask.error.code}" }
`;
  const { client, directory } = swarm;
  const { runId } = await client.submit({ cascade: "careful", definition, inputs: {}, directory });
  const followed = follow(client, runId);
  await followed.reached("stage.paused");
  const paused = followed.events.find(({ type }) => type === "stage.paused");
  await client.approve(runId, { stage: parseStageId("ask--escalated"), by: "ann", ...answer });
  await followed.ended;
  const last = followed.events.at(-1);
  return {
    message: paused?.data["message"],
    type: last?.type,
    data: last?.data,
    asked: site.asked,
  };
}

describe("a person who is asked when a stage has failed for good", () => {
  it("is told why, and has it done once more", async () => {
    const { message, type, data, asked } = await run(1, { approved: true });
    expect(message).toMatch(
      /^Nobody answers\.\nskill-failed: .*404.*\nApprove to try it once more/,
    );
    expect({ type, data }).toEqual({
      type: "run.succeeded",
      data: { output: { value: { status: 200, was: "succeeded", code: "skill-failed" } } },
    });
    expect(asked).toHaveLength(2);
  });

  it("lets the run go on without it", async () => {
    const { data, asked } = await run(9, { approved: true, comment: "skip" });
    expect(data).toEqual({
      output: { value: { status: null, was: "failed", code: "skill-failed" } },
    });
    expect(asked).toHaveLength(1);
  });

  it("ends the run", async () => {
    const { type, data } = await run(9, { approved: false });
    expect({ type, data }).toMatchObject({
      type: "run.failed",
      data: { error: { code: "approval-denied" } },
    });
  });
});
