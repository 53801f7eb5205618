import { describe, expect, it } from "vitest";
import { replaced, replacementsIn } from "../../../../agents/fixers/model/model-answer.ts";

const FILE = "export function sum(a, b) {\n  // adds\n  return a - b;\n}\n";
const MENDED = FILE.replace("a - b", "a + b");

describe("the change in a model's answer", () => {
  it.each([
    [
      "search and replace blocks",
      "It subtracted.\n\nsrc/sum.js\n<<<<<<< SEARCH\n  return a - b;\n=======\n  return a + b;\n>>>>>>> REPLACE\n",
    ],
    [
      "the envelope of Codex",
      "*** Begin Patch\n*** Update File: src/sum.js\n@@ export function sum(a, b) {\n   // adds\n-  return a - b;\n+  return a + b;\n*** End Patch\n",
    ],
    [
      "a diff with wrong counts and lines",
      "```diff\n--- a/src/sum.js\n+++ b/src/sum.js\n@@ -90,9 +90,12 @@\n   // adds\n-  return a - b;\n+  return a + b;\n }\n```\n",
    ],
    [
      "a diff without a line break at its end",
      "--- a/src/sum.js\n+++ b/src/sum.js\n@@ -3 +3 @@\n-  return a - b;\n+  return a + b;",
    ],
    [
      "a diff whose outer lines are remembered wrongly",
      "--- a/src/sum.js\n+++ b/src/sum.js\n@@ -1,4 +1,4 @@\n export function total(a, b) {\n   // adds\n-  return a - b;\n+  return a + b;\n }\n",
    ],
    [
      "blanks at the ends of lines",
      "src/sum.js\n<<<<<<< SEARCH\n  return a - b;  \n=======\n  return a + b;\n>>>>>>> REPLACE\n",
    ],
  ])("is found in %s", (_, answer) => {
    const [change, ...more] = replacementsIn(answer);
    expect(more).toEqual([]);
    expect(change?.path).toBe("src/sum.js");
    expect(change && replaced(FILE, change)).toBe(MENDED);
  });

  it("is none in words, and is not made where its lines are not there, or twice", () => {
    expect(replacementsIn("I would use a plus.")).toEqual([]);
    expect(replaced(FILE, { before: ["  return a * b;"], after: [""] })).toBeUndefined();
    expect(replaced("x\nx\n", { before: ["x"], after: ["y"] })).toBeUndefined();
  });
});
