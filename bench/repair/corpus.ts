import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { z } from "zod";
import { languageOf } from "../../agents/fixers/mutation/languages.ts";
import { BUG_KINDS } from "./bugs.ts";
import { openDraw } from "./random.ts";

/** A program that works, with what it gives back for what. */
export interface Sample {
  readonly name: string;
  readonly ending: string;
  readonly source: string;
  readonly cases: readonly SampleCase[];
}

/** Title, call, and what it must come to. */
type SampleCase = readonly [title: string, call: string, expected: unknown];

export type Runner = "node" | "vitest" | "jest" | "pytest";

/** A small project whose source has one mistake, as data: nothing of it is written or run here. */
export interface BrokenProject {
  readonly name: string;
  readonly runner: Runner;
  readonly sourceFile: string;
  readonly testFile: string;
  readonly files: Readonly<Record<string, string>>;
  /** The source without the mistake. */
  readonly original: string;
  readonly bug: {
    readonly kind: string;
    readonly line: number;
    readonly from: string;
    readonly to: string;
  };
}

const CASES = z.array(z.tuple([z.string(), z.string(), z.unknown()]));
const FOLDER = join(import.meta.dirname, "samples");

export function readSamples(): Sample[] {
  const names = readdirSync(FOLDER).toSorted();
  return names
    .filter((name) => !name.endsWith(".json"))
    .map((name) => {
      const ending = extname(name);
      const bare = basename(name, ending);
      const cases = CASES.parse(JSON.parse(readFileSync(join(FOLDER, `${bare}.json`), "utf8")));
      return { name: bare, ending, source: readFileSync(join(FOLDER, name), "utf8"), cases };
    });
}

/** Projects without end, each with another mistake as long as there are others; the seed decides them all. */
export async function* brokenProjects(
  seed: number,
  samples: readonly Sample[],
  runners: readonly Runner[],
): AsyncGenerator<BrokenProject> {
  const draw = openDraw(seed);
  const seen = new Set<string>();
  for (let tries = 0; tries < 20_000; tries++) {
    const runner = draw.oneOf(runners);
    const fitting = samples.filter(({ ending }) => (ending === ".py") === (runner === "pytest"));
    const drawn = draw.oneOf(fitting);
    const sample = runner === "jest" ? asCommonJs(drawn) : drawn;
    const kinds = BUG_KINDS.filter(
      ({ only }) => only === undefined || only.includes(sample.ending),
    );
    const kind = draw.oneOf(kinds);
    const places = [...sample.source.matchAll(kind.pattern)];
    if (places.length === 0) continue;
    const match = draw.oneOf(places);
    const by = kind.by(match);
    const source =
      sample.source.slice(0, match.index) + by + sample.source.slice(match.index + match[0].length);
    if (source === sample.source || seen.has(source)) continue;
    seen.add(source);
    const sourceFile = `src/${sample.name}${sample.ending}`;
    if ((await languageOf(sourceFile)?.isValid(sourceFile, source)) !== true) continue;
    const testFile = testFileOf(sample, runner);
    yield {
      name: `${sample.name}-${seen.size}`,
      runner,
      sourceFile,
      testFile,
      files: { [sourceFile]: source, [testFile]: testText(sample, runner), ...settingsOf(runner) },
      original: sample.source,
      bug: {
        kind: kind.name,
        line: sample.source.slice(0, match.index).split("\n").length,
        from: match[0].trim(),
        to: by.trim(),
      },
    };
  }
}

/** jest takes no other modules unless Node.js is told so. */
function asCommonJs(sample: Sample): Sample {
  const bare = sample.source.replaceAll(/^export /gm, "");
  return { ...sample, source: `${bare}\nmodule.exports = { ${namesOf(sample).join(", ")} };\n` };
}

function testFileOf({ name }: Sample, runner: Runner): string {
  return runner === "pytest" ? `test/test_${name}.py` : `test/${name}.test.js`;
}

function settingsOf(runner: Runner): Readonly<Record<string, string>> {
  if (runner === "pytest") return { "conftest.py": "" };
  const type = runner === "jest" ? { jest: { transform: {} } } : { type: "module" };
  const installed = runner === "node" ? {} : { devDependencies: { [runner]: "*" } };
  const scripts = runner === "node" ? { scripts: { test: "node --test" } } : {};
  const described = { name: "sample", ...type, ...scripts, ...installed };
  return { "package.json": `${JSON.stringify(described)}\n` };
}

/** The names that the source offers. */
function namesOf({ source, ending }: Sample): string[] {
  const pattern =
    ending === ".py" ? /^def (\w+)/gm : /^(?:export )?(?:async )?(?:function|class|const) (\w+)/gm;
  return [...source.matchAll(pattern)].map(([, name = ""]) => name);
}

function testText(sample: Sample, runner: Runner): string {
  const used = namesOf(sample).filter((name) =>
    sample.cases.some(([, call]) => new RegExp(`\\b${name}\\(`).test(call)),
  );
  if (runner === "pytest") return pythonTests(sample, used);
  const file = `"../src/${sample.name}${sample.ending}"`;
  const imports = { node: NODE_IMPORTS, vitest: VITEST_IMPORTS, jest: JEST_IMPORTS }[runner];
  const check = (call: string, expected: unknown): string => {
    const value = JSON.stringify(expected);
    if (runner !== "node")
      return `expect(${call}).${isPlain(expected) ? "toBe" : "toEqual"}(${value});`;
    return `assert.${isPlain(expected) ? "strictEqual" : "deepStrictEqual"}(${call}, ${value});`;
  };
  const tests = sample.cases.map(
    ([title, call, expected]) =>
      `test(${JSON.stringify(title)}, () => {\n  ${check(call, expected)}\n});\n`,
  );
  const names = `{ ${used.join(", ")} }`;
  const loaded =
    runner === "jest" ? `const ${names} = require(${file});` : `import ${names} from ${file};`;
  return `${imports}${loaded}\n\n${tests.join("\n")}`;
}

const NODE_IMPORTS =
  'import assert from "node:assert/strict";\nimport { test } from "node:test";\n';
const VITEST_IMPORTS = 'import { expect, test } from "vitest";\n';
const JEST_IMPORTS = 'const { expect, test } = require("@jest/globals");\n';

const isPlain = (value: unknown): boolean => typeof value !== "object";

function pythonTests(sample: Sample, used: readonly string[]): string {
  const tests = sample.cases.map(
    ([title, call, expected]) =>
      `def test_${title.replaceAll(/\W+/g, "_")}():\n    assert ${call} == ${pythonValue(expected)}\n`,
  );
  return `from src.${sample.name} import ${used.join(", ")}\n\n\n${tests.join("\n\n")}`;
}

function pythonValue(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(", ")}]`;
  if (typeof value === "object") {
    const pairs = Object.entries(value).map(
      ([key, inner]) => `${JSON.stringify(key)}: ${pythonValue(inner)}`,
    );
    return `{${pairs.join(", ")}}`;
  }
  return JSON.stringify(value);
}
