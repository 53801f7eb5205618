import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { testCatalog } from "../support/catalog.ts";

/** Each as `line:column code message (hint)`. */
function errorsOf(text: string): readonly string[] {
  const compiled = compileCascade({ text, file: "c.yaml" }, testCatalog);
  if (compiled.ok) return [];
  return compiled.diagnostics.map(
    ({ code, message, location, hint }) =>
      `${location.line}:${location.column} ${code} ${message}${hint === undefined ? "" : ` (${hint})`}`,
  );
}

const head = "cascade: c\ninputs:\n  - { name: path, type: path, default: . }\nstages:\n";
/** The fifth line is one stage; `rest` begins at its column 29. */
const stageWith = (rest: string): string => `${head}  - { stage: a, skill: list${rest} }\n`;

describe("a bad file is refused, with the place and what to do:", () => {
  it.each<[string, string, string | RegExp]>([
    ["an open list", "cascade: [a\n", /^2:1 invalid-yaml /],
    [
      "an infinite number",
      stageWith(", timeout: -.inf"),
      "5:39 invalid-yaml -.inf is not a number that JSON can hold",
    ],
    [
      "a word for a list",
      stageWith(", needs: no"),
      '5:37 invalid-cascade stages[0].needs must be a list, but is "no"',
    ],
    [
      "a merge key that stands twice",
      stageWith(", <<: { timeout: 1m }, <<: { needs: [] }"),
      '5:51 invalid-yaml the key "<<" stands twice in this mapping',
    ],
    [
      "another YAML",
      `%YAML 1.1\n---\n${stageWith("")}`,
      "1:1 invalid-yaml YAML 1.1 is not read, only 1.2",
    ],
    [
      "a pointer that makes an agent load an object",
      `${head}  - { stage: a, skill: report, inputs: { findings: { $blob: { name: x } } } }`,
      '5:54 invalid-yaml the key "$blob" is not allowed',
    ],
    [
      "half a surrogate pair",
      stageWith(', description: "a\ud800b"'),
      "5:45 invalid-yaml the character U+D800 is not allowed",
    ],
    [
      "a turned direction",
      stageWith(', description: "a\u202eb"'),
      "5:45 invalid-yaml the character U+202E is not allowed",
    ],
    [
      "a turned direction in disguise",
      stageWith(', description: "a\\u202eb"'),
      /^5:43 invalid-cascade stages\[0\]\.description must not hold invisible characters/,
    ],
    [
      "a file over the limit",
      `cascade: ${"x".repeat(1_100_000)}`,
      "1:1 limit-exceeded cascadeFileBytes: 1100009 given, 1048576 allowed",
    ],
  ])("%s", (_, text, expected) => {
    const [first] = errorsOf(text);
    if (typeof expected === "string") expect(first).toBe(expected);
    else expect(first).toMatch(expected);
  });

  it.each([
    ["a byte order mark", `\ufeff${stageWith("")}`],
    ["a date, which is text", stageWith(", inputs: { path: 2020-01-01 }")],
    ["`no` and `on`, which are text", stageWith(", inputs: { path: no }, description: on")],
    ["letters of other scripts in a description", stageWith(', description: "Ä д 漢 👩‍🔧"')],
    [
      "deep indentation",
      head +
        stageWith("")
          .slice(head.length)
          .replace("  - {", `${" ".repeat(200)}- {`),
    ],
    ["brackets in a text", stageWith(`, inputs: { path: "${"[{".repeat(200)}" }`)],
  ])("%s is not bad", (_, text) => {
    expect(errorsOf(text)).toEqual([]);
  });

  it.each([
    ["50,000 unknown keys", `cascade: c\n${numbered(50_000, (n) => `key${n}: 1`)}`],
    [
      "50,000 unknown inputs",
      `${head}  - stage: a\n    skill: list\n    inputs:\n${numbered(50_000, (n) => `      key${n}: 1`)}`,
    ],
    ["10,000 stages of one name", head + numbered(10_000, () => "  - { stage: a, skill: list }")],
    ["200,000 aliases", `a: [&a x, ${"*a, ".repeat(200_000)}]`],
    ["400,000 open references", stageWith(`, inputs: { path: "${"${".repeat(400_000)}" }`)],
  ])(
    "%s are refused in time that grows with the file and no faster",
    (_, text) => {
      const errors = errorsOf(text);
      expect(errors.length).toBeGreaterThan(0);
      expect(errors.length).toBeLessThanOrEqual(101);
    },
    10_000,
  );
});

function numbered(count: number, line: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => line(n)).join("\n");
}
