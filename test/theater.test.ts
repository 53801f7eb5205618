import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Finding } from "../skills/finding.ts";
import { run } from "../skills/theater-detection/run.ts";
import { skillContext } from "./skills/skill-context.ts";
import { EXPLAINED } from "./theater-explained.ts";

const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));

it("nothing in this repository only pretends to work, but for what test/theater-explained.ts explains", async () => {
  const report = await run({ path: REPOSITORY }, skillContext());

  const findings = report["findings"] as unknown as readonly Finding[];
  const isExplained = ({ file, rule }: Finding): boolean =>
    EXPLAINED.some((each) => each.file === file && each.rule === rule);
  expect(findings.filter((each) => !isExplained(each))).toEqual([]);
  const unused = EXPLAINED.filter(
    ({ file, rule }) => !findings.some((each) => each.file === file && each.rule === rule),
  );
  expect(unused).toEqual([]);
  expect(report["files_analysed"]).toBeGreaterThan(100);
}, 120_000);
