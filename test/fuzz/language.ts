import { readdirSync, readFileSync } from "node:fs";
import { ERROR_CODES } from "../../core/errors.ts";
import type { SkillCatalog } from "../../core/skill.ts";
import { compileCascade } from "../../language/compile.ts";
import type { Diagnostic, Warning } from "../../language/diagnostic.ts";
import { planDigest } from "../../language/plan-digest.ts";
import type { CascadeSources } from "../../language/sub-cascades.ts";
import { mutate } from "./mutate.ts";
import { randomOf } from "./random.ts";

/** No text may hold up the process that checks it for longer. */
export const LONGEST_MS = 200;
/** What seems slow is measured again: another process may have had the processor. */
const SEEMS_SLOW_MS = LONGEST_MS / 4;
const REPETITIONS = 3;

export interface FuzzOptions {
  readonly runs: number;
  readonly seed: number;
  readonly catalog: SkillCatalog;
  readonly seeds: readonly string[];
}

export interface FuzzResult {
  readonly valid: number;
  readonly refused: number;
  /** How often each code was said. */
  readonly codes: Readonly<Record<string, number>>;
  readonly slowest: { readonly ms: number; readonly text: string };
  readonly failure?: { readonly run: number; readonly why: string; readonly text: string };
}

/** The texts that are mutated: cascades, the examples of the documentation and the fixtures. */
export function seedTexts(): readonly string[] {
  const root = new URL("../../", import.meta.url);
  const files = ["cascades/", "test/support/cascades/", "test/fixtures/bad-cascades/"].flatMap(
    (folder) => {
      const names = readdirSync(new URL(folder, root)).filter((name) => name.endsWith(".yaml"));
      return names.map((name) => readFileSync(new URL(folder + name, root), "utf8"));
    },
  );
  const page = readFileSync(new URL("docs/cascade-format.md", root), "utf8");
  const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
  return [...files, ...examples].filter((text) => text !== "");
}

/** Checks mutated cascades, and stops at the first that breaks a promise of the language. */
export function fuzzLanguage({ runs, seed, catalog, seeds }: FuzzOptions): FuzzResult {
  const random = randomOf(seed);
  const sources = sourcesOf(seeds);
  const good = seeds.filter((text) => check(text, catalog, sources).isValid);
  const codes: Record<string, number> = {};
  let slowest = { ms: 0, text: "" };
  let valid = 0;
  for (let run = 0; run < runs; run++) {
    // A mutated good file is often nearly right, which is where checks are decided.
    const text = mutate(random.pick(random.below(4) === 0 ? seeds : good), random, seeds);
    const checked = check(text, catalog, sources);
    if (checked.ms > slowest.ms) slowest = { ms: checked.ms, text };
    for (const code of checked.codes) codes[code] = (codes[code] ?? 0) + 1;
    if (checked.isValid) valid += 1;
    const refused = run + 1 - valid;
    const { why } = checked;
    if (why !== undefined) return { valid, refused, codes, slowest, failure: { run, why, text } };
  }
  return { valid, refused: runs - valid, codes, slowest };
}

/** Every cascade that a stage asks for is the first seed. */
function sourcesOf([first = ""]: readonly string[]): CascadeSources {
  return { find: (name) => ({ text: first, file: `${name}.yaml` }), names: () => [] };
}

interface Checked {
  readonly ms: number;
  readonly isValid: boolean;
  readonly codes: readonly string[];
  /** The promise that was broken. */
  readonly why?: string;
}

function check(text: string, catalog: SkillCatalog, sources: CascadeSources): Checked {
  const compile = () => compileCascade({ text, file: "c.yaml" }, catalog, sources);
  let ms = 0;
  try {
    const startedMs = performance.now();
    const compiled = compile();
    ms = performance.now() - startedMs;
    for (let again = 0; ms > SEEMS_SLOW_MS && again < REPETITIONS; again++) {
      const repeatedMs = performance.now();
      compile();
      ms = Math.min(ms, performance.now() - repeatedMs);
    }
    const problems = compiled.ok ? compiled.warnings : compiled.diagnostics;
    const codes = problems.map(({ code }) => code);
    const why = [
      ms > LONGEST_MS ? `it took ${Math.round(ms)} ms, in a repetition too` : undefined,
      compiled.ok || problems.length > 0 ? undefined : "it is refused without a reason",
      ...problems.map((problem) => brokenPromise(problem, text)),
      compiled.ok ? unequalPlans(compiled.plan, compile()) : undefined,
    ].find((each) => each !== undefined);
    return { ms, isValid: compiled.ok, codes, ...(why === undefined ? {} : { why }) };
  } catch (error) {
    const why = `it throws ${error instanceof Error ? (error.stack ?? error.message) : error}`;
    return { ms, isValid: false, codes: [], why };
  }
}

/** A problem has a known code, a message of one line and a place inside of the file. */
function brokenPromise(problem: Diagnostic | Warning, text: string): string | undefined {
  const { code, message, hint, location } = problem;
  const lines = text.split("\n");
  const { line = 0, column = 0 } = location;
  const said = `${line}:${column} ${code} ${JSON.stringify(message)}`;
  if (code !== "unused-input" && !Object.hasOwn(ERROR_CODES, code)) return `no code: ${said}`;
  if (message === "" || /[\n\r]/.test(message + (hint ?? ""))) return `not one line: ${said}`;
  if (line < 1 || line > lines.length) return `no such line: ${said}`;
  const length = (lines[line - 1] ?? "").length;
  return column < 1 || column > length + 1 ? `no such column: ${said}` : undefined;
}

function unequalPlans(
  plan: Parameters<typeof planDigest>[0],
  again: ReturnType<typeof compileCascade>,
): string | undefined {
  const digest = planDigest(plan);
  if (!again.ok || planDigest(again.plan) !== digest) return "another plan the second time";
  const stored: typeof plan = JSON.parse(JSON.stringify(plan));
  return planDigest(stored) === digest ? undefined : "the plan is not the same as JSON";
}
