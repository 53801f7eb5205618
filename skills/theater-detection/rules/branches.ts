import { found, type Rule } from "../rule.ts";

const ALWAYS =
  /^!?(?:true|false|True|False|0|1)$|\|\|\s*true$|&&\s*false$|\bor True$|\band False$|^(?:not )(?:True|False)$/;
const UNDER_TEST =
  /\bNODE_ENV\b["'\]]*\s*[!=]==?\s*["']test(?:ing)?["']|["']test(?:ing)?["']\s*[!=]==?\s*process\.env\b|\bprocess\.env(?:\.|\[["'])(?:VITEST|JEST_WORKER_ID|TEST_MODE|IS_TEST|MOCHA)\b|\bPYTEST_CURRENT_TEST\b|["'](?:pytest|unittest)["'] in sys\.modules|\btesting\.Testing\(\)|\bcfg!\(test\)|\b(?:TEST_MODE|IS_TESTING|MOCK_MODE|USE_MOCKS?|useMocks?|isTestMode|mockMode|demoMode|DEMO_MODE)\b/;

/** Decisions that decide nothing, or decide by who is looking. */
export const BRANCH_RULES: readonly Rule[] = [
  {
    id: "theater/empty-branch",
    severity: "medium",
    looksAt: "sources",
    message: "a case is told apart and nothing is done about it",
    fix: "Handle the case, take the branch out, or say in a comment why there is nothing to do.",
    find({ branches }) {
      return branches
        .filter(({ isEmpty, hasComment }) => isEmpty && !hasComment)
        .map((each) => found(each, "high"));
    },
  },
  {
    id: "theater/constant-condition",
    severity: "medium",
    looksAt: "all",
    message: "a condition is always the same, so what it guards is always or never done",
    fix: "Put the real condition back, or take out the side that never runs.",
    find({ branches }) {
      return branches
        .filter(({ condition }) => ALWAYS.test(condition))
        .map((each) => found(each, "high", each.condition.slice(0, 60)));
    },
  },
  {
    id: "theater/test-mode-branch",
    severity: "medium",
    looksAt: "sources",
    message: "the program does something else when it is tested, so the tests do not test it",
    fix: "Give the program what differs from outside, and let the tests run what users run.",
    find({ conditions }) {
      return conditions
        .filter(({ text }) => UNDER_TEST.test(text))
        .map((each) => found(each, "high"));
    },
  },
];
