import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { linkPackages, packagesOf } from "../../../bench/repair/test-runners.ts";
import { type Files, makeProject, runLoop, scriptedFixer } from "../../support/fix-loop.ts";

describe("a project's tests", () => {
  it("are run by a command that writes TAP", async () => {
    await using project = await makeProject({
      "run.sh":
        'echo "1..2"; echo "ok 1 - one"; grep -q good state && echo "ok 2 - two" || { echo "not ok 2 - two"; exit 1; }\n',
      state: "bad\n",
    });
    const outcome = await runLoop(project, [scriptedFixer([[{ state: "good\n" }]])], {
      command: ["sh", "run.sh"],
    });
    expect(outcome).toMatchObject({
      status: "fixed",
      adapter: "test_command",
      baseline: { total: 2, failed: 1 },
      fixes: [{ tests: ["two"] }],
    });
  });

  it("are run by pytest, a file that cannot be loaded included", async ({ skip }) => {
    if (!hasPytest()) skip("this machine has no pytest");
    await using project = await makeProject({
      "calc/__init__.py": "",
      "calc/sum.py": "def total(a, b):\n    return a - b\n",
      "calc/broken.py": "def half(:\n    return 1\n",
      "tests/test_sum.py":
        "import pytest\nfrom calc.sum import total\n\nclass TestSum:\n    @pytest.mark.parametrize('b', [1, 2])\n    def test_adds(self, b):\n        assert total(1, b) == 1 + b\n\ndef test_zero():\n    assert total(0, 0) == 0\n",
      "tests/test_half.py":
        "from calc.broken import half\n\ndef test_half():\n    assert half(2) == 1\n",
      "conftest.py": "",
    });
    const fixer = scriptedFixer([
      [
        { "calc/sum.py": "def total(a, b):\n    return a + b\n" },
        { "calc/broken.py": "def half(n):\n    return n / 2\n" },
      ],
    ]);
    const outcome = await runLoop(project, [fixer]);
    expect(outcome).toMatchObject({ status: "fixed", adapter: "pytest" });
    expect(outcome.fixes.map(({ tests }) => tests)).toEqual(
      expect.arrayContaining([
        [
          "tests/test_sum.py > TestSum > test_adds[1]",
          "tests/test_sum.py > TestSum > test_adds[2]",
        ],
        ["tests/test_half.py > (the file)"],
      ]),
    );
    expect(fixer.requests.flatMap(({ suspects }) => suspects)).toEqual(
      expect.arrayContaining(["calc/sum.py", "calc/broken.py"]),
    );
  });
});

describe("a report", () => {
  it("is not believed that has fewer tests than the runner lists", async ({ skip }) => {
    if (!hasPytest()) skip("this machine has no pytest");
    await using project = await makeProject({
      "calc.py": "def half(n):\n    return n\n",
      "test_calc.py":
        "from calc import half\n\ndef test_zero():\n    assert half(0) == 0\n\ndef test_two():\n    assert half(2) == 1\n",
      "conftest.py": "def pytest_runtestloop(session):\n    session.items.pop()\n",
    });
    await expect(runLoop(project, [])).rejects.toMatchObject({
      code: "tests-unreadable",
      message: "the report is not whole: test_calc.py has 2 tests, and 1 of them are in the report",
    });
  });
});

function hasPytest(): boolean {
  try {
    execFileSync("python3", ["-m", "pytest", "--version"], { stdio: "ignore", cwd: "/" });
    return true;
  } catch {
    return false;
  }
}

const SCRIPT: Files = {
  ".gitignore": "node_modules\n",
  "src/sum.js": "exports.sum = (a, b) => a - b;\n",
};
const FIXED = "exports.sum = (a, b) => a + b;\n";

describe.each([
  [
    "vitest",
    {
      "package.json": '{ "devDependencies": { "vitest": "5.1.1" } }\n',
      "vitest.config.ts":
        'import { defineConfig } from "vitest/config";\nexport default defineConfig({ test: {} });\n',
      "test/sum.test.js":
        'import { describe, expect, it } from "vitest";\nimport { sum } from "../src/sum.js";\ndescribe("sum", () => { it("adds", () => { expect(sum(1, 2)).toBe(3); }); it("zero", () => { expect(sum(0, 0)).toBe(0); }); it.skip("later", () => {}); });\n',
    },
  ],
  [
    "jest",
    {
      "package.json": '{ "devDependencies": { "jest": "29.7.0" } }\n',
      "test/sum.test.js":
        'const { sum } = require("../src/sum.js");\ndescribe("sum", () => { it("adds", () => { expect(sum(1, 2)).toBe(3); }); it("zero", () => { expect(sum(0, 0)).toBe(0); }); it.skip("later", () => {}); });\n',
    },
  ],
] as const)("%s", (name, files) => {
  it("runs the tests, and the fix that makes them pass is kept", { timeout: 120_000 }, async () => {
    await using project = await makeProject({ ...SCRIPT, ...files });
    linkPackages(packagesOf(name) ?? "", project.root);
    const outcome = await runLoop(project, [scriptedFixer([[{ "src/sum.js": FIXED }]])]);
    expect(outcome).toMatchObject({
      status: "fixed",
      adapter: name,
      baseline: { total: 3, passed: 1, failed: 1, skipped: 1 },
      after: { total: 3, passed: 2, failed: 0, skipped: 1 },
      fixes: [{ tests: ["test/sum.test.js > sum > adds"] }],
    });
  });
});
