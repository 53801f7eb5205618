import { isNode, type SyntaxNode } from "../../syntax.ts";
import { isMember, propertyName } from "../names.ts";
import { type Confidence, isFalse, isTrue, property, type Rule, resolve } from "../rule.ts";
import { isFunction, nameOf, type Scope } from "../scope.ts";
import { constantText, isBuilt, isDynamic, isFromRequest, piecesOf } from "../values.ts";

/** What a page does with text and messages of others. */
export const BROWSER_RULES: readonly Rule[] = [
  {
    id: "security/unsafe-html",
    cwe: "CWE-79",
    severity: "high",
    message: "text that is not fixed becomes HTML of the page",
    fix: "Set `textContent`, or clean the HTML with a sanitizer such as DOMPurify.",
    find({ node, call, scope }) {
      if (node.type === "AssignmentExpression") {
        const target = node["left"];
        if (!isNode(target) || !isMember(target)) return undefined;
        if (!/^(?:innerHTML|outerHTML|srcdoc)$/.test(propertyName(target) ?? "")) return undefined;
        return sureOf(node["right"], scope);
      }
      if (node.type === "ObjectProperty" && nameOf(node["key"]) === "__html") {
        return sureOf(node["value"], scope);
      }
      if (call === undefined) return undefined;
      if (call.method === "insertAdjacentHTML") return sureOf(call.args[1], scope);
      if (/^(?:window\.)?document\.(?:write|writeln)$/.test(call.name)) {
        return call.args.map((each) => sureOf(each, scope)).find((sure) => sure !== undefined);
      }
      const isJquery = call.method === "html" && call.args.length === 1;
      return isJquery && isFromRequest(call.args[0], scope) ? "high" : undefined;
    },
  },
  {
    id: "security/script-url",
    cwe: "CWE-79",
    severity: "medium",
    message: "a `javascript:` address is built from text that is not fixed",
    fix: "Attach an event listener instead of an address that runs code.",
    find({ node, scope }) {
      if (node.type !== "TemplateLiteral" && node.type !== "BinaryExpression") return undefined;
      const list = piecesOf(node, scope);
      const [first] = list;
      if (first?.kind !== "literal" || !/^\s*javascript:/i.test(first.text)) return undefined;
      return isBuilt(list) ? "medium" : undefined;
    },
  },
  {
    id: "security/unescaped-template",
    cwe: "CWE-79",
    severity: "high",
    message: "a template engine's escaping of HTML is turned off",
    fix: "Leave escaping on and mark the few values that are HTML already.",
    find({ node, call, scope }) {
      if (node.type === "AssignmentExpression") return escapesNothing(node) ? "high" : undefined;
      if (call === undefined) return undefined;
      if (/^handlebars\.compile$/i.test(call.name)) {
        return isTrue(property(call.args[1], "noEscape", scope), scope) ? "high" : undefined;
      }
      if (!/^nunjucks\.(?:configure|Environment)$/.test(call.name)) return undefined;
      return isFalse(property(call.args.at(-1), "autoescape", scope), scope) ? "high" : undefined;
    },
  },
  {
    id: "security/message-to-any-origin",
    cwe: "CWE-346",
    severity: "medium",
    message: 'a message is posted to a window of whatever origin ("*")',
    fix: "Name the origin that may read the message.",
    find({ call, scope }) {
      if (call?.method !== "postMessage" || call.args.length < 2) return undefined;
      const target = resolve(call.args[1], scope);
      if (!isNode(target) || constantText(target, scope) !== "*") return undefined;
      return isDynamic(call.args[0], scope) ? "medium" : undefined;
    },
  },
];

function sureOf(value: unknown, scope: Scope): Confidence | undefined {
  const list = piecesOf(value, scope);
  if (list.some(({ kind }) => kind === "request")) return "high";
  if (isBuilt(list)) return "medium";
  return list.some(({ kind }) => kind === "unknown") ? "low" : undefined;
}

/** `Mustache.escape = (text) => text` */
function escapesNothing(node: SyntaxNode): boolean {
  const { left, right } = node as { left?: unknown; right?: unknown };
  if (!isNode(left) || !isMember(left) || propertyName(left) !== "escape") return false;
  if (!/^mustache$/i.test(nameOf(left["object"]) ?? "")) return false;
  if (!isNode(right) || !isFunction(right)) return false;
  const [parameter] = right["params"] as unknown[];
  return nameOf(right["body"]) !== undefined && nameOf(right["body"]) === nameOf(parameter);
}
