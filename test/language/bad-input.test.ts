import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type ErrorLocation, SwarmError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import type { Plan, Template } from "../../core/plan.ts";
import { cascadeNames, findCascadeFile, readCascadeFile } from "../../language/cascade-folders.ts";
import { type Compiled, compileCascade } from "../../language/compile.ts";
import { MAPPINGS } from "../../language/schema.ts";
import { evaluate } from "../../language/template.ts";
import { testCatalog } from "../support/catalog.ts";

/**
 * The list of bad input: what is given, and what is said of it. `Y` are cascade files, `E` expressions and templates in
 * them; one number may have several files. Those that are huge are made here.
 */
const folder = fileURLToPath(new URL("../fixtures/bad-cascades/", import.meta.url));
const sources = {
  find: (name: string) => {
    const file = findCascadeFile([folder], name);
    return file && { ...readCascadeFile(file.path), file: `${name}.yaml` };
  },
  names: () => cascadeNames([folder]),
};

function compileFile(name: string): Compiled {
  const source = { ...readCascadeFile(`${folder}${name}.yaml`), file: `${name}.yaml` };
  return compileCascade(source, testCatalog, sources);
}

/** Each as `line:column code message (hint)`. */
function errorsOf(compile: () => Compiled): readonly string[] {
  try {
    const compiled = compile();
    return compiled.ok ? [] : compiled.diagnostics.map(shown);
  } catch (error) {
    // What cannot be read as text is refused before there is anything to compile.
    if (error instanceof SwarmError) return [shown(error)];
    throw error;
  }
}

/** What a diagnostic and an error have in common. */
interface Shown {
  readonly code: string;
  readonly message: string;
  readonly location?: ErrorLocation | undefined;
  readonly hint?: string | undefined;
}

function shown(error: Shown): string {
  const { code, message, location, hint } = error;
  const advice = hint === undefined ? "" : ` (${hint})`;
  return `${location?.line}:${location?.column} ${code} ${message}${advice}`;
}

const STAGE_KEYS = `known: ${MAPPINGS.stage.known.slice(0, 20).join(", ")}`;
const NO_SECRET = 'the cascade lists no secret "TOKEN" (list it under `secrets` of the cascade)';
const MISPLACED =
  "a secret may stand only where nothing but the agent reads it (as the whole value of a skill's input, in a header of `http`, or in `env` of a `run`)";

const REFUSED: readonly (readonly [file: string, errors: readonly string[]])[] = [
  [
    "E01-unclosed-text-inside",
    ['10:18 unknown-reference ${path + "}: it is not closed (write a literal ${ as $${)'],
  ],
  [
    "E01-unclosed",
    ["10:18 unknown-reference ${inputs.path: it is not closed (write a literal ${ as $${)"],
  ],
  [
    "E02-blank",
    ["10:18 unknown-reference ${ }: expected a name or an expression (write a literal ${ as $${)"],
  ],
  [
    "E02-empty",
    ["10:20 unknown-reference ${}: expected a name or an expression (write a literal ${ as $${)"],
  ],
  [
    "E03-unknown-name-far-from-all",
    [
      "10:19 unknown-reference nothing_of_the_kind: there is nothing of that name (known: inputs.path, inputs.count, inputs.data)",
    ],
  ],
  [
    "E03-unknown-name",
    [
      '10:20 unknown-reference ${inputs.cuont}: there is nothing of that name (did you mean "inputs.count"?)',
    ],
  ],
  [
    "E04-stage-not-needed",
    [
      '11:28 unknown-reference ${first.files}: the stage "first" has not ended when this one starts (add it to `needs`)',
    ],
  ],
  [
    "E05-constructor",
    [
      "10:61 invalid-expression Unexpected character: '(' (expressions are CEL: names, literals, + - * / % == != < <= > >= && || ! ?: in, and functions)",
    ],
  ],
  [
    "E06-proto-field",
    ['5:55 unknown-reference ${data.__proto__.y}: "__proto__" is a reserved name: no data has it'],
  ],
  [
    "E06-proto-in-an-expression",
    [
      "10:19 unknown-reference data['constructor']: \"constructor\" is a reserved name: no data has it",
    ],
  ],
  [
    "E08-expression-of-4097-bytes",
    ["10:19 limit-exceeded expressionBytes: 4097 given, 4096 allowed"],
  ],
  ["E09-thousand-parentheses", ["10:51 limit-exceeded expressionDepth: more than 32"]],
  [
    "E10-list-that-grows",
    ["10:36 invalid-expression map stands inside another one (do it in two stages)"],
  ],
  [
    "E10-text-that-grows",
    [
      '10:19 invalid-expression there is no method "repeat" (known: contains, endsWith, indexOf, join, lastIndexOf, lowerAscii, or, orValue, size, split, startsWith, substring, trim, upperAscii, value, hasValue, all, exists, exists_one, filter)',
    ],
  ],
  [
    "E12-text-less-than-number",
    [
      "10:19 invalid-expression there is no string < number (types are never converted: use string(x), double(x) or int(x))",
    ],
  ],
  [
    "E12-type-of-an-input",
    ['7:48 invalid-input "files" must be of type array, but "${count + 1}" is number'],
  ],
  [
    "E13-regular-expression",
    [
      '10:19 invalid-expression there is no method "matches" (use contains, startsWith or endsWith)',
    ],
  ],
  [
    "E15-environment-as-id",
    [
      '5:12 invalid-cascade stages[0].stage must be 1 to 64 letters, digits, hyphens or underscores, but is "${env.HOME}"',
    ],
  ],
  [
    "E15-environment",
    [
      '10:20 unknown-reference ${env.HOME}: the cascade lists no variable "HOME" (list it under `env` of the cascade, or declare an input)',
    ],
  ],
  ["E15-secret-in-a-text", [`10:26 unknown-reference \${secrets.TOKEN}: ${NO_SECRET}`]],
  ["E16-secret-in-a-choice", [`6:16 unknown-reference secrets.TOKEN: ${NO_SECRET}`]],
  ["E16-secret-in-a-condition", [`7:13 unknown-reference secrets.TOKEN: ${NO_SECRET}`]],
  ["E15-secret-listed-in-a-text", [`7:22 unknown-reference \${secrets.TOKEN}: ${MISPLACED}`]],
  ["E15-secret-in-a-list", [`7:24 unknown-reference \${secrets.TOKEN}: ${MISPLACED}`]],
  ["E15-secret-in-an-output", [`6:15 unknown-reference \${secrets.TOKEN}: ${MISPLACED}`]],
  ["E16-secret-in-an-expression", [`7:24 unknown-reference secrets.TOKEN: ${MISPLACED}`]],
  ["E16-secret-in-a-when", [`6:11 unknown-reference secrets.TOKEN: ${MISPLACED}`]],
  [
    "E15-environment-of-a-secret",
    [
      "2:7 not-allowed the variable API_KEY is named like a secret, and values of `env` are recorded (list it under `secrets` instead)",
      "2:16 not-allowed the variable NATS_URL is a setting of the swarm itself (list it under `secrets` instead)",
    ],
  ],
  ["Y01-empty", ["1:1 invalid-cascade the file must be a mapping, but is empty"]],
  ["Y02-only-comments", ["1:1 invalid-cascade the file must be a mapping, but is empty"]],
  ["Y03-text", ['1:1 invalid-cascade the file must be a mapping, but is "hello"']],
  ["Y04-list", ["1:1 invalid-cascade the file must be a mapping, but is a list of 2"]],
  [
    "Y05-two-documents",
    ["7:1 invalid-yaml a second document begins here: a file holds one cascade"],
  ],
  [
    "Y06-tab-indent",
    [
      "3:1 invalid-yaml Tabs are not allowed as indentation (indent with spaces)",
      "4:1 invalid-yaml Tabs are not allowed as indentation (indent with spaces)",
    ],
  ],
  [
    "Y07-open-quote",
    [
      '1:10 invalid-yaml the text that begins here has no closing " (close it, or begin it without the quote)',
    ],
  ],
  [
    "Y08-colon-too-many",
    [
      "1:10 invalid-yaml Nested mappings are not allowed in compact mappings (a text that holds `: ` needs quotes)",
    ],
  ],
  ["Y09-stage-twice", ['7:5 invalid-cascade two stages are called "a" (rename one of them)']],
  ["Y10-key-twice", ['9:5 invalid-yaml the key "timeout" stands twice in this mapping']],
  [
    "Y11-misspelt-key",
    ['2:1 invalid-cascade the key "stagse" is not known here (did you mean "stages"?)'],
  ],
  ["Y12-no-stages", ['1:1 invalid-cascade the key "stages" is missing']],
  ["Y13-stages-mapping", ["2:9 invalid-cascade stages must be a list, but is a mapping"]],
  ["Y14-stages-empty", ["2:9 invalid-cascade stages must not be empty, but is an empty list"]],
  ["Y15-no-skill", ["5:5 invalid-cascade a stage needs a skill (add `skill: <name>`)"]],
  [
    "Y16-needs-unknown",
    ['8:13 invalid-cascade no stage is called "colect" (did you mean "collect"?)'],
  ],
  [
    "Y17-needs-itself",
    [
      "5:5 invalid-cascade stages need each other: a → a (take one of them out of the other's `needs`)",
    ],
  ],
  [
    "Y18-cycle-of-three",
    [
      "5:5 invalid-cascade stages need each other: a → b → c → a (take one of them out of the other's `needs`)",
    ],
  ],
  [
    "Y19-cycle-of-cascades",
    [
      '3:30 invalid-cascade the cascade "Y19-inner" is not valid: Y19-inner.yaml:3:30 cascades use each other: Y19-cycle-of-cascades → Y19-inner → Y19-cycle-of-cascades',
    ],
  ],
  [
    "Y20-unreachable-branch",
    [
      "5:5 invalid-cascade there is no branch for one of true and false (add it, or `default`)",
      '9:18 invalid-cascade the branch "otherwise" is never taken: the condition is of type boolean (call the branches `then` and `else`)',
    ],
  ],
  [
    "Y21-join-across-branches",
    ['12:48 invalid-cascade no stage is called "long" (there are none)'],
  ],
  [
    "Y21-join-inside-a-branch",
    [
      '15:13 invalid-cascade the stage "long" is inside "choose" (need "choose" instead)',
      '15:19 invalid-cascade the stage "short" is inside "choose" (need "choose" instead)',
    ],
  ],
  [
    "Y22-negative-retries",
    ["7:36 invalid-cascade stages[0].error_handling.max_retries must be at least 0, but is -1"],
  ],
  [
    "Y23-huge-retries",
    [
      "7:36 invalid-cascade stages[0].error_handling.max_retries must be at most 99, but is 1000000000",
    ],
  ],
  [
    "Y24-retries-as-text",
    ['7:36 invalid-cascade stages[0].error_handling.max_retries must be a number, but is "3"'],
  ],
  [
    "Y25-timeout-text-without-unit",
    [
      '7:14 invalid-cascade "10" is not a duration (write a number and a unit: 500ms, 90s, 10m, 1.5h)',
    ],
  ],
  [
    "Y25-timeout-without-unit",
    ["7:14 invalid-cascade stages[0].timeout must be a text with a unit, such as 10m, but is 10"],
  ],
  [
    "Y26-endless-timeout",
    [
      "7:14 limit-exceeded taskTimeoutMs: 359999999996400000 given, 1 to 86400000 allowed (at least 1ms, at most 24h)",
    ],
  ],
  ["Y27-timeout-infinite", ["7:14 invalid-yaml .inf is not a number that JSON can hold"]],
  [
    "Y27-timeout-nan-text",
    [
      '7:14 invalid-cascade "NaN" is not a duration (write a number and a unit: 500ms, 90s, 10m, 1.5h)',
    ],
  ],
  ["Y27-timeout-not-a-number", ["7:14 invalid-yaml .nan is not a number that JSON can hold"]],
  [
    "Y29-no-as-a-boolean",
    ['7:24 invalid-cascade stages[0].continue_on_error must be true or false, but is "no"'],
  ],
  [
    "Y31-integer-over-2-53",
    ["7:25 invalid-yaml 9007199254740993 is too large to be kept exactly (put it in quotes)"],
  ],
  ["Y36-alias-of-nothing", ["7:25 invalid-yaml the alias *later names no anchor before it"]],
  ["Y36-anchor-inside-itself", ["8:25 invalid-yaml the alias *a stands inside what it names"]],
  [
    "Y37-merge-key",
    [
      "6:7 invalid-yaml a merge key (`<<`) takes a mapping or a list of mappings (write <<: *name, or <<: [*one, *other])",
    ],
  ],
  [
    "Y38-tag-of-a-function",
    ["7:25 invalid-yaml the tag !!js/function is not known (write the value without it)"],
  ],
  [
    "Y39-tag-binary",
    ["7:25 invalid-yaml the tag !!binary is not known (write the value without it)"],
  ],
  [
    "Y40-tag-custom",
    ["7:25 invalid-yaml the tag !custom is not known (write the value without it)"],
  ],
  ["Y41-constructor-key", ['7:5 invalid-yaml the key "constructor" is not allowed']],
  [
    "Y41-proto-as-input",
    ['3:11 invalid-cascade inputs[0].name must not be a reserved name, but is "__proto__"'],
  ],
  [
    "Y41-proto-as-stage",
    [
      '5:14 invalid-cascade "__proto__" cannot name a stage: it has a meaning of its own',
      '6:14 invalid-cascade "constructor" cannot name a stage: it has a meaning of its own',
    ],
  ],
  ["Y41-proto-key", ['7:27 invalid-yaml the key "__proto__" is not allowed']],
  ["Y42-bel", ["7:20 invalid-yaml the character U+0007 is not allowed"]],
  [
    "Y42-lone-surrogate-bytes",
    ["7:20 invalid-yaml the byte 0xED is not UTF-8 (save the file as UTF-8)"],
  ],
  ["Y42-lone-surrogate-escaped", ["7:18 invalid-yaml the text holds half of a surrogate pair"]],
  [
    "Y42-nul-escaped",
    [
      '7:18 invalid-cascade stages[0].description must not hold invisible characters, but is "a\\u0000b"',
    ],
  ],
  ["Y42-nul", ["7:20 invalid-yaml the character U+0000 is not allowed (save the file as UTF-8)"]],
  ["Y43-latin-1", ["7:20 invalid-yaml the byte 0xF6 is not UTF-8 (save the file as UTF-8)"]],
  [
    "Y43-utf-16-be-without-mark",
    ["1:1 invalid-yaml the character U+0000 is not allowed (save the file as UTF-8)"],
  ],
  ["Y43-utf-16-le", ["1:1 invalid-yaml the byte 0xFF is not UTF-8 (save the file as UTF-8)"]],
  ["Y44-empty-key", [`7:5 invalid-cascade the key "" is not known here (${STAGE_KEYS})`]],
  [
    "Y44-list-as-key",
    ["7:7 invalid-yaml a key must be a text (write it as one text, in quotes if need be)"],
  ],
  [
    "Y44-mapping-as-key",
    ["7:7 invalid-yaml a key must be a text (write it as one text, in quotes if need be)"],
  ],
  ["Y44-null-key", [`7:5 invalid-cascade the key "" is not known here (${STAGE_KEYS})`]],
  ["Y44-null-tilde-key", [`7:5 invalid-cascade the key "~" is not known here (${STAGE_KEYS})`]],
  ["Y44-number-as-key", [`7:5 invalid-cascade the key "1" is not known here (${STAGE_KEYS})`]],
  [
    "Y46-cyrillic-skill",
    [
      '5:24 unknown-skill no skill is called "lіst" (did you mean "list"? U+0456 in it is no letter a to z)',
    ],
  ],
  [
    "Y46-cyrillic-stage",
    [
      '5:14 invalid-cascade stages[0].stage must be 1 to 64 letters, digits, hyphens or underscores, but is "а" (U+0430 in it is no letter a to z)',
    ],
  ],
  [
    "Y46-right-to-left-escaped",
    [
      '6:11 invalid-cascade stages[0].name must not hold invisible characters, but is "a\\u202egnp.exe"',
    ],
  ],
  ["Y46-right-to-left-name", ["6:13 invalid-yaml the character U+202E is not allowed"]],
  [
    "Y46-zero-width-key",
    [
      '5:17 invalid-cascade the key "skill\\u200b" is not known here (did you mean "skill"? U+200B in it is no letter a to z)',
    ],
  ],
  [
    "Y46-zero-width-stage",
    [
      '5:14 invalid-cascade stages[0].stage must be 1 to 64 letters, digits, hyphens or underscores, but is "a\\u200b" (U+200B in it is no letter a to z)',
    ],
  ],
];

function numbered(count: number, line: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => line(n)).join("");
}

/** Each list holds the one before it ten times. */
const bomb = numbered(9, (n) => {
  const below = n === 0 ? "x" : `*a${n - 1}`;
  return `a${n}: &a${n} [${Array(10).fill(below).join(", ")}]\n`;
});
/** Each list holds the one before it, sixty deep. */
const tower = numbered(30, (n) => {
  const below = n === 0 ? "x" : `*a${n - 1}`;
  return `a${n}: &a${n} ${"[".repeat(60)}${below}${"]".repeat(60)}\n`;
});

const MADE: readonly (readonly [what: string, text: string, first: string, errors: number])[] = [
  [
    "Y32 an alias bomb",
    bomb,
    "5:45 invalid-yaml aliases make more than 100000 values of this file",
    1,
  ],
  [
    "Y32 aliases that lead to lists thousands deep",
    tower,
    "2:69 limit-exceeded yamlDepth: 121 given by aliases, 64 allowed",
    1,
  ],
  [
    "Y33 20,000 brackets",
    "[".repeat(20_000),
    "1:65 limit-exceeded yamlDepth: 20000 given, 64 allowed",
    1,
  ],
  [
    "Y34 20,000 dashes",
    "- ".repeat(20_000),
    "1:129 limit-exceeded yamlDepth: 20000 given, 64 allowed",
    1,
  ],
  [
    "Y35 a mapping 3,000 deep",
    "{a: ".repeat(3_000),
    "1:257 limit-exceeded yamlDepth: 3000 given, 64 allowed",
    1,
  ],
  [
    "Y37 a merge key of 500 aliases",
    `${numbered(500, (n) => `b${n}: &b${n} { k${n}: 1 }\n`)}all:\n  <<: [${numbered(500, (n) => `*b${n}, `)}]\n`,
    '1:1 invalid-cascade the key "cascade" is missing',
    101,
  ],
  [
    "Y45 a text of 5 MB on one line",
    `cascade: c\ndescription: ${"x".repeat(5_000_000)}\n`,
    "1:1 limit-exceeded cascadeFileBytes: 5000025 given, 1048576 allowed",
    1,
  ],
  [
    "Y45 50,000 keys",
    `cascade: c\n${numbered(50_000, (n) => `key${n}: 1\n`)}`,
    '1:1 invalid-cascade the key "stages" is missing',
    101,
  ],
];

/** The value of a template where inputs have these values. */
function valueFor(template: Template | undefined, inputs: Readonly<Record<string, Json>>): Json {
  if (template === undefined) throw new Error("no template");
  return evaluate(template, {
    input: (name) => inputs[name],
    stage: () => undefined,
    status: () => undefined,
    run: () => null,
    loaded: () => undefined,
  });
}

function planOf(name: string): Plan {
  const compiled = compileFile(name);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics, null, 2));
  return compiled.plan;
}

/** What the skill of the last stage is given as `findings`. */
function findingsOf(name: string): Template | undefined {
  return planOf(name).stages.at(-1)?.skills[0]?.inputs["findings"];
}

describe("bad input is refused with its code, its place and what to do:", () => {
  it.each(REFUSED)("%s", (name, errors) => {
    expect(errorsOf(() => compileFile(name))).toEqual(errors);
  });

  it.each(MADE)("%s", (_, text, first, count) => {
    const errors = errorsOf(() => compileCascade({ text, file: "c.yaml" }, testCatalog));
    expect([errors[0], errors.length]).toEqual([first, count]);
  });
});

describe("input that only looks bad means what it says:", () => {
  it("Y20 a stage that nothing leads to starts at once, and one that is switched off is skipped", () => {
    const { stages } = planOf("Y20-stages-apart");
    expect(stages.map(({ id, needs, when }) => [id, needs, when])).toEqual([
      ["a", [], undefined],
      ["alone", [], undefined],
      ["never", [], { kind: "literal", value: false }],
    ]);
  });

  it("Y21 a join needs the choice, whichever branch was taken", () => {
    const { stages } = planOf("Y21-join-of-the-choice");
    expect(stages.map(({ id, needs }) => [id, needs])).toEqual([
      ["choose--decision", []],
      ["choose--then", [0]],
      ["choose--else", [0]],
      ["join", [0, 1, 2]],
    ]);
    expect(findingsOf("Y21-join-of-the-choice")).toEqual({
      kind: "reference",
      reference: { scope: { kind: "stage", indexes: [1, 2] }, path: [], source: "${choose}" },
    });
  });

  it("Y28 a version is kept as it is written", () => {
    expect(planOf("Y28-version-1.10").version).toBe("1.10");
  });

  it("Y29 `no`, `y` and `on` are texts", () => {
    const value = ["no", "y", "on", "off", "yes", "NO"];
    expect(findingsOf("Y29-no-and-on-are-texts")).toEqual({ kind: "literal", value });
  });

  it("Y30 a date is a text", () => {
    const value = ["2026-11-25", "2026-11-25T10:00:00Z", "12:30:45"];
    expect(findingsOf("Y30-date-is-a-text")).toEqual({ kind: "literal", value });
  });

  it("Y43 UTF-8 with a byte order mark is UTF-8", () => {
    expect(planOf("Y43-utf-8-with-mark").stages.map(({ id }) => id)).toEqual(["a"]);
  });

  it("E07 a key that is put together reaches only data", () => {
    const template = findingsOf("E07-proto-put-together");
    expect(() => valueFor(template, { data: { a: 1 } })).toThrow("No such key: __proto__");
  });

  it.each([
    ["E11-divides-by-zero", "${count / 0}: it divides by zero"],
    ["E11-no-number", "${1.7e308 * 10 - 1.7e308 * 10}: the result is NaN, which is no number"],
  ])("%s fails in the run", (name, message) => {
    expect(() => valueFor(findingsOf(name), { count: 3 })).toThrow(
      expect.objectContaining({ code: "expression-failed", message }),
    );
  });

  it("E14 what comes from data is not evaluated again", () => {
    const path = "${inputs.count} ${env.HOME}";
    const template = findingsOf("E14-data-is-not-evaluated-again");
    expect(valueFor(template, { path })).toBe(`read ${path}`);
    expect(valueFor(findingsOf("E14-escaped"), { path })).toBe(`\${path} is ${path}`);
  });

  it("E15 a title and a description are not evaluated", () => {
    const { stages } = planOf("E15-environment-in-a-name");
    expect(stages.map(({ id, skills }) => [id, skills.map(({ inputs }) => inputs)])).toEqual([
      [
        "a",
        [
          {
            path: {
              kind: "reference",
              reference: {
                scope: { kind: "input", name: "path" },
                path: [],
                source: "${inputs.path}",
              },
            },
          },
        ],
      ],
    ]);
  });
});
