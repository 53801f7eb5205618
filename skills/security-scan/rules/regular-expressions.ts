import { isExponential, isJudged } from "../../regular-expression.ts";
import type { Rule } from "../rule.ts";
import { isFromRequest } from "../values.ts";

/** Regular expressions that take forever. */
export const REGEX_RULES: readonly Rule[] = [
  {
    id: "security/regex-from-request",
    cwe: "CWE-1333",
    severity: "medium",
    message: "the request decides the regular expression, and some take forever",
    fix: "Escape the text for regular expressions, or compare with `includes`.",
    find({ call, scope }) {
      if (call?.name !== "RegExp") return undefined;
      return isFromRequest(call.args[0], scope) ? "high" : undefined;
    },
  },
  {
    id: "security/exponential-regex",
    cwe: "CWE-1333",
    severity: "medium",
    message:
      "the time of this regular expression doubles with every further character of some texts",
    fix: "Do not repeat what is repeated already: `(a+)+` finds the same as `a+`.",
    find({ node, budget }) {
      if (node.type !== "RegExpLiteral") return undefined;
      const source = String(node["pattern"]);
      const flags = String(node["flags"]);
      if (!isJudged(source, flags) || budget.regularExpressions-- <= 0) return undefined;
      return isExponential(source, flags) ? "high" : undefined;
    },
  },
];
