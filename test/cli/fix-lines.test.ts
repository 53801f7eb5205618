import { expect, it } from "vitest";
import { fixLines } from "../../interfaces/cli/fix-lines.ts";

it("shows what was mended, by which fix, and where the patch is", () => {
  const counts = { total: 2, passed: 1, skipped: 0, flaky: [] };
  const patch = `diff --git a/src/sum.js b/src/sum.js
index 1..2 100644
--- a/src/sum.js
+++ b/src/sum.js
@@ -1 +1 @@
-a - b
+a + b
`;
  const output = {
    status: "fixed",
    before: { ...counts, failed: 1 },
    after: { ...counts, failed: 0 },
    fixes: [
      {
        ...{ description: "- becomes +", fixer: "mutation", attempts: 1, candidates: 3 },
        ...{ tests: ["test/sum.test.js > adds"], patch },
      },
    ],
    branch: null,
    patch_file: "/job/.cascade/runs/r1/fixes-audit.patch",
    report: "/job/.cascade/runs/r1/fix-report-audit.json",
  };
  expect(fixLines(output, "/job")).toEqual([
    "  result    fixed: 1 of 2 tests failing before, 0 of 2 tests failing after",
    "  fix       - becomes + (mutation, attempt 1, candidate 3)",
    "    mends     test/sum.test.js > adds",
    "    --- a/src/sum.js",
    "    +++ b/src/sum.js",
    "    @@ -1 +1 @@",
    "    -a - b",
    "    +a + b",
    "  patch     .cascade/runs/r1/fixes-audit.patch",
    "  report    .cascade/runs/r1/fix-report-audit.json",
  ]);
});

it("says nothing of other outputs", () => {
  expect(fixLines({ status: "fixed", fixes: [] }, "/job")).toEqual([]);
  expect(fixLines({ headline: "good" }, "/job")).toEqual([]);
});
