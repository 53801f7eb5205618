import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fingerprintsOf } from "../../skills/complexity-analysis/fingerprints.ts";
import { readTokens } from "../../skills/complexity-analysis/tokens.ts";
import { type ClonePlace, findClones } from "../../skills/duplication.ts";
import { languageOf } from "../../skills/source-file.ts";

const FOLDER = fileURLToPath(new URL("../fixtures/skills/clones/", import.meta.url));

/** The copies that were seeded. Everything else in the folder only looks alike. */
const SEEDED: readonly (readonly ClonePlace[])[] = [
  [place("Exact1.java", 8, 21), place("Exact2.java", 9, 22)],
  [place("exact-a.ts", 21, 37), place("exact-b.ts", 19, 35)],
  [place("renamed-a.js", 1, 13), place("renamed-b.js", 2, 15)],
  [place("renamed-c.py", 5, 16), place("renamed-d.py", 9, 19)],
  [place("shell-a.sh", 4, 15), place("shell-b.sh", 6, 17)],
  [place("three-a.go", 9, 22), place("three-b.go", 11, 24), place("three-c.go", 9, 22)],
  [place("within.rs", 4, 15), place("within.rs", 23, 34)],
];

describe("findClones", () => {
  it("finds each seeded copy, and nothing in code that looks alike", () => {
    const found = clonesOf(corpus()).groups.map(({ places }) => places);
    const right = found.filter((places) => SEEDED.some((seeded) => isTheSame(places, seeded)));
    const seen = SEEDED.filter((seeded) => found.some((places) => isTheSame(places, seeded)));
    const precision = right.length / found.length;
    const recall = seen.length / SEEDED.length;
    process.stdout.write(`clones: precision ${precision}, recall ${recall} of ${SEEDED.length}\n`);

    expect({ precision, recall }).toEqual({ precision: 1, recall: 1 });
  });

  it("says how long a clone is and where each copy stands", () => {
    const files = corpus().filter(({ file }) => file.startsWith("three"));

    expect(clonesOf(files)).toEqual({
      groups: [
        {
          tokens: 86,
          lines: 14,
          places: [
            place("three-a.go", 9, 22),
            place("three-b.go", 11, 24),
            place("three-c.go", 9, 22),
          ],
        },
      ],
      duplicated_lines: 42,
      matches_left_out: 0,
    });
  });

  it("does not depend on the order in which the batches come", () => {
    expect(clonesOf(corpus().reverse())).toEqual(clonesOf(corpus()));
  });

  it("leaves out copies of fewer lines than five, however long these are", () => {
    const line = readFileSync(`${FOLDER}renamed-a.js`, "utf8").replaceAll(/\n\s*/g, " ");
    const ofLines = (breaks: number) => {
      let left = breaks;
      const text = line.replaceAll("; ", () => (left-- > 0 ? ";\n" : "; "));
      return ["a.js", "b.js"].map((file) => ({ file, text: `const ${file[0]} = 1;\n${text}` }));
    };

    expect(clonesOf(ofLines(3)).groups).toEqual([]);
    expect(clonesOf(ofLines(7)).groups).toHaveLength(1);
  });

  it("tells a copy from code whose names are mixed up", () => {
    const text = readFileSync(`${FOLDER}renamed-a.js`, "utf8");
    const mixed = text.replaceAll("sum += values[i]", "i += sum[values]");

    expect(
      clonesOf([
        { file: "a.js", text },
        { file: "b.js", text: mixed },
      ]).groups,
    ).toEqual([]);
  });

  it.each([
    ["the same line", "a = f(b, c) + d;\n".repeat(40_000)],
    ["quotes", "\"'`\n".repeat(200_000)],
    ["comment openings", "/* ".repeat(300_000)],
    ["one word", "a".repeat(900_000)],
    ["import lists", "import {\n".repeat(100_000)],
  ])("takes files full of %s in bounded time and space", (_, text) => {
    const files = ["a.js", "b.js"].map((file) => fingerprintsOf(file, text, "JavaScript"));

    expect(files.every(({ fingerprints }) => fingerprints.length <= 4_000)).toBe(true);
    expect(findClones(files).groups.length).toBeLessThan(5_000);
  });

  it("keeps the same windows of a long text in every file, and says how many it leaves out", () => {
    const text = Array.from({ length: 20_000 }, (_, at) => `if (a${at}.b${at * 7}) c(d.e${at});\n`);
    const [first, second] = ["a.js", "b.js"].map((file) =>
      fingerprintsOf(file, text.join(""), "JavaScript"),
    );

    expect(first?.left_out).toBeGreaterThan(10_000);
    expect(first?.fingerprints).toEqual(second?.fingerprints);
  });
});

describe("readTokens", () => {
  it.each([
    ["JavaScript", "a /* b */ // c\n`d\ne` 'f", ["a", "`d\ne`", "'f"]],
    ["Python", "a # b\n'''c\nd''' \"e\" ", ["a", "'''c\nd'''", '"e"']],
    ["Rust", "&'a x::y", ["&", "'", "a", "x", "::", "y"]],
    ["SQL", "a -- b\n/* c */ 1.5e3", ["a", "1.5e3"]],
    ["Lua", "a --[[ b\n]] c -- d", ["a", "c"]],
    ["Go", "a /* never closed", ["a"]],
  ])("reads %s", (language, text, expected) => {
    expect(readTokens(text, language).map((token) => token.text)).toEqual(expected);
  });

  it("knows on which line a token begins and ends", () => {
    expect(readTokens("a\n`b\nc` d", "Go").map(({ line, endLine }) => [line, endLine])).toEqual([
      [1, 1],
      [2, 3],
      [3, 3],
    ]);
  });
});

interface Source {
  readonly file: string;
  readonly text: string;
}

function corpus(): Source[] {
  return readdirSync(FOLDER).map((file) => ({ file, text: readFileSync(FOLDER + file, "utf8") }));
}

function clonesOf(files: readonly Source[]) {
  return findClones(
    files.map(({ file, text }) => fingerprintsOf(file, text, languageOf(file) ?? "")),
  );
}

function place(file: string, start_line: number, end_line: number): ClonePlace {
  return { file, start_line, end_line };
}

/** The same files, and of each seeded stretch at least half. */
function isTheSame(found: readonly ClonePlace[], seeded: readonly ClonePlace[]): boolean {
  return (
    found.length === seeded.length &&
    found.every((each, at) => {
      const truth = seeded[at];
      if (truth === undefined || truth.file !== each.file) return false;
      const shared =
        Math.min(each.end_line, truth.end_line) - Math.max(each.start_line, truth.start_line) + 1;
      return shared >= (truth.end_line - truth.start_line + 1) / 2;
    })
  );
}
