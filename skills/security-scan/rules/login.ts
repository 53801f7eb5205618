import { isNode, type SyntaxNode } from "../../syntax.ts";
import { dottedName, isMember, propertyName, unwrap } from "../names.ts";
import { isFalse, isHardCoded, isWhole, property, type Rule, resolve } from "../rule.ts";
import { nameOf, type Scope } from "../scope.ts";
import { constantText, isFromRequest } from "../values.ts";

/** Cookies that stand for a login. */
const LOGIN_COOKIE = /sess|token|auth|jwt|^sid$|\.sid$|login|remember/i;

/** Cookies, tokens and the comparison of secrets. */
export const LOGIN_RULES: readonly Rule[] = [
  {
    id: "security/cookie-readable-by-scripts",
    cwe: "CWE-1004",
    severity: "medium",
    message: "scripts of the page can read a cookie that stands for a login",
    fix: "Set `httpOnly: true`.",
    find: ({ call, scope }) =>
      lacks(cookieOf(call, scope), "httpOnly", scope) ? "high" : undefined,
  },
  {
    id: "security/cookie-without-tls",
    cwe: "CWE-614",
    severity: "medium",
    message: "a cookie that stands for a login also travels without encryption",
    fix: "Set `secure: true`.",
    find: ({ call, scope }) => (lacks(cookieOf(call, scope), "secure", scope) ? "high" : undefined),
  },
  {
    id: "security/token-not-verified",
    cwe: "CWE-347",
    severity: "high",
    message: "a token's signature is not checked",
    fix: "Call `jwt.verify` with the key and the list of expected algorithms.",
    find({ call, scope }) {
      if (call === undefined) return undefined;
      if (call.name === "jsonwebtoken.decode" || call.name === "jwt-decode.jwtDecode") {
        return isFromRequest(call.args[0], scope) ? "high" : undefined;
      }
      if (call.name === "jsonwebtoken.sign")
        return allowsNone(call.args[2], scope) ? "high" : undefined;
      if (call.name !== "jsonwebtoken.verify") return undefined;
      const key = resolve(call.args[1], scope);
      const isEmpty =
        isNode(key) && (key.type === "NullLiteral" || constantText(key, scope) === "");
      return isEmpty || allowsNone(call.args[2], scope) ? "high" : undefined;
    },
  },
  {
    id: "security/hard-coded-secret",
    cwe: "CWE-798",
    severity: "high",
    message: "a key that signs or encrypts stands in the code",
    fix: "Read the key from the environment or a secret store, and replace the one that was published.",
    find({ call, scope }) {
      if (call === undefined) return undefined;
      if (/^jsonwebtoken\.(?:sign|verify)$/.test(call.name)) return sureIfKey(call.args[1], scope);
      if (call.name === "crypto.createHmac") return sureIfKey(call.args[1], scope);
      if (/^crypto\.create(?:C|Dec)ipheriv$/.test(call.name)) return sureIfKey(call.args[1], scope);
      if (/^(?:express-session|cookie-session)$/.test(call.name)) {
        return sureIfKey(property(call.args[0], "secret", scope), scope);
      }
      return call.name === "cookie-parser" ? sureIfKey(call.args[0], scope) : undefined;
    },
  },
  {
    id: "security/timing-unsafe-comparison",
    cwe: "CWE-208",
    severity: "medium",
    message: "how long the comparison of a secret takes tells how much of it was right",
    fix: "Compare with `crypto.timingSafeEqual` on buffers of equal length.",
    find({ node, scope }) {
      if (node.type !== "BinaryExpression" || !/^[!=]==?$/.test(String(node["operator"])))
        return undefined;
      const sides = [secrecyOf(node["left"], scope), secrecyOf(node["right"], scope)];
      if (sides.includes("no")) return undefined;
      return sides.includes("digest") || sides.includes("sent") ? "medium" : undefined;
    },
  },
  {
    id: "security/secret-in-log",
    cwe: "CWE-532",
    severity: "medium",
    message: "a secret is written to the log",
    fix: "Leave it out, or log that it is set.",
    find({ call, scope }) {
      if (call === undefined) return undefined;
      if (
        !/^~?(?:this\.)?(?:console|logger|log)\.(?:log|info|debug|warn|error|trace)$/.test(
          call.name,
        )
      ) {
        return undefined;
      }
      return call.args.some((each) => isSecretValue(each, scope)) ? "medium" : undefined;
    },
  },
];

interface Cookie {
  readonly options: unknown;
  /** Its name tells that it stands for a login, so a missing option counts too. */
  readonly isLogin: boolean;
}

function cookieOf(call: Parameters<Rule["find"]>[0]["call"], scope: Scope): Cookie | undefined {
  if (call === undefined) return undefined;
  if (/^(?:express-session|cookie-session)$/.test(call.name)) {
    const cookie = property(call.args[0], "cookie", scope);
    return cookie === undefined ? undefined : { options: cookie, isLogin: false };
  }
  const isSet =
    (/^(?:cookie|setCookie)$/.test(call.method) && call.object !== undefined) ||
    (call.method === "set" && /(?:^|\.)cookies$/.test(dottedName(call.object, scope) ?? ""));
  if (!isSet || call.args.length < 2) return undefined;
  const name = constantText(call.args[0], scope);
  return name === undefined
    ? undefined
    : { options: call.args[2], isLogin: LOGIN_COOKIE.test(name) };
}

function lacks(cookie: Cookie | undefined, option: string, scope: Scope): boolean {
  if (cookie === undefined) return false;
  const value = property(cookie.options, option, scope);
  if (value !== undefined) return isFalse(value, scope);
  return cookie.isLogin && (cookie.options === undefined || isWhole(cookie.options, scope));
}

function allowsNone(options: unknown, scope: Scope): boolean {
  if (constantText(property(options, "algorithm", scope), scope) === "none") return true;
  const list = resolve(property(options, "algorithms", scope), scope);
  if (!isNode(list) || list.type !== "ArrayExpression") return false;
  return (list["elements"] as unknown[]).some((each) => /^none$/i.test(nameOf(each) ?? ""));
}

function sureIfKey(key: unknown, scope: Scope): "high" | undefined {
  return isHardCoded(key, scope) ? "high" : undefined;
}

const SECRET_NAME =
  /(?:signature|hmac|digest|secret|api_?key|password|passwd|password_?hash|csrf_?token|auth_?token|access_?token|session_?token|api_?token)$/i;
const VALUELESS: ReadonlySet<string> = new Set([
  "StringLiteral",
  "NullLiteral",
  "NumericLiteral",
  "BooleanLiteral",
  "UnaryExpression",
  "TemplateLiteral",
]);

/** Whether one side of a comparison is a secret: one that was sent, a digest, one by its name, or none. */
function secrecyOf(given: unknown, scope: Scope): "sent" | "digest" | "named" | "no" {
  const node = unwrap(given);
  if (!isNode(node) || VALUELESS.has(node.type) || nameOf(node) === "undefined") return "no";
  const value = resolve(node, scope);
  const callee = isNode(value) && value.type === "CallExpression" ? value["callee"] : undefined;
  if (isNode(callee) && isMember(callee) && propertyName(callee) === "digest") return "digest";
  const name = lastName(node) ?? "";
  const isHeader = /^x?[-_a-z]*(?:signature|token|secret|api-?key)/i.test(name);
  if (isFromRequest(node, scope)) return SECRET_NAME.test(name) || isHeader ? "sent" : "no";
  return SECRET_NAME.test(name) ? "named" : "no";
}

function lastName(node: SyntaxNode): string | undefined {
  return isMember(node) ? propertyName(node) : nameOf(node);
}

function isSecretValue(given: unknown, scope: Scope): boolean {
  const node = unwrap(given);
  if (!isNode(node)) return false;
  if (node.type === "TemplateLiteral") {
    return (node["expressions"] as unknown[]).some((each) => isSecretValue(each, scope));
  }
  if (node.type === "BinaryExpression") return isSecretValue(node["right"], scope);
  const name = lastName(node) ?? "";
  const isSecret =
    /^(?:.*_)?(?:password|passwd|secret|api_?key|access_?token|private_?key|client_?secret)$/i.test(
      name,
    );
  return isSecret && (isMember(node) || node.type === "Identifier");
}
