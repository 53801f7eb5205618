import { execFile } from "node:child_process";
import { readFile, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { loadSkill } from "../../agents/skill-loader.ts";
import { openWorkerPool } from "../../agents/worker-pool.ts";
import { defineSkill } from "../../core/define-skill.ts";
import type { AgentId } from "../../core/ids.ts";
import type { SkillContext } from "../../core/skill.ts";
import { parseSkill } from "../../language/skill-manifest.ts";
import { makePlace } from "../support/place.ts";

const root = resolve(import.meta.dirname, "../..");
const page = await readFile(join(root, "docs/skills.md"), "utf8");
const blockOf = (kind: string): string =>
  new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\`$`, "ms").exec(page)?.[1] ?? "";
const agentId = "agent-1" as AgentId;
const run = { runId: "r1", cascade: "c", stageId: "s", index: 0 };
const JOB = {
  context: {
    run,
    attempt: 1,
    agentId,
    directory: "/job",
    runFolder: "/runs/r1",
    cacheFolder: undefined,
  },
  log: {
    level: "info",
    bindings: { runId: "r1", stageId: "s", taskId: "r1/s/0", agentId, attempt: 1 },
  },
  onLogLine: () => {},
  askMemory: () => expect.unreachable("it has nothing to ask"),
  askPeers: () => expect.unreachable("it has nothing to ask"),
};
const context = { signal: new AbortController().signal } as SkillContext;

describe("defineSkill", () => {
  it("types the inputs and the output by their declarations", async () => {
    const run = defineSkill({
      inputs: {
        text: { type: "string" },
        least: { type: "integer", default: 1 },
        note: { type: "string", required: false },
      },
      outputs: { words: { type: "integer" }, note: { type: "string", required: false } },
      run: ({ text, least, note }) => {
        // @ts-expect-error it may be missing
        note satisfies string;
        const words: number = text.length + least;
        return note === undefined ? { words } : { words, note };
      },
    });
    defineSkill({
      inputs: {},
      outputs: { words: { type: "integer" } },
      // @ts-expect-error of another type
      run: () => ({ words: "three" }),
    });
    defineSkill({
      // @ts-expect-error a default of another type
      inputs: { least: { type: "integer", default: "one" } },
      outputs: {},
      run: () => ({}),
    });

    expect(await run({ text: "ab", least: 1 }, context)).toEqual({ words: 3 });
  });

  it("is shown in the documentation by an example that compiles and runs", async () => {
    await using place = await makePlace({
      "count-words/run.mts": blockOf("ts"),
      "text.txt": "a bb ccc",
      "tsconfig.json": JSON.stringify({
        extends: join(root, "tsconfig.json"),
        compilerOptions: {
          paths: { "cascade-swarm/core/*": [join(root, "core/*")] },
          typeRoots: [join(root, "node_modules/@types")],
        },
        include: ["count-words"],
      }),
    });
    await symlink(join(root, "node_modules"), place.path("node_modules"));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    await promisify(execFile)(process.execPath, [tsc, "-p", place.root]);

    const declarations = parseSkill({ skillFile: blockOf("markdown") }, "/skills/count-words");
    const workers = openWorkerPool();
    try {
      const output = await workers.run(
        {
          module: place.path("count-words/run.mts"),
          declarations,
          inputs: { path: place.path("text.txt"), least: 2 },
          ...JOB,
        },
        context.signal,
      );
      expect(output).toEqual({ words: 2 });
    } finally {
      await workers.close();
    }
  });

  it.each([
    ["an input of another type", { inputs: { text: { type: "path" } } }, '"text" is'],
    [
      "an input too many",
      { inputs: { text: { type: "string" }, more: { type: "any" } } },
      '"more"',
    ],
    ["no input", { inputs: {} }, '"text" is not there in'],
    ["another default", { inputs: { text: { type: "string", default: "x" } } }, '"text" is'],
    [
      "an output that may be missing",
      { outputs: { words: { type: "integer", required: false } } },
      '"words" is',
    ],
  ])("does not run for other declarations than the skill's: %s", async (_, other, message) => {
    const declares = {
      inputs: { text: { type: "string" } },
      outputs: { words: { type: "integer" } },
      ...other,
    };
    await using place = await makePlace({
      "run.mjs": `export const run = Object.assign(() => {}, { declares: ${JSON.stringify(declares)} });`,
    });
    const loading = loadSkill(place.path("run.mjs"), {
      inputs: [{ name: "text", type: "string", required: true, description: "What." }],
      outputs: [{ name: "words", type: "integer", required: true }],
    });

    await expect(loading).rejects.toMatchObject({
      code: "invalid-skill",
      disposition: "fail",
      message: expect.stringContaining(message),
    });
  });
});
