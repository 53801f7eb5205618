import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { TestFailure } from "../../core/fixer.ts";
import { type BrokenProject, brokenProjects, type Runner, readSamples } from "./corpus.ts";
import { judge, type Verdict } from "./judge.ts";
import { candidatesFor, type Measured, measureRepairer } from "./measure.ts";
import { writeFiles, writeProject } from "./project-folder.ts";

/**
 * `npm run bench:repair -- --seed 1 --projects 30`: how many mistakes of one edit the mutation repairer proposes the true fix
 * for, and after how many other candidates. A mistake that no test shows is passed over. With `--judge 40` the first 40
 * candidates are tried on the tests as well, which takes its time. `--keep folder` keeps the projects.
 */
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    projects: { type: "string", default: "30" },
    runners: { type: "string", default: "node,vitest,pytest" },
    judge: { type: "string", default: "0" },
    keep: { type: "string" },
  },
});
const runners = values.runners.split(",") as Runner[];
const wanted = Number(values.projects);
const mostJudged = Number(values.judge);

interface Row extends Measured {
  /** True when its tests came to no end, so that nothing is known of their failures. */
  readonly hung: boolean;
  readonly project: string;
  readonly runner: Runner;
  readonly bug: BrokenProject["bug"];
  /** After how many tries all tests passed, when candidates are judged. */
  readonly passedAfter?: number;
}

const parent = values.keep ?? mkdtempSync(join(tmpdir(), "cascade-repair-"));
const rows: Row[] = [];
let hidden = 0;
try {
  for await (const project of brokenProjects(Number(values.seed), readSamples(), runners)) {
    if (rows.length >= wanted) break;
    const folder = writeProject(parent, project);
    const verdict = await judge(folder, project);
    const failures = failuresOf(verdict, project);
    if (failures.length === 0) {
      hidden++;
      continue;
    }
    const measured = await measureRepairer(folder, project, failures);
    const passedAfter = await firstThatPasses(folder, project, failures);
    const row = {
      project: project.name,
      runner: project.runner,
      bug: project.bug,
      hung: verdict.status === "hung",
      ...measured,
    };
    rows.push({ ...row, ...(passedAfter === undefined ? {} : { passedAfter }) });
    show(rows.length, row, passedAfter);
  }
} finally {
  if (values.keep === undefined) rmSync(parent, { recursive: true, force: true });
}
summarise();

/** Tests that never end are a failure too, though it says nothing. */
function failuresOf(verdict: Verdict, { testFile }: BrokenProject): readonly TestFailure[] {
  if (verdict.status === "ran") return verdict.failures;
  return [{ id: testFile, file: testFile, message: "timed out", frames: [] }];
}

async function firstThatPasses(
  folder: string,
  project: BrokenProject,
  failures: readonly TestFailure[],
): Promise<number | undefined> {
  if (mostJudged === 0) return undefined;
  let tries = 0;
  for await (const { edits } of candidatesFor(folder, project, failures)) {
    if (++tries > mostJudged) break;
    writeFiles(folder, edits as Record<string, string>);
    const verdict = await judge(folder, project);
    writeFiles(folder, project.files);
    if (verdict.status === "ran" && verdict.failures.length === 0) return tries;
  }
  return undefined;
}

function show(
  n: number,
  { project, runner, bug, hung, rank, candidates }: Row,
  passedAfter?: number,
): void {
  const end = hung ? ", hung" : "";
  const place = rank === undefined ? "not among" : `${rank} of`;
  const passed = passedAfter === undefined ? "" : `, passes after ${passedAfter}`;
  const change = `${bug.from || "(nothing)"} → ${bug.to || "(nothing)"}`.split("\n")[0];
  print(
    `${n}. ${project} (${runner}) line ${bug.line}, ${bug.kind}: ${change}${end}: ${place} ${candidates}${passed}`,
  );
}

function summarise(): void {
  const ranks = rows.flatMap(({ rank }) => rank ?? []).sort((a, b) => a - b);
  const share = (count: number): string => `${count} of ${rows.length}`;
  const within = (most: number): string => share(ranks.filter((rank) => rank <= most).length);
  const passed = rows.filter(({ passedAfter }) => passedAfter !== undefined).length;
  const total = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  print("");
  print(
    `true fix among the candidates: ${share(ranks.length)}; first: ${within(1)}; within 5: ${within(5)}; within 20: ${within(20)}; within 50: ${within(50)}`,
  );
  print(
    `median rank ${ranks[Math.floor(ranks.length / 2)] ?? "none"}; ${Math.round(total / Math.max(1, rows.length))} ms a project for all candidates`,
  );
  if (mostJudged > 0) print(`all tests pass within ${mostJudged} tries: ${share(passed)}`);
  print(`tests that came to no end: ${share(rows.filter(({ hung }) => hung).length)}`);
  print(`mistakes that no test shows, passed over: ${hidden}`);
  const results = join(import.meta.dirname, "../results");
  mkdirSync(results, { recursive: true });
  writeFileSync(
    join(results, "repair.json"),
    `${JSON.stringify({ seed: values.seed, rows, hidden }, null, 2)}\n`,
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
