import { writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { refuseOtherVersion } from "../../agents/skill-version.ts";
import { readSkillFolder } from "../../language/skill-folder.ts";
import { makePlace } from "../support/place.ts";

const MANIFEST = "name: counter\ndescription: Counts.\nrun: [node, count.mjs]\n";

async function skillPlace() {
  return await makePlace({ "counter/skill.yaml": MANIFEST, "counter/count.mjs": "1;\n" });
}

it("a skill whose files are as they were when the cascade was compiled may run", async () => {
  await using place = await skillPlace();
  const manifest = await readSkillFolder(place.path("counter"));
  const clock = { monotonicMs: () => 0 };
  await expect(refuseOtherVersion(manifest, manifest.digest, clock)).resolves.toBeUndefined();
  await expect(refuseOtherVersion(manifest, undefined, clock)).resolves.toBeUndefined();
});

it("another version is refused, by an agent that started with it and after a change", async () => {
  await using place = await skillPlace();
  const manifest = await readSkillFolder(place.path("counter"));
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs };
  await expect(refuseOtherVersion(manifest, "0".repeat(64), clock)).rejects.toMatchObject({
    code: "skill-changed",
    disposition: "fail",
    message: expect.stringContaining("is another version than this agent has"),
  });
  await refuseOtherVersion(manifest, manifest.digest, clock);
  await writeFile(place.path("counter/count.mjs"), "2;\n");
  nowMs = 1_001;
  await expect(refuseOtherVersion(manifest, manifest.digest, clock)).rejects.toMatchObject({
    code: "skill-changed",
    message: expect.stringContaining("has changed since"),
  });
});

it("what tools leave in a skill's folder is no part of its version", async () => {
  await using place = await skillPlace();
  await using other = await makePlace({
    "counter/skill.yaml": MANIFEST,
    "counter/count.mjs": "1;\n",
    "counter/__pycache__/count.pyc": "x",
    "counter/node_modules/a/index.js": "x",
    "counter/.cache": "x",
  });
  const [first, second] = await Promise.all(
    [place, other].map((each) => readSkillFolder(each.path("counter"))),
  );
  expect(second?.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(second?.digest).toBe(first?.digest);
});
