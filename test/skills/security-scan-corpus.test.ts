import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { Json } from "../../core/json.ts";
import { CODE_RULES } from "../../skills/security-scan/code-rules.ts";
import { run } from "../../skills/security-scan/run.ts";
import { makeSecretCorpus } from "./secret-corpus.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const CORPUS = fileURLToPath(new URL("../fixtures/skills/security", import.meta.url));

/** `file:line rule`, one for each finding. */
type Places = readonly string[];

interface Measured {
  readonly precision: number;
  readonly recall: number;
  readonly wrong: Places;
  readonly missed: Places;
}

function measure(found: Places, expected: Places): Measured {
  const wrong = found.filter((place) => !expected.includes(place));
  const missed = expected.filter((place) => !found.includes(place));
  return {
    precision: (found.length - wrong.length) / found.length,
    recall: (expected.length - missed.length) / expected.length,
    wrong,
    missed,
  };
}

describe("security-scan on code with known weaknesses", () => {
  let found: Places = [];
  let expected: Places = [];

  beforeAll(async () => {
    const files = readdirSync(CORPUS).sort();
    expected = files.flatMap((file) => expectations(file));
    const report = await run({ path: CORPUS, files }, skillContext());
    expect(report["not_analysed"]).toEqual([]);
    found = placesOf(report["findings"]);
  });

  it("is right in at least 90 of 100 findings and sees at least 80 of 100 weaknesses", ({
    annotate,
  }) => {
    const measured = measure(found, expected);

    void annotate(shown("code", measured, expected.length));
    expect(measured.precision, measured.wrong.join("\n")).toBeGreaterThanOrEqual(0.9);
    expect(measured.recall, measured.missed.join("\n")).toBeGreaterThanOrEqual(0.8);
  });

  it("passes over all that only looks like a weakness", () => {
    expect(measure(found, expected).wrong).toEqual([]);
  });

  it.each(CODE_RULES.map(({ id }) => id))("has two cases of %s", (id) => {
    const cases = expected.filter((place) => place.endsWith(` ${id}`));

    expect(cases.length).toBeGreaterThanOrEqual(2);
    expect(found).toEqual(expect.arrayContaining(cases));
  });
});

describe("security-scan on files with known secrets", () => {
  it("is right in at least 90 of 100 findings and sees at least 80 of 100 secrets", async ({
    annotate,
  }) => {
    const corpus = makeSecretCorpus();
    await using tree = await makeTree(corpus.files);

    const report = await run({ path: tree.root, files: Object.keys(corpus.files) }, skillContext());
    const measured = measure(placesOf(report["findings"]), corpus.expected);

    void annotate(shown("secrets", measured, corpus.expected.length));
    expect(measured.precision, measured.wrong.join("\n")).toBeGreaterThanOrEqual(0.9);
    expect(measured.recall, measured.missed.join("\n")).toBeGreaterThanOrEqual(0.8);
  });

  it("passes over all that only looks like a secret", async () => {
    const corpus = makeSecretCorpus();
    await using tree = await makeTree(corpus.files);

    const report = await run({ path: tree.root, files: Object.keys(corpus.files) }, skillContext());

    expect(measure(placesOf(report["findings"]), corpus.expected).wrong).toEqual([]);
  });

  it("puts no secret into its answer", async () => {
    const corpus = makeSecretCorpus();
    await using tree = await makeTree(corpus.files);

    const report = await run({ path: tree.root, files: Object.keys(corpus.files) }, skillContext());

    const answer = JSON.stringify(report);
    const told = corpus.secrets.filter((secret) => answer.includes(secret.slice(0, 6)));
    expect(told).toEqual([]);
  });
});

/** Reads the trailing `// expect: <rule>` comments of a file. */
function expectations(file: string): string[] {
  const lines = readFileSync(`${CORPUS}/${file}`, "utf8").split("\n");
  return lines.flatMap((line, index) => {
    const rules = line.split("// expect: ")[1]?.split(" ") ?? [];
    return rules.map((rule) => `${file}:${index + 1} ${rule}`);
  });
}

function placesOf(findings: Json | undefined): string[] {
  const list = findings as { file: string; line: number; rule: string }[];
  return list.map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

function shown(
  name: string,
  { precision, recall, wrong, missed }: Measured,
  cases: number,
): string {
  return (
    `${name}: precision ${precision.toFixed(3)} (${wrong.length} wrong), ` +
    `recall ${recall.toFixed(3)} (${missed.length} of ${cases} missed)`
  );
}
