import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseStageId } from "../../../core/ids.ts";
import {
  type ExampleSwarm,
  type Followed,
  startExampleSwarm,
} from "../../support/example-swarm.ts";
import { makeProject } from "../../support/fix-loop.ts";

let example: ExampleSwarm;
beforeAll(async () => {
  const allowance = { projectSkills: false, hostCommands: true };
  example = await startExampleSwarm({ allowance });
}, 120_000);
afterAll(() => example[Symbol.asyncDispose]());

const PNG = Buffer.from("\x89PNG\r\n\x1a\nrest", "latin1").toString("base64");

describe("enhanced-data-pipeline", { timeout: 120_000 }, () => {
  it("has a model say which rows answer a question, and reports on the rows themselves", async () => {
    const path = join(example.swarm.directory, "points.csv");
    await writeFile(path, "name,team,points\nann,red,3\nbob,blue,4\ncat,red,5\ndan,red,\n");
    const design = {
      title: "Red",
      where: 'row.team == "red"',
      sort_by: ["-points"],
      group_by: "",
    };

    const { status, error, output, outputs, answers } = await example.run(
      "enhanced-data-pipeline",
      {
        path,
        question: "How is red doing?",
        schema: { type: "object", properties: { points: { type: "integer" } } },
        most_invalid: 0.5,
      },
      ({ text }) => {
        if (text.includes("Draw a plain cover picture")) return { images: [PNG] };
        expect(text).toContain("How is red doing?");
        expect(text).toContain('"name":"ann"');
        return { text: [JSON.stringify(design)] };
      },
    );

    expect({ status, error }).toEqual({ status: "run.succeeded", error: undefined });
    expect(answers).toEqual([
      { stage: "design", served: "gpt-6.2-sol", reasons: ["codex-auto was named"], costUsd: null },
      {
        stage: "visuals",
        served: "gemini-3.1-flash-image",
        reasons: ["gemini-media was named"],
        costUsd: null,
      },
    ]);
    expect(output).toMatchObject({
      rows: 2,
      invalid: 1,
      filter: design.where,
      cover: expect.stringMatching(/cover\.png$/),
    });
    const transformed = outputs.find(({ stage }) => stage === "transform")?.output;
    expect(transformed).toMatchObject({ rows: [{ name: "cat" }, { name: "ann" }] });
  });
});

describe("adaptive-workflow", { timeout: 120_000 }, () => {
  const GOOD = {
    "package.json": '{ "type": "module", "scripts": { "deploy": "node -p 40+2" } }\n',
    "src/sum.js": "export const sum = (a, b) => a + b;\n",
  };
  const answer = ({ text }: { readonly text: string }) => ({
    text: [text.includes("Write notes") ? "Small and safe." : "It is small."],
  });
  /** Answers the question of the run as a person does, and returns it. */
  async function answerWith(followed: Followed, approved: boolean): Promise<unknown> {
    await followed.reached("stage.paused");
    const paused = followed.events.find(({ type }) => type === "stage.paused");
    if (paused === undefined) throw new Error("nothing is asked");
    const stage = parseStageId(String(paused.data["stage"]));
    await example.swarm.client.approve(paused.run, { stage, approved, by: "ann" });
    return paused.data["message"];
  }

  it("deploys what is good once a person says yes, and shows what they decide on", async () => {
    await using project = await makeProject(GOOD);
    let asked: unknown;

    const { status, error, output, answers } = await example.run(
      "adaptive-workflow",
      { path: project.root },
      answer,
      async (followed) => {
        asked = await answerWith(followed, true);
      },
    );

    expect({ status, error }).toEqual({ status: "run.succeeded", error: undefined });
    expect(asked).toMatch(/^Deploy with a quality of [\d.]+\?\nSmall and safe\.$/);
    expect(answers.map(({ stage, served, costUsd }) => [stage, served, costUsd])).toEqual([
      ["understand", "gemini-4-argon", null],
      ["notes", "gpt-6.2-sol", null],
    ]);
    expect(output).toMatchObject({
      understanding: "It is small.",
      outcome: {
        path_taken: "high_quality",
        approved_by: "ann",
        said: expect.stringContaining("42\n"),
      },
    });
  });

  it("deploys nothing when the person says no", async () => {
    await using project = await makeProject(GOOD);

    const { status, error, outputs } = await example.run(
      "adaptive-workflow",
      { path: project.root },
      answer,
      async (followed) => {
        await answerWith(followed, false);
      },
    );

    expect({ status, code: error?.["code"] }).toEqual({
      status: "run.failed",
      code: "approval-denied",
    });
    expect(outputs.map(({ stage }) => stage)).not.toContain("deploy");
  });

  it("audits what is not, and has a model say what to do first", async () => {
    const nested =
      "if (x) { for (;;) { while (x) { if (x > 1) { switch (x) { case 1: return 1; default: x--; } } } } }";
    const bad = `export function pick(x) {\n  ${nested}\n  ${nested}\n  ${nested}\n}\nexport function check(request) {\n  eval(request);\n  return true;\n}\n`;
    await using project = await makeProject({
      "src/a.js": bad,
      "src/b.js": bad.replaceAll("pick", "choose"),
    });

    const { status, error, output, answers } = await example.run(
      "adaptive-workflow",
      { path: project.root },
      answer,
    );

    expect({ status, error }).toEqual({ status: "run.succeeded", error: undefined });
    expect(answers.map(({ stage, served, reasons: why }) => [stage, served, why])).toEqual([
      ["understand", "gemini-4-argon", ["gemini-megacontext was named"]],
      ["advice", "claude-opus-5-5", ["no feature: best overall"]],
    ]);
    expect(output).toMatchObject({
      outcome: { path_taken: "low_quality", report: expect.stringMatching(/report\.html$/) },
    });
  });
});
