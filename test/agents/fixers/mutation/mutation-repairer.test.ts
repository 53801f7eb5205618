import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { openMutationRepairer } from "../../../../agents/fixers/mutation/mutation-repairer.ts";
import { LIMITS } from "../../../../core/limits.ts";
import { makePlace } from "../../../support/place.ts";
import { failure, propose } from "./repair-request.ts";

/** A slip, what was meant, what the test says, and by which candidate it is undone at the latest. */
interface Slip {
  readonly slip: string;
  readonly wrong: string;
  readonly right: string;
  readonly message: string;
  readonly within: number;
  readonly file?: string;
}

const body = (code: string): string => `export function f(values, from, to) {\n  ${code}\n}\n`;
const python = (code: string): string => `def f(values, start, stop):\n    ${code}\n`;

const SCRIPT_SLIPS: readonly Slip[] = [
  {
    slip: "a boundary",
    wrong: body("return from <= to;"),
    right: body("return from < to;"),
    message: "expected true to be false",
    within: 3,
  },
  {
    slip: "a comparison the other way round",
    wrong: body("return values.filter((value) => value < from);"),
    right: body("return values.filter((value) => value > from);"),
    message: "expected [ 1 ] to deeply equal [ 3 ]",
    within: 5,
  },
  {
    slip: "an operator of numbers",
    wrong: body("return from - to;"),
    right: body("return from + to;"),
    message: "expected -1 to be 5",
    within: 3,
  },
  {
    slip: "sides in the wrong order",
    wrong: body("return from - to;"),
    right: body("return to - from;"),
    message: "expected -4 to be 4",
    within: 3,
  },
  {
    slip: "an operator of conditions",
    wrong: body("if (from || to) return 1;\n  return 2;"),
    right: body("if (from && to) return 1;\n  return 2;"),
    message: "expected 1 to be 2",
    within: 8,
  },
  {
    slip: "`||` where zero is a value",
    wrong: body("return from || 8;"),
    right: body("return from ?? 8;"),
    message: "expected 8 to be 0",
    within: 8,
  },
  {
    slip: "a missing not",
    wrong: body("if (values.includes(from)) return 1;\n  return 2;"),
    right: body("if (!values.includes(from)) return 1;\n  return 2;"),
    message: "expected 1 to be 2",
    within: 8,
  },
  {
    slip: "a not too much",
    wrong: body("return !values.includes(from);"),
    right: body("return values.includes(from);"),
    message: "expected true to be false",
    within: 3,
  },
  {
    slip: "a length one too long",
    wrong: body("return values[values.length];"),
    right: body("return values[values.length - 1];"),
    message: "expected undefined to be 3",
    within: 5,
  },
  {
    slip: "a first place one too far",
    wrong: body(
      "let sum = 0;\n  for (let i = 1; i < values.length; i++) sum += values[i];\n  return sum;",
    ),
    right: body(
      "let sum = 0;\n  for (let i = 0; i < values.length; i++) sum += values[i];\n  return sum;",
    ),
    message: "expected 5 to be 6",
    within: 12,
  },
  {
    slip: "counting the wrong way",
    wrong: body("let n = 0;\n  for (const value of values) n--;\n  return n;"),
    right: body("let n = 0;\n  for (const value of values) n++;\n  return n;"),
    message: "expected -3 to be 3",
    within: 5,
  },
  {
    slip: "min for max",
    wrong: body("return Math.min(from, to);"),
    right: body("return Math.max(from, to);"),
    message: "expected 2 to be 7",
    within: 5,
  },
  {
    slip: "push for unshift",
    wrong: body("const out = [];\n  for (const value of values) out.push(value);\n  return out;"),
    right: body(
      "const out = [];\n  for (const value of values) out.unshift(value);\n  return out;",
    ),
    message: "expected [ 1, 2 ] to deeply equal [ 2, 1 ]",
    within: 5,
  },
  {
    slip: "arguments in the wrong order",
    wrong: body("return between(to, from);"),
    right: body("return between(from, to);"),
    message: "expected 3 to be 8",
    within: 5,
  },
  {
    slip: "outcomes in the wrong order",
    wrong: body("return from === to ? 1 : 2;"),
    right: body("return from === to ? 2 : 1;"),
    message: "expected 1 to be 2",
    within: 8,
  },
  {
    slip: "a missing return of the last value",
    wrong: body("values.map((value) => value * from);"),
    right: body("return values.map((value) => value * from);"),
    message: "expected undefined to deeply equal [ 2, 4 ]",
    within: 3,
  },
  {
    slip: "a missing return of what was built",
    wrong: body("const out = [];\n  for (const value of values) out.push(value + from);"),
    right: body(
      "const out = [];\n  for (const value of values) out.push(value + from);\n  return out;",
    ),
    message: "expected undefined to deeply equal [ 2, 3 ]",
    within: 4,
  },
  {
    slip: "a missing guard against zero",
    wrong: "export function share(part, whole) {\n  return part / whole;\n}\n",
    right:
      "export function share(part, whole) {\n  if (whole === 0) return 0;\n  return part / whole;\n}\n",
    message: "expected NaN to be 0",
    within: 5,
  },
  {
    slip: "a missing guard against nothing",
    wrong: "export function nameOf(user) {\n  return user.name;\n}\n",
    right: "export function nameOf(user) {\n  return user?.name;\n}\n",
    message: "Cannot read properties of undefined (reading 'name')",
    within: 10,
  },
  {
    slip: "a guard too much",
    wrong: body("if (from > 3) return 0;\n  return from + to;"),
    right: body("return from + to;"),
    message: "expected 0 to be 9",
    within: 20,
  },
  {
    slip: "a truth value",
    wrong: body("return { ok: true, of: values };"),
    right: body("return { ok: false, of: values };"),
    message: "expected true to be false",
    within: 2,
  },
  {
    slip: "a text that the failure names",
    wrong: body('return from ? "yes" : "on";'),
    right: body('return from ? "yes" : "no";'),
    message: "expected 'on' to be 'no' // Object.is equality",
    within: 3,
  },
  {
    slip: "a separator",
    wrong: body('return values.join("");'),
    right: body('return values.join(", ");'),
    message: "expected '12' to be '1, 2'",
    within: 6,
  },
  {
    slip: "a missing await",
    wrong: "export async function f(load) {\n  const all = load();\n  return all.length;\n}\n",
    right:
      "export async function f(load) {\n  const all = await load();\n  return all.length;\n}\n",
    message: "expected Promise {} to be 3",
    within: 3,
  },
  {
    slip: "another variable with a like name",
    wrong:
      "export function f(width, widthInside) {\n  return { width: width, inside: width };\n}\n",
    right:
      "export function f(width, widthInside) {\n  return { width: width, inside: widthInside };\n}\n",
    message: "expected 5 to be 4",
    within: 4,
  },
  {
    slip: "the order of sort",
    wrong: body("return values.sort();"),
    right: body("return values.sort((a, b) => a - b);"),
    message: "expected [ 10, 9 ] to deeply equal [ 9, 10 ]",
    within: 4,
  },
  {
    slip: "which operator binds first",
    wrong: body("return from + to / 2;"),
    right: body("return (from + to) / 2;"),
    message: "expected 4 to be 3.5",
    within: 12,
  },
  {
    slip: "an assignment in a condition",
    wrong: body("if (from = to) return 1;\n  return 2;"),
    right: body("if (from === to) return 1;\n  return 2;"),
    message: "expected 1 to be 2",
    within: 6,
  },
  {
    slip: "a slip in TypeScript",
    file: "source.ts",
    wrong: "export const isOld = (age: number): boolean => age > 18;\n",
    right: "export const isOld = (age: number): boolean => age >= 18;\n",
    message: "expected false to be true",
    within: 3,
  },
  {
    slip: "a slip in JSX",
    file: "source.jsx",
    wrong:
      "export const List = ({ items }) => <ul>{items.length < 0 && <li>{items[0]}</li>}</ul>;\n",
    right:
      "export const List = ({ items }) => <ul>{items.length > 0 && <li>{items[0]}</li>}</ul>;\n",
    message: "expected '<ul></ul>' to be '<ul><li>a</li></ul>'",
    within: 5,
  },
];

const PYTHON_SLIPS: readonly Slip[] = [
  {
    slip: "a boundary",
    wrong: python("return start <= stop"),
    right: python("return start < stop"),
    message: "assert True == False",
    within: 3,
  },
  {
    slip: "`in` for `not in`",
    wrong: python("return start in values"),
    right: python("return start not in values"),
    message: "assert True == False",
    within: 3,
  },
  {
    slip: "the end of a range",
    wrong: python("return [n for n in range(start, stop)]"),
    right: python("return [n for n in range(start, stop + 1)]"),
    message: "assert [1, 2] == [1, 2, 3]",
    within: 8,
  },
  {
    slip: "a division that loses its rest",
    wrong: python("return start // stop"),
    right: python("return start / stop"),
    message: "assert 1 == 1.5",
    within: 3,
  },
  {
    slip: "a condition that is negated",
    wrong: python("if not values:\n        return 1\n    return 2"),
    right: python("if values:\n        return 1\n    return 2"),
    message: "assert 1 == 2",
    within: 8,
  },
  {
    slip: "a missing return",
    wrong: python("sorted(values)"),
    right: python("return sorted(values)"),
    message: "assert None == [1, 2]",
    within: 3,
  },
  {
    slip: "a missing guard",
    wrong: python("return start / stop"),
    right: python("if not stop:\n        return 0\n    return start / stop"),
    message: "ZeroDivisionError: division by zero",
    within: 20,
  },
  {
    slip: "any for all",
    wrong: python("return any(value > start for value in values)"),
    right: python("return all(value > start for value in values)"),
    message: "assert True == False",
    within: 6,
  },
];

describe("the right edit is among the first", () => {
  it.each(SCRIPT_SLIPS)("for $slip", async ({
    file = "source.js",
    wrong,
    right,
    message,
    within,
  }) => {
    expect(await rankOf(file, { wrong, right, message })).toBeLessThanOrEqual(within);
  });

  it.each(PYTHON_SLIPS)("for $slip in Python", async ({ wrong, right, message, within }) => {
    expect(await rankOf("source.py", { wrong, right, message })).toBeLessThanOrEqual(within);
  });
});

/** Infinite when it is not among them. */
async function rankOf(
  file: string,
  { wrong, right, message }: Pick<Slip, "wrong" | "right" | "message">,
): Promise<number> {
  const { candidates } = await propose({ [file]: wrong }, { failures: [failure(message)] });
  const index = candidates.findIndex(({ edits }) => edits[file] === right);
  return index === -1 ? Number.POSITIVE_INFINITY : index + 1;
}

describe("the mutation repairer", () => {
  const SOURCE = body(
    "if (from < 0 || values.length === 0) return [];\n  return values.slice(from, to + 1);",
  );

  it("gives the same candidates in the same order, none of them twice, and never the text as it is", async () => {
    const [first, second] = [await propose({ "a.js": SOURCE }), await propose({ "a.js": SOURCE })];
    expect(second).toEqual(first);
    const texts = first.candidates.map(({ edits }) => edits["a.js"]);
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts).not.toContain(SOURCE);
    expect(texts.length).toBeGreaterThan(40);
  });

  it("says in one line what it changes and where", async () => {
    const { candidates } = await propose({ "src/a.js": "export const f = (n) => n > 1;\n" });
    expect(candidates[0]).toEqual({
      description: "src/a.js:1:27: boundary: `>` becomes `>=`",
      edits: { "src/a.js": "export const f = (n) => n >= 1;\n" },
    });
  });

  it("passes over what was tried before", async () => {
    const { candidates } = await propose({ "a.js": SOURCE });
    const earlier = candidates.slice(0, 3).map(({ description }) => ({ description, why: "no" }));
    const rest = await propose({ "a.js": SOURCE }, { earlier });
    expect(rest.candidates).toEqual(candidates.slice(3));
  });

  it("keeps all but its edit byte for byte: byte order mark, ends of lines, blanks", async () => {
    const source = "\uFEFFexport function f(a) {\r\n\treturn a  >  1 ;  \r\n}";
    const { candidates } = await propose({ "a.js": source });
    expect(candidates.map(({ edits }) => edits["a.js"])).toContain(source.replace(">", ">="));
    const added = candidates.find(({ description }) => description.includes("added-guard"));
    expect(added?.edits["a.js"]).toMatch(
      /^\uFEFFexport function f\(a\) \{\r\n\tif \(.*;\r\n\treturn a {2}> {2}1 ; {2}\r\n\}$/,
    );
  });

  it("keeps a byte order mark of Python", async () => {
    const source = "\uFEFFdef f(a):\r\n    return a > 1\r\n";
    const { candidates } = await propose({ "a.py": source });
    expect(candidates[0]?.edits["a.py"]).toBe("\uFEFFdef f(a):\r\n    return a >= 1\r\n");
  });

  it("says why it passes a file over, and goes on with the others", async () => {
    const { candidates, skipped } = await propose(
      {
        "broken.js": "export function f( {",
        "broken.py": "def f(:\n",
        "minified.js": `export const a=${"1+".repeat(3_000)}1;`,
        "huge.js": "// a comment\n".repeat(50_000),
        "binary.js": "a\0b",
        "style.css": "a { color: red }",
        "deep.js": `x = ${"[\n".repeat(60_000)}`,
        "good.js": "export const f = (n) => n > 1;\n",
      },
      {
        suspects: [
          "broken.js",
          "broken.py",
          "minified.js",
          "huge.js",
          "binary.js",
          "style.css",
          "deep.js",
          "gone.js",
          "../out.js",
          "good.js",
        ],
      },
    );
    expect(skipped).toEqual({
      "broken.js": expect.stringMatching(/^syntax error: /),
      "broken.py": "syntax error",
      "minified.js": "it is minified",
      "huge.js": `it is larger than ${LIMITS.repairFileBytes} bytes`,
      "binary.js": "it is not text",
      "style.css": "its language is not known here",
      "deep.js": "nested too deeply",
      "gone.js": "it is not in the workspace",
      "../out.js": "it is not in the workspace",
    });
    expect(candidates[0]?.edits).toEqual({ "good.js": "export const f = (n) => n >= 1;\n" });
  });

  it("passes over a file that is not UTF-8, which it could not keep as it is", async () => {
    await using place = await makePlace({ "latin.js": "" });
    await writeFile(place.path("latin.js"), Buffer.from("export const a = '\xe9';\n", "latin1"));
    const skipped: string[] = [];
    const fixer = openMutationRepairer({ onSkipped: (...why) => skipped.push(why.join(": ")) });
    const request = {
      workspace: place.root,
      failures: [],
      suspects: ["latin.js"],
      attempt: 1,
      earlier: [],
    };
    for await (const _ of fixer.candidates(request, new AbortController().signal)) expect.fail();
    expect(skipped).toEqual(["latin.js: it is not UTF-8"]);
  });

  it("proposes only what its language accepts, of a file with many kinds of syntax", async () => {
    const source = `import { x } from "./x.js";
export class A { #n = 1; static s = -1; get n() { return this.#n ?? x; } async *m(...r) { for await (const a of r) yield a?.b[0]; } }
label: for (const k in { a: 1 }) { if (k) continue label; else break; }
export default async (a = 1, { b, ...c } = {}) => { try { await a; } catch { throw new Error(\`\${b}\`); } finally { delete c.d; } };
`;
    const { candidates } = await propose({ "a.js": source });
    expect(candidates.length).toBeGreaterThan(30);
  });

  it("keeps to its limits for one file", async () => {
    const source = Array.from(
      { length: 200 },
      (_, n) => `export const f${n} = (a, b) => a + b > ${n};\n`,
    );
    const { candidates } = await propose({ "a.js": source.join("") });
    expect(candidates).toHaveLength(LIMITS.repairCandidatesPerFile);
  });

  it("works only as far as it is asked", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [`f${n}.js`, "export const f = (a, b) => a > b;\n"]),
    );
    await using place = await makePlace(files);
    const skipped: string[] = [];
    const fixer = openMutationRepairer({ onSkipped: (file) => skipped.push(file) });
    const suspects = [...Object.keys(files), "gone.js"];
    const request = { workspace: place.root, failures: [], suspects, attempt: 1, earlier: [] };
    const candidates = fixer.candidates(request, new AbortController().signal);
    const first = await candidates[Symbol.asyncIterator]().next();
    expect(first.done).toBe(false);
    expect(skipped).toEqual([]);
  });

  it("stops with the reason of an aborted signal", async () => {
    await using place = await makePlace({ "a.js": SOURCE });
    const controller = new AbortController();
    const request = {
      workspace: place.root,
      failures: [],
      suspects: ["a.js"],
      attempt: 1,
      earlier: [],
    };
    const asked = async (): Promise<void> => {
      for await (const _ of openMutationRepairer().candidates(request, controller.signal)) {
        controller.abort(new Error("no longer wanted"));
      }
    };
    await expect(asked()).rejects.toThrow("no longer wanted");
  });
});
