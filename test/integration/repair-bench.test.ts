import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import {
  type BrokenProject,
  brokenProjects,
  type Runner,
  readSamples,
} from "../../bench/repair/corpus.ts";
import { judge } from "../../bench/repair/judge.ts";
import { openCorpusLoop } from "../../bench/repair/loop.ts";
import { measureRepairer } from "../../bench/repair/measure.ts";
import { writeFiles, writeProject } from "../../bench/repair/project-folder.ts";
import { badPatchesFor, soundnessOf } from "../../bench/repair/soundness.ts";
import { makePlace } from "../support/place.ts";

/** A busy machine is no test that hangs. */
const PATIENT_MS = 60_000;
const hasPytest = spawnSync("python3", ["-m", "pytest", "--version"]).status === 0;

async function projects(
  seed: number,
  count: number,
  runners: readonly Runner[],
): Promise<BrokenProject[]> {
  const drawn: BrokenProject[] = [];
  for await (const project of brokenProjects(seed, readSamples(), runners)) {
    drawn.push(project);
    if (drawn.length === count) break;
  }
  return drawn;
}

describe("the corpus of mistakes", { timeout: 240_000 }, () => {
  it("is decided by the seed alone, and has no mistake twice", async () => {
    const first = await projects(7, 60, ["node", "pytest"]);
    expect(await projects(7, 60, ["node", "pytest"])).toEqual(first);
    const sources = first.map(({ files, sourceFile }) => files[sourceFile]);
    expect(new Set(sources).size).toBe(60);
    expect((await projects(8, 60, ["node", "pytest"]))[0]).not.toEqual(first[0]);
  });

  it.for([
    "node",
    "vitest",
    "pytest",
  ] as const)("has samples that pass their own tests: %s", async (runner, { skip }) => {
    if (runner === "pytest" && !hasPytest) skip("there is no pytest here");
    await using place = await makePlace({});
    const drawn = await projects(3, 40, [runner]);
    const bySample = new Map(drawn.map((project) => [project.sourceFile, project]));
    for (const project of [...bySample.values()].slice(0, runner === "vitest" ? 1 : undefined)) {
      const folder = writeProject(place.root, project);
      writeFiles(folder, { [project.sourceFile]: project.original });
      expect({ ...(await judge(folder, project, PATIENT_MS)), of: project.sourceFile }).toEqual({
        status: "ran",
        passed: expect.any(Number),
        failures: [],
        of: project.sourceFile,
      });
    }
  });

  it("tells the failures of a real run, from which the repairer finds the true fix early", async () => {
    await using place = await makePlace({});
    const drawn = await projects(1, 200, ["node"]);
    const project = drawn.find(
      ({ bug, sourceFile }) => bug.kind === "unequal for equal" && sourceFile === "src/dates.js",
    );
    if (project === undefined) return expect.fail("no such mistake among them");
    const folder = writeProject(place.root, project);
    const verdict = await judge(folder, project, PATIENT_MS);
    if (verdict.status !== "ran") return expect.fail("it hung");
    expect(verdict.failures[0]).toMatchObject({
      file: project.testFile,
      message: expect.stringContaining("strictly"),
      frames: expect.arrayContaining([expect.objectContaining({ file: project.testFile })]),
    });
    const { rank } = await measureRepairer(folder, project, verdict.failures);
    expect(rank).toBeLessThanOrEqual(20);
  });
});

describe("the fix loop on the corpus", { timeout: 240_000 }, () => {
  it.for(["node", "pytest"] as const)("takes the right patch and no other: %s", async (runner, {
    skip,
  }) => {
    if (runner === "pytest" && !hasPytest) skip("there is no pytest here");
    using loop = openCorpusLoop();
    const project = (await projects(11, 150, [runner])).find(hasClearMistake);
    if (project === undefined) return expect.fail("no such mistake among them");
    const folder = loop.place(project);
    const patches = await badPatchesFor(folder, project, { turn: 0, wrong: 1, cheats: 20 });
    const { isRightAccepted, bad } = await soundnessOf(loop, folder, project, patches);
    expect(new Set(bad.map(({ kind }) => kind))).toEqual(new Set(["empty", "wrong", "cheat"]));
    expect(bad.filter(({ isAccepted }) => isAccepted)).toEqual([]);
    expect(bad.filter(({ why }) => why === "it was not looked at")).toEqual([]);
    expect(isRightAccepted).toBe(true);
  });
});

/** One that tests show, and with which they come to an end. */
function hasClearMistake({ bug }: BrokenProject): boolean {
  return bug.kind === "minus for plus" || bug.kind === "unequal for equal";
}
