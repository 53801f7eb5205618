import type { Rule } from "./rule.ts";
import { BROWSER_RULES } from "./rules/browser.ts";
import { CRYPTOGRAPHY_RULES } from "./rules/cryptography.ts";
import { EXECUTION_RULES } from "./rules/execution.ts";
import { FILE_RULES } from "./rules/files.ts";
import { LOGIN_RULES } from "./rules/login.ts";
import { OBJECT_RULES } from "./rules/objects.ts";
import { QUERY_RULES } from "./rules/queries.ts";
import { REGEX_RULES } from "./rules/regular-expressions.ts";
import { SERVER_RULES } from "./rules/server.ts";
import { TRANSPORT_RULES } from "./rules/transport.ts";

/** All rules over the syntax tree. docs/security-rules.md shows them; a test compares. */
export const CODE_RULES: readonly Rule[] = [
  ...EXECUTION_RULES,
  ...QUERY_RULES,
  ...BROWSER_RULES,
  ...SERVER_RULES,
  ...FILE_RULES,
  ...LOGIN_RULES,
  ...CRYPTOGRAPHY_RULES,
  ...TRANSPORT_RULES,
  ...OBJECT_RULES,
  ...REGEX_RULES,
];
