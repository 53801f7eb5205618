import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startSwarmProcess } from "../support/swarm-process.ts";

const CASCADE = `cascade: release
stages:
  - { stage: check, transform: { score: 0.9 } }
  - { stage: release, approve: "Release with \${check.score}?" }
  - { stage: ship, transform: { comment: "\${release.comment}" } }
`;

async function endOf(directory: string, args: readonly string[]) {
  await using command = startSwarmProcess(directory, args);
  const code = await command.ended;
  return { code, lines: command.lines, text: command.text };
}

describe("a run that waits for a person", () => {
  it("says how to answer, takes the answer from another terminal, and goes on", async () => {
    const directory = await mkdtemp(join(tmpdir(), "approval "));
    await writeFile(join(directory, "release.yaml"), CASCADE);
    {
      await using swarm = startSwarmProcess(directory, ["--json", "run", "release.yaml"]);
      const { runId } = await swarm.seen("stage.paused");
      const run = String(runId);
      const wrong = await endOf(directory, ["runs", "approve", run, "relase"]);
      expect(wrong).toMatchObject({
        code: 2,
        text: [
          `error usage: the stage "relase" of ${run} does not wait for an approval`,
          '  did you mean "release"?',
        ],
      });
      const answer = ["runs", "approve", run, "release", "--comment", "fine", "--json"];
      expect(await endOf(directory, answer)).toMatchObject({
        code: 0,
        lines: [{ run, stage: "release", approved: true }],
      });
      expect(await swarm.ended).toBe(0);
      expect(swarm.text.join("\n")).toContain("release waits for your approval: Release with 0.9?");
      expect(swarm.text.join("\n")).toContain(`runs approve ${run} release`);
      expect(swarm.lines).toContainEqual(
        expect.objectContaining({ status: "succeeded", output: { comment: "fine" } }),
      );
    }
    await rm(directory, { recursive: true, force: true });
  });

  it("ends when it is denied, and when it is cancelled", async () => {
    const directory = await mkdtemp(join(tmpdir(), "approval "));
    await writeFile(join(directory, "release.yaml"), CASCADE);
    for (const [args, code, status] of [
      [["approve", "RUN", "release", "--deny", "--comment", "no"], 0, "failed"],
      [["cancel", "RUN", "--reason", "enough"], 0, "cancelled"],
    ] as const) {
      await using swarm = startSwarmProcess(directory, ["--json", "run", "release.yaml"]);
      const { runId } = await swarm.seen("stage.paused");
      const given = args.map((word) => (word === "RUN" ? String(runId) : word));
      expect(await endOf(directory, ["runs", ...given])).toMatchObject({ code });
      expect(await swarm.ended).toBe(1);
      expect(swarm.lines).toContainEqual(expect.objectContaining({ status }));
    }
    await rm(directory, { recursive: true, force: true });
  });
});
