import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import { serve } from "../support/http-site.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { isGone } from "../support/processes.ts";
import { follow } from "../support/swarm-process.ts";

let swarm: InProcessSwarm;
let cautious: InProcessSwarm;
beforeAll(async () => {
  swarm = await startInProcessSwarm({ allowance: { projectSkills: false, hostCommands: true } });
  cautious = await startInProcessSwarm({ allowance: { projectSkills: true, hostCommands: false } });
}, 60_000);
afterAll(async () => {
  await swarm[Symbol.asyncDispose]();
  await cautious[Symbol.asyncDispose]();
});

/** Runs stages to their end. */
async function run(stages: string, inputs: JsonObject = {}) {
  const { directory, client } = swarm;
  const definition = `cascade: inline\ninputs: [{ name: text, type: string, default: x }]\nstages:\n${stages}`;
  const { runId } = await client.submit({ cascade: "inline", definition, inputs, directory });
  const followed = follow(client, runId);
  await followed.ended;
  const last = followed.events.at(-1);
  return {
    outcome: last?.type,
    output: (last?.data["output"] as JsonObject | undefined)?.["value"],
    error: last?.data["error"] as JsonObject | undefined,
  };
}

const NODE = JSON.stringify(process.execPath);

describe("a stage with `run`", () => {
  it("runs its program in the job's directory, and later stages read what it wrote", async () => {
    const program = JSON.stringify(
      "console.log(JSON.stringify({ said: process.argv[1], here: process.cwd() }))",
    );
    const text = "$(id) a; b";
    const { outcome, output } = await run(
      `  - { stage: a, run: [${NODE}, -e, ${program}, "<\${text}>"] }
  - { stage: b, transform: { said: "\${a.json.said}", here: "\${a.json.here}", code: "\${a.exit_code}" } }
`,
      { text },
    );
    expect({ outcome, output }).toEqual({
      outcome: "run.succeeded",
      output: { said: `<${text}>`, here: swarm.directory, code: 0 },
    });
  });

  it("keeps of its output what it is told to, under new names", async () => {
    const { output } = await run(
      `  - { stage: a, run: [${NODE}, -e, "console.log(7)"], outputs: { said: stdout, number: json } }\n`,
    );
    expect(output).toEqual({ said: "7\n", number: 7 });
  });

  it("fails with the exit code, once, when no other attempt is wanted", async () => {
    const { outcome, error } = await run(
      `  - { stage: a, run: [${NODE}, -e, "console.error('no such thing'); process.exit(7)"], error_handling: { strategy: fail } }\n`,
    );
    expect({ outcome, error }).toMatchObject({
      outcome: "run.failed",
      error: {
        code: "no-attempts-left",
        message: `attempt 1 of 1 failed (skill-failed): ${process.execPath} ended with exit code 7: no such thing`,
      },
    });
  });

  it("ends with all that it started when its time is over", async () => {
    const program = JSON.stringify(
      `const child = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
      require("fs").writeFileSync("pids", process.pid + " " + child.pid);`,
    );
    const { error } = await run(
      `  - { stage: a, run: [${NODE}, -e, ${program}], timeout: 3s, error_handling: { strategy: fail } }\n`,
    );
    expect(error).toMatchObject({ message: expect.stringContaining("(task-timeout)") });
    const pids = (await readFile(join(swarm.directory, "pids"), "utf8")).split(" ").map(Number);
    expect(pids).toHaveLength(2);
    await vi.waitFor(() => expect(pids.map(isGone)).toEqual([true, true]), 10_000);
  });

  it.each([
    "run: [ls]",
    "skill: run-command, inputs: { argv: [ls] }",
  ])("is refused by a swarm that was started without the allowance: %s", async (work) => {
    const { directory, client } = cautious;
    const definition = `cascade: inline\nstages:\n  - { stage: a, ${work} }\n`;
    const job = { cascade: "inline", definition, inputs: {}, directory };
    await expect(client.submit(job)).rejects.toMatchObject({
      code: "not-allowed",
      message: expect.stringContaining("can do on this machine all that you may do"),
      hint: expect.stringContaining("--allow-host-commands"),
    });
  });
});

describe("a stage with `http`", () => {
  it("asks a server, tries again as the stage says, and later stages read the answer", async () => {
    await using site = await serve(({ url, headers }, reply) => {
      if (site.asked.length === 1) reply.writeHead(503).end();
      else reply.end(JSON.stringify({ path: url, token: headers["x-token"] }));
    });
    const stages = (more: string) => `  - stage: a
    http: { url: "${site.url}/\${text}", headers: { X-Token: "\${text}" }${more} }
    error_handling: { backoff: 1ms }
  - { stage: b, transform: { status: "\${a.status}", path: "\${a.json.path}", token: "\${a.json.token}" } }
`;
    const { output } = await run(stages(", allow_private: true"), { text: "a b" });
    expect(output).toEqual({ status: 200, path: "/a%20b", token: "a b" });
    expect(site.asked).toHaveLength(2);
    const refused = await run(stages(""));
    expect(refused).toMatchObject({ outcome: "run.failed", error: { code: "not-allowed" } });
    expect(site.asked).toHaveLength(2);
  });
});
