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

const bomb = ["a: &a [x,x,x,x,x,x,x,x,x,x]"];
for (const [before, name] of ["ab", "bc", "cd", "de", "ef"]) {
  bomb.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(",")}]`);
}

describe("a bad file is refused, with the place and what to do:", () => {
  it.each<[string, string, string | RegExp]>([
    ["empty", "", "1:1 invalid-cascade the file must be a mapping, but is empty"],
    ["only comments", "# a\n# b\n", "1:1 invalid-cascade the file must be a mapping, but is empty"],
    ["a text", "hello", '1:1 invalid-cascade the file must be a mapping, but is "hello"'],
    ["a list", "- a", "1:1 invalid-cascade the file must be a mapping, but is a list of 1"],
    [
      "two documents",
      `${stageWith("")}---\n${stageWith("")}`,
      "6:1 invalid-yaml a second document begins here: a file holds one cascade",
    ],
    [
      "tabs",
      "cascade: c\nstages:\n\t- stage: a\n",
      "3:1 invalid-yaml Tabs are not allowed as indentation (indent with spaces)",
    ],
    ["an open list", "cascade: [a\n", /^2:1 invalid-yaml /],
    ["an open quote", 'cascade: "c\nstages: []\n', /^3:1 invalid-yaml Missing closing "quote/],
    [
      "a colon too many",
      "cascade: c: d\n",
      "1:10 invalid-yaml Nested mappings are not allowed in compact mappings (a text that holds `: ` needs quotes)",
    ],
    [
      "a key twice",
      "cascade: c\nstages: []\nstages: []\n",
      '3:1 invalid-yaml the key "stages" stands twice in this mapping',
    ],
    [
      "a misspelt key",
      "cascade: c\nstagse: []\n",
      '2:1 invalid-cascade the key "stagse" is not known here (did you mean "stages"?)',
    ],
    ["no stages", "cascade: c\n", '1:1 invalid-cascade the key "stages" is missing'],
    [
      "stages as a mapping",
      "cascade: c\nstages: {}\n",
      "2:9 invalid-cascade stages must be a list, but is a mapping",
    ],
    [
      "an empty list of stages",
      "cascade: c\nstages: []\n",
      "2:9 invalid-cascade stages must not be empty, but is an empty list",
    ],
    [
      "a stage without a skill",
      `${head}  - { stage: a }`,
      "5:5 invalid-cascade a stage needs a skill (add `skill: <name>`)",
    ],
    [
      "a negative number of retries",
      stageWith(", error_handling: { max_retries: -1 }"),
      "5:61 invalid-cascade stages[0].error_handling.max_retries must be at least 0, but is -1",
    ],
    [
      "a huge number of retries",
      stageWith(", error_handling: { max_retries: 1e9 }"),
      "5:61 invalid-cascade stages[0].error_handling.max_retries must be at most 99, but is 1000000000",
    ],
    [
      "a text for a number",
      stageWith(', error_handling: { max_retries: "3" }'),
      '5:61 invalid-cascade stages[0].error_handling.max_retries must be a number, but is "3"',
    ],
    [
      "a time without a unit",
      stageWith(", timeout: 10"),
      "5:39 invalid-cascade stages[0].timeout must be a text with a unit, such as 10m, but is 10",
    ],
    [
      "an endless time",
      stageWith(", timeout: 99999999999h"),
      "5:39 limit-exceeded taskTimeoutMs: 359999999996400000 given, 1 to 86400000 allowed",
    ],
    [
      "no number",
      stageWith(", timeout: .nan"),
      "5:39 invalid-yaml .nan is not a number that JSON can hold",
    ],
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
      "a number that would be rounded",
      stageWith(", inputs: { path: 9007199254740993 }"),
      "5:46 invalid-yaml 9007199254740993 is too large to be kept exactly (put it in quotes)",
    ],
    [
      "an alias bomb",
      bomb.join("\n"),
      "5:29 invalid-yaml aliases make more than 100000 values of this file",
    ],
    [
      "20,000 brackets",
      "[".repeat(20_000),
      "1:65 limit-exceeded yamlDepth: 20000 given, 64 allowed",
    ],
    [
      "20,000 dashes",
      "- ".repeat(20_000),
      "1:129 limit-exceeded yamlDepth: 20000 given, 64 allowed",
    ],
    [
      "3,000 mappings",
      "{a: ".repeat(3_000),
      "1:257 limit-exceeded yamlDepth: 3000 given, 64 allowed",
    ],
    [
      "an anchor that holds itself",
      `${head}  - &x { stage: a, skill: report, inputs: { findings: *x } }`,
      "5:55 invalid-yaml the alias *x stands inside what it names",
    ],
    [
      "an alias of nothing",
      stageWith(", inputs: { path: *x }"),
      "5:46 invalid-yaml the alias *x names no anchor before it",
    ],
    [
      "a merge key",
      stageWith(", <<: { timeout: 1m }"),
      "5:30 not-supported merge keys (`<<`) cannot be carried out by this version (use an alias for a whole value)",
    ],
    [
      "a tag that runs code elsewhere",
      stageWith(", inputs: { path: !!js/function 'x' }"),
      "5:60 invalid-yaml the tag tag:yaml.org,2002:js/function is not known",
    ],
    [
      "binary data",
      stageWith(", inputs: { path: !!binary aGk= }"),
      "5:55 invalid-yaml the tag tag:yaml.org,2002:binary is not known",
    ],
    [
      "a tag of its own",
      stageWith(", inputs: { path: !custom x }"),
      "5:54 invalid-yaml the tag !custom is not known",
    ],
    [
      "another YAML",
      `%YAML 1.1\n---\n${stageWith("")}`,
      "1:1 invalid-yaml YAML 1.1 is not read, only 1.2",
    ],
    [
      "a key that reaches a prototype",
      "cascade: c\nconstructor: 1\nstages: []\n",
      '2:1 invalid-yaml the key "constructor" is not allowed',
    ],
    [
      "a prototype further down",
      stageWith(", inputs: { path: { __proto__: 1 } }"),
      '5:48 invalid-yaml the key "__proto__" is not allowed',
    ],
    [
      "an input named like a prototype",
      "cascade: c\ninputs:\n  - name: __proto__\nstages:\n  - { stage: a, skill: list }\n",
      '3:11 invalid-cascade inputs[0].name must not be a reserved name, but is "__proto__"',
    ],
    [
      "a pointer that makes an agent load an object",
      `${head}  - { stage: a, skill: report, inputs: { findings: { $blob: { name: x } } } }`,
      '5:54 invalid-yaml the key "$blob" is not allowed',
    ],
    [
      "a NUL",
      stageWith(', description: "a\0b"'),
      "5:45 invalid-yaml the character U+0000 is not allowed",
    ],
    [
      "a BEL",
      stageWith(', description: "a\x07b"'),
      "5:45 invalid-yaml the character U+0007 is not allowed",
    ],
    [
      "half a surrogate pair",
      stageWith(', description: "a\ud800b"'),
      "5:45 invalid-yaml the character U+D800 is not allowed",
    ],
    [
      "half an escaped surrogate pair",
      stageWith(', description: "a\\ud800b"'),
      "5:43 invalid-yaml the text holds half of a surrogate pair",
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
    ["a list for a key", "? [a, b]\n: 1\n", /^1:3 invalid-yaml .*all keys must be strings/],
    [
      "a letter that looks like another",
      `${head}  - { stage: \u0430, skill: list }\n`,
      '5:14 invalid-cascade stages[0].stage must be 1 to 64 letters, digits, hyphens or underscores, but is "\u0430"',
    ],
    [
      "an invisible letter",
      `${head}  - { stage: a\u200b, skill: list }\n`,
      /^5:14 invalid-cascade stages\[0\]\.stage must be 1 to 64 letters/,
    ],
    [
      "a skill with a letter that looks like another",
      `${head}  - { stage: a, skill: l\u0456st }\n`,
      '5:24 unknown-skill no skill is called "l\u0456st" (did you mean "list"?)',
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
