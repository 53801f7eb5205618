import { describe, expect, it } from "vitest";
import { plainText, projectPath } from "../../../agents/testing/box-paths.ts";
import {
  baselineOf,
  type Cases,
  countsOf,
  passesNow,
  regressions,
} from "../../../agents/testing/compare-runs.ts";
import { readJunit } from "../../../agents/testing/junit.ts";
import { readTap } from "../../../agents/testing/tap.ts";
import { withIds } from "../../../agents/testing/test-adapter.ts";
import type { TestCase } from "../../../agents/testing/test-run.ts";
import { selectTests } from "../../../agents/testing/test-selection.ts";

describe("a JUnit report", () => {
  it("is read through nested suites", () => {
    const report = `<?xml version="1.0"?>
<testsuites><testsuite name="outer"><testsuite name="inner">
<testcase name="a" classname="c" file="f.js"/>
<testcase name="b"><failure message="no">no: 1 &lt; 2</failure></testcase>
<testcase name="c"><error message="boom"><![CDATA[at x]]></error></testcase>
</testsuite><testcase name="d"><skipped/><failure message="todo"/></testcase></testsuite></testsuites>`;
    expect(
      readJunit(report).map(({ name, suites, status, message }) => [name, suites, status, message]),
    ).toEqual([
      ["a", ["outer", "inner"], "passed", ""],
      ["b", ["outer", "inner"], "failed", "no: 1 < 2"],
      ["c", ["outer", "inner"], "failed", "boom\nat x"],
      ["d", ["outer"], "skipped", ""],
    ]);
  });

  it.each([
    ["", /./],
    ["<html/>", /<html> is no JUnit report/],
    ["<testsuites><testcase name='a'/>", /not XML/],
    ["<testsuites/><testsuites/>", /something after|not XML/],
    ['<!DOCTYPE x [<!ENTITY a "b">]><testsuites><testcase name="&a;"/></testsuites>', /not XML/],
  ])("is refused when it is %j", (text, why) => {
    expect(() => readJunit(text)).toThrow(why);
  });
});

describe("a TAP stream", () => {
  it("has its subtests as tests", () => {
    const text = `TAP version 14
# Subtest: outer
    ok 1 - one
    not ok 2 - two
      ---
      message: boom
      ...
    1..2
not ok 1 - outer
ok 2 - three # SKIP later
1..2
`;
    expect(readTap(text)).toEqual([
      { names: ["outer", "one"], status: "passed", message: "" },
      { names: ["outer", "two"], status: "failed", message: '{\n  "message": "boom"\n}' },
      { names: ["three"], status: "skipped", message: "" },
    ]);
  });

  it.each([
    ["ALL PASSED\n"],
    ["1..3\nok 1\nok 2\n"],
    ["1..1\nBail out! gone\n"],
  ])("is refused when it is %j", (text) => {
    expect(() => readTap(text)).toThrow(/./);
  });
});

const test = (id: string, status: TestCase["status"], more: Partial<TestCase> = {}): TestCase => ({
  id,
  status,
  message: "",
  ...more,
});
const cases = (...all: readonly TestCase[]): Cases => new Map(all.map((each) => [each.id, each]));

describe("runs of the same tests", () => {
  it("tell failing from flaky", () => {
    const first = cases(
      test("a", "passed"),
      test("b", "failed"),
      test("c", "failed"),
      test("d", "skipped"),
    );
    const baseline = baselineOf(first, [cases(test("b", "failed"), test("c", "passed"))]);
    expect(baseline).toEqual({ cases: first, failing: ["b"], flaky: ["c"] });
    expect(countsOf(first, baseline.flaky)).toEqual({
      ...{ total: 4, passed: 1, failed: 1, skipped: 1 },
      flaky: ["c"],
    });
  });

  it("tell what got worse", () => {
    const before = cases(
      test("a", "passed"),
      test("b", "passed"),
      test("c", "failed"),
      test("d", "passed"),
      test("e", "passed"),
    );
    const now = cases(
      test("b", "failed"),
      test("c", "skipped"),
      test("d", "skipped"),
      test("e", "failed"),
      test("f", "failed"),
    );
    expect(regressions(before, now, new Set(["e"]))).toEqual([
      "a is missing from the report",
      "b passed before and is failed now",
      "c is skipped now",
      "d passed before and is skipped now",
      "f is new and fails",
    ]);
  });

  it("have a test of a whole file replaced by the tests in it", () => {
    const file = test("f > (the file)", "failed", { file: "f", isFile: true });
    const own = { file: "f" };
    expect(passesNow(file, cases(test("f > a", "passed", own)))).toBe(true);
    expect(passesNow(file, cases(test("f > a", "passed", own), test("f > b", "failed", own)))).toBe(
      false,
    );
    expect(passesNow(file, cases(test("g > a", "passed", { file: "g" })))).toBe(false);
    expect(passesNow(test("a", "failed"), cases())).toBe(false);
  });
});

describe("tests that are named", () => {
  const known = [
    "test/a.test.js",
    "test/integration/b.test.js",
    "e2e/c.spec.ts",
    "src/smoke.test.js",
  ];

  it.each([
    [["comprehensive"], undefined],
    [[], undefined],
    [["unit"], ["test/a.test.js"]],
    [["integration"], ["test/integration/b.test.js"]],
    [
      ["e2e", "smoke"],
      ["e2e/c.spec.ts", "src/smoke.test.js"],
    ],
    [["./test/"], ["test/a.test.js", "test/integration/b.test.js"]],
    [["**/*.spec.ts"], ["e2e/c.spec.ts"]],
  ])("%j are %j", (names, files) => {
    expect(selectTests(names, known)).toEqual(files);
  });

  it("must exist", () => {
    expect(() => selectTests(["acceptance"], known)).toThrow("no test file is meant by acceptance");
    expect(() => selectTests(["other"], known)).toThrow('"other" names no tests');
    expect(() => selectTests(["unit"], undefined)).toThrow("runs its own tests");
  });
});

it("gives tests of the same name different ids", () => {
  const given = { names: ["s", " a\n b "], file: "f", status: "passed", message: "" } as const;
  expect(withIds([given, given]).map(({ id }) => id)).toEqual(["f > s > a b", "f > s > a b (2)"]);
});

it("takes from what tests say all that is no text, and the paths of the box", () => {
  expect(
    plainText("\u001b[31mred\u001b[0m \u001b]0;title\u0007at file:///w/src/a.js\u202e\r\n"),
  ).toBe("red at src/a.js\n");
  expect(["/w/a.js", "file:///w/a.js", "a.js", "/etc/passwd", "../a"].map(projectPath)).toEqual([
    ...["a.js", "a.js", "a.js", undefined, undefined],
  ]);
});
