import type { CallFacts, Value } from "../facts.ts";
import { found, type Rule } from "../rule.ts";

/** Tests that cannot fail. */
export const TEST_RULES: readonly Rule[] = [
  {
    id: "theater/test-without-assertion",
    severity: "medium",
    looksAt: "all",
    message: "a test asserts nothing, so it passes whatever the code does",
    fix: "Assert what the code is to do.",
    find({ tests }) {
      return tests
        .filter(({ asserts }) => !asserts)
        .map((each) => found(each, each.isEmpty ? "high" : "medium", each.name.slice(0, 80)));
    },
  },
  {
    id: "theater/vacuous-assertion",
    severity: "medium",
    looksAt: "all",
    message: "an assertion compares what stands in the test with itself, so it cannot fail",
    fix: "Assert something that the code under test answers.",
    find({ calls }) {
      return calls.filter(isVacuous).map((each) => found(each, "high"));
    },
  },
  {
    id: "theater/skipped-test",
    severity: "low",
    looksAt: "all",
    message: "tests are left out and nothing says why",
    fix: "Run them, or say why they cannot be run: where the test tool takes a reason, there.",
    find({ skips }) {
      return skips
        .filter(({ hasReason }) => !hasReason)
        .map((each) => found(each, "high", each.left === "others" ? "all but this one" : ""));
    },
  },
];

const TRUTH =
  /^(?:assert|assert\.ok|console\.assert|(?:self\.)?assertTrue|(?:Assertions?\.)?assertTrue|(?:assert|require)\.True|(?:debug_)?assert!|t\.(?:true|ok|pass))$/;
const EQUALITY =
  /^(?:assert\.(?:equal|strictEqual|deepEqual|deepStrictEqual|is)|t\.(?:is|deepEqual|equal)|(?:self\.|Assertions?\.)?assert(?:Equals?|Same)|(?:assert|require)\.Equal|(?:debug_)?assert_eq!)$/;
const EXPECT = /^expect\((?<subject>.*)\)\.to\w*(?:\.\w+)*$/s;

function isVacuous({ name, args }: CallFacts): boolean {
  // In Go the test itself is the first argument.
  const given = /^(?:assert|require)\.[A-Z]/.test(name) ? args.slice(1) : args;
  const [first, second] = given;
  const subject = EXPECT.exec(name)?.groups?.["subject"];
  if (subject !== undefined) {
    if (first === undefined) return /\.toBeTruthy$|\.toBeDefined$/.test(name) && isLiteral(subject);
    return (
      /\.to(?:Be|Equal|StrictEqual|\.equal|\.eql|\.be)$/.test(name) && isSame(subject, first.text)
    );
  }
  if (TRUTH.test(name)) return first !== undefined && isTrueOrSame(first);
  return (
    EQUALITY.test(name) &&
    first !== undefined &&
    second !== undefined &&
    isSame(first.text, second.text)
  );
}

function isTrueOrSame({ text, isConstant }: Value): boolean {
  if (isConstant) return /^(?:true|True|[1-9]\d*|(["']).+\1)$/s.test(text);
  const [, left = "", right = ""] = /^([\w."']+)\s*(?:===?|is)\s*([\w."']+)$/.exec(text) ?? [];
  return left !== "" && left === right;
}

function isLiteral(text: string): boolean {
  return /^(?:true|True|false|\d+|(["'`]).*\1)$/s.test(text);
}

/** Two names that are one and two equal literals always agree; two equal calls need not. */
function isSame(left: string, right: string): boolean {
  const plain = left.replace(/\s+/g, "");
  return plain === right.replace(/\s+/g, "") && (isLiteral(plain) || /^[\w$.]+$/.test(plain));
}
