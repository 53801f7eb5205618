import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Json } from "../core/json.ts";
import type { Expression, Plan } from "../core/plan.ts";
import { compileCascade } from "../language/compile.ts";
import { valueOfExpression } from "../language/expression-value.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../language/skill-catalog.ts";
import { type Figure, figureOf } from "./statistics.ts";

/**
 * `npm run bench:language`: how long a cascade takes from its text to its plan, and expressions to their values; a table,
 * and the same as data in `bench/results/language.json`.
 */
const ROUNDS = 30;
const EVALUATIONS = 100_000;
/** Rounds that are not counted: the first ones are compiled while they run. */
const WARM_UP = 5;

const catalog = await openSkillCatalog([shippedSkillsFolder]);

/** Eight stages: a list of files, work on it with references and expressions, a choice and a loop of two turns. */
function block(n: number): string {
  const before = n === 0 ? "[]" : `[report-${n - 1}]`;
  return `  - { stage: files-${n}, skill: discover-files, needs: ${before}, inputs: { batches: 4 } }
  - stage: look-${n}
    type: parallel
    foreach: \${files-${n}.batches}
    skills: [lint-code, complexity-analysis]
    inputs: { files: "\${item.files}" }
    error_handling: { max_retries: 2, backoff: 250ms }
  - stage: count-${n}
    transform: { files: "\${files-${n}.batches.map(b, size(b.files))}", least: "\${inputs.least * ${n + 1}}" }
  - stage: choose-${n}
    condition: \${size(files-${n}.batches) > 10 && inputs.least < 0.5}
    then: { transform: { depth: quick } }
    else: { transform: { depth: deep, of: "\${count-${n}.files}" } }
  - { stage: try-${n}, transform: { size: "\${100 / iteration}" } }
  - { stage: again-${n}, condition: "\${try-${n}.size > 50}", repeat: try-${n}, max_iterations: 2 }
  - { stage: report-${n}, transform: { text: "block ${n} of \${inputs.path}: \${choose-${n}.depth}" } }
`;
}

/** At least so many stages of the plan. */
function cascadeOf(stages: number): string {
  const head =
    "cascade: bench\ninputs:\n  - { name: path, type: path, default: . }\n  - { name: least, type: number, default: 0.7 }\nstages:\n";
  const blocks = Math.ceil(stages / planOf(head + block(0)).stages.length);
  return head + Array.from({ length: blocks }, (_, n) => block(n)).join("");
}

function planOf(text: string): Plan {
  const compiled = compileCascade({ text, file: "bench.yaml" }, catalog);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics[0]));
  return compiled.plan;
}

function measure(rounds: number, round: () => void): Figure {
  const times: number[] = [];
  for (let count = -WARM_UP; count < rounds; count++) {
    const startedMs = performance.now();
    round();
    if (count >= 0) times.push(performance.now() - startedMs);
  }
  return figureOf(times);
}

/** What is written in cascades: a comparison, a choice, a text, a list that is gone through. */
const EXPRESSIONS: readonly (readonly [source: string, values: readonly Json[]])[] = [
  ["${score < least && size(batches) > 2}", [0.4, 0.7, [[1], [2], [3]]]],
  ['${score >= 0.8 ? "high" : "low"}', [0.9]],
  ['${"lint of " + path + ": " + string(count)}', ["src/main.ts", 17]],
  ["${batches.filter(b, b.size > 10).map(b, b.name)}", [batches()]],
  ["${coalesce(given, 4) / 2 + 1}", [null]],
];

function batches(): Json {
  return Array.from({ length: 10 }, (_, n) => ({ name: `batch-${n}`, size: n * 3 }));
}

/** Checked as a cascade's are, with an input for each name. */
function expressionOf(source: string): Expression {
  const names = ["score", "least", "batches", "path", "count", "given"];
  const inputs = names
    .map((name) => `  - { name: ${name}, type: any, required: false }\n`)
    .join("");
  const value = JSON.stringify(source);
  const { stages } = planOf(
    `cascade: c\ninputs:\n${inputs}stages:\n  - { stage: a, transform: ${value} }\n`,
  );
  const template = stages[0]?.value;
  if (template?.kind !== "expression") throw new Error(`${source} is no expression`);
  return template;
}

const expressions = EXPRESSIONS.map(([source, values]) => [expressionOf(source), values] as const);

function evaluateAll(): void {
  for (let count = 0; count < EVALUATIONS; count += expressions.length) {
    for (const [expression, values] of expressions) valueOfExpression(expression, values);
  }
}

const rows = [500, 9_900].map((wanted) => {
  const text = cascadeOf(wanted);
  const stages = planOf(text).stages.length;
  const rounds = stages > 1_000 ? ROUNDS / 3 : ROUNDS;
  const what = `${stages.toLocaleString("en")} stages, ${Math.round(text.length / 1_024)} KiB: text to plan`;
  return { what, rounds, ms: measure(rounds, () => planOf(text)) };
});
rows.push({
  what: "100,000 evaluations of expressions",
  rounds: 10,
  ms: measure(10, evaluateAll),
});

const machine = `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`;
const results = join(import.meta.dirname, "results");
mkdirSync(results, { recursive: true });
writeFileSync(join(results, "language.json"), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
process.stdout.write(
  [
    `${machine}; medians with lowest and highest.`,
    "",
    "| measured | rounds | ms |",
    "| --- | ---: | ---: |",
    ...rows.map(
      ({ what, rounds, ms: { median, lowest, highest } }) =>
        `| ${what} | ${rounds} | ${median.toFixed(0)} (${lowest.toFixed(0)}–${highest.toFixed(0)}) |`,
    ),
    "",
  ].join("\n"),
);
