import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openMutationRepairer } from "../../agents/fixers/mutation/mutation-repairer.ts";
import type { BadPatch } from "./cheats.ts";
import { type BrokenProject, brokenProjects, type Runner, readSamples } from "./corpus.ts";
import { judge } from "./judge.ts";
import { openCorpusLoop } from "./loop.ts";
import { badPatchesFor, soundnessOf } from "./soundness.ts";

/**
 * `npm run bench:soundness -- --seed 1 --projects 30`: runs the real fix loop on projects with one mistake each. It is offered an
 * empty patch, a wrong one and two cheats for each, and then the right one: what of them does it accept? `--mutation` also counts
 * how many the loop mends with the mutation repairer alone. Mistakes that no test shows, or whose tests never end, are passed over.
 */
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    projects: { type: "string", default: "30" },
    runners: { type: "string", default: "node,vitest,jest,pytest" },
    mutation: { type: "boolean", default: false },
  },
});
const runners = values.runners.split(",") as Runner[];
const wanted = Number(values.projects);

interface Row {
  readonly project: string;
  readonly runner: Runner;
  readonly bug: BrokenProject["bug"];
  readonly isRightAccepted: boolean;
  readonly bad: readonly {
    readonly kind: BadPatch["kind"];
    readonly name: string;
    readonly isAccepted: boolean;
    readonly why: string;
  }[];
  /** Whether the mutation repairer alone mended it, and by the true fix; absent when it was not asked. */
  readonly mutation?: Mended;
}

interface Mended {
  readonly isMended: boolean;
  readonly isTrueFix: boolean;
}

const rows: Row[] = [];
let passedOver = 0;
{
  using loop = openCorpusLoop();
  for await (const project of brokenProjects(Number(values.seed), readSamples(), runners)) {
    if (rows.length >= wanted) break;
    const folder = loop.place(project);
    const verdict = await judge(folder, project);
    if (verdict.status === "hung" || verdict.failures.length === 0) {
      passedOver += 1;
      continue;
    }
    const order = { turn: rows.length, wrong: 1, cheats: 2 };
    const patches = await badPatchesFor(folder, project, order);
    const { isRightAccepted, bad } = await soundnessOf(loop, folder, project, patches);
    const row: Row = {
      ...{ project: project.name, runner: project.runner, bug: project.bug, isRightAccepted },
      bad: bad.map(({ kind, name, isAccepted, why }) => ({ kind, name, isAccepted, why })),
      ...(values.mutation ? { mutation: await mutationOf(folder, project) } : {}),
    };
    rows.push(row);
    show(rows.length, row);
  }

  async function mutationOf(folder: string, project: BrokenProject): Promise<Mended> {
    const { outcome } = await loop.fix(folder, [openMutationRepairer()]);
    const fix = outcome.fixes[0];
    const isTrueFix = fix?.patch.includes(`+${lineOf(project)}`) === true;
    return { isMended: outcome.status === "fixed", isTrueFix };
  }
}
summarise();

/** The line of the original in which the mistake was made. */
function lineOf({ original, bug }: BrokenProject): string {
  return original.split("\n")[bug.line - 1] ?? "";
}

function show(n: number, { project, runner, bug, isRightAccepted, bad, mutation }: Row): void {
  const accepted = bad.filter(({ isAccepted }) => isAccepted).map(({ name }) => name);
  const right = isRightAccepted ? "right accepted" : "RIGHT REFUSED";
  const wrong = accepted.length === 0 ? "others refused" : `ACCEPTED: ${accepted.join(", ")}`;
  const mended = mutation === undefined ? "" : `, mutation: ${mutation.isMended ? "mended" : "no"}`;
  print(`${n}. ${project} (${runner}) ${bug.kind}: ${right}, ${wrong}${mended}`);
}

function summarise(): void {
  const lines = (["empty", "wrong", "cheat"] as const).map((kind) => {
    const all = rows.flatMap(({ bad }) => bad.filter((each) => each.kind === kind));
    return `| ${kind} | ${all.filter(({ isAccepted }) => isAccepted).length} of ${all.length} |`;
  });
  const right = rows.filter(({ isRightAccepted }) => isRightAccepted).length;
  const asked = rows.flatMap(({ mutation }) => mutation ?? []);
  const mended = asked.filter(({ isMended }) => isMended).length;
  print("\n| patches | accepted |\n| --- | ---: |");
  print(`| right | ${right} of ${rows.length} |\n${lines.join("\n")}`);
  if (asked.length > 0) {
    const truly = asked.filter(({ isMended, isTrueFix }) => isMended && isTrueFix).length;
    print(`| mended by the mutation repairer alone | ${mended} of ${asked.length} |`);
    print(`| of these with the line as it was | ${truly} |`);
  }
  print(`\nmistakes that no test shows or whose tests never end, passed over: ${passedOver}`);
  const results = join(import.meta.dirname, "../results");
  mkdirSync(results, { recursive: true });
  const data = { seed: values.seed, rows, passedOver };
  writeFileSync(join(results, "soundness.json"), `${JSON.stringify(data, null, 2)}\n`);
  const bad = rows.some(({ bad: all }) => all.some(({ isAccepted }) => isAccepted));
  if (bad || right < rows.length) process.exitCode = 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
