import type { Rule } from "./rule.ts";
import { BRANCH_RULES } from "./rules/branches.ts";
import { COMMENT_RULES } from "./rules/comments.ts";
import { ERROR_RULES } from "./rules/errors.ts";
import { MOCK_RULES } from "./rules/mocks.ts";
import { RESULT_RULES } from "./rules/results.ts";
import { TEST_RULES } from "./rules/tests.ts";
import { WORK_RULES } from "./rules/work.ts";

/** All rules. docs/theater-rules.md shows them; a test compares. */
export const THEATER_RULES: readonly Rule[] = [
  ...WORK_RULES,
  ...RESULT_RULES,
  ...MOCK_RULES,
  ...ERROR_RULES,
  ...BRANCH_RULES,
  ...COMMENT_RULES,
  ...TEST_RULES,
];
