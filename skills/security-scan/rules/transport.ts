import { isNode } from "../../syntax.ts";
import { dottedName } from "../names.ts";
import { constantNumber, isFalse, property, type Rule, resolve } from "../rule.ts";
import { isFunction, nameOf, type Scope } from "../scope.ts";
import { constantText, piecesOf } from "../values.ts";

/** Connections that others can read or answer. */
export const TRANSPORT_RULES: readonly Rule[] = [
  {
    id: "security/tls-not-verified",
    cwe: "CWE-295",
    severity: "high",
    message: "the other side's certificate is not checked, so anybody can be the other side",
    fix: "Leave the check on, and give the certificate of a private authority as `ca`.",
    find({ node, scope }) {
      if (node.type === "AssignmentExpression") {
        const isSwitch =
          dottedName(node["left"], scope) === "process.env.NODE_TLS_REJECT_UNAUTHORIZED";
        return isSwitch && constantText(node["right"], scope) === "0" ? "high" : undefined;
      }
      if (node.type !== "ObjectProperty") return undefined;
      const name = nameOf(node["key"]) ?? "";
      if (/^(?:rejectUnauthorized|strictSSL|strictSsl)$/.test(name)) {
        return isFalse(node["value"], scope) ? "high" : undefined;
      }
      return name === "checkServerIdentity" && doesNothing(node["value"], scope)
        ? "high"
        : undefined;
    },
  },
  {
    id: "security/outdated-tls",
    cwe: "CWE-326",
    severity: "medium",
    message: "a version of TLS is allowed that has known weaknesses",
    fix: 'Allow TLS 1.2 and later (`minVersion: "TLSv1.2"`), which is the default.',
    find({ node, scope }) {
      if (node.type !== "ObjectProperty") return undefined;
      const name = nameOf(node["key"]) ?? "";
      const value = constantText(node["value"], scope) ?? "";
      if (name === "secureProtocol") {
        return /^(?:SSLv2|SSLv3|TLSv1|TLSv1_1)_(?:client_|server_)?method$/.test(value)
          ? "high"
          : undefined;
      }
      if (name !== "minVersion" && name !== "maxVersion") return undefined;
      return /^(?:SSLv3|TLSv1|TLSv1\.1)$/.test(value) ? "high" : undefined;
    },
  },
  {
    id: "security/clear-text-credentials",
    cwe: "CWE-319",
    severity: "high",
    message: "credentials are sent without encryption",
    fix: "Use `https:`.",
    find({ call, scope }) {
      if (
        call === undefined ||
        !/^(?:fetch|(?:axios|got|ky|node-fetch|undici)(?:\.\w+)?)$/.test(call.name)
      ) {
        return undefined;
      }
      const [first] = piecesOf(call.args[0], scope);
      if (first?.kind !== "literal" || !isForeignHttp(first.text)) return undefined;
      const headers = call.args.map((each) => property(each, "headers", scope));
      const sends =
        headers.some((each) =>
          CREDENTIAL_HEADERS.some((name) => property(each, name, scope) !== undefined),
        ) || call.args.some((each) => property(each, "password", scope) !== undefined);
      return sends ? "high" : undefined;
    },
  },
  {
    id: "security/electron-node-integration",
    cwe: "CWE-1188",
    severity: "high",
    message: "pages in this window can use Node.js, so a script on them can run programs",
    fix: "Leave `nodeIntegration` off and `contextIsolation` on, and offer single functions by `contextBridge`.",
    find({ call, scope }) {
      if (!call?.isNew || call.method !== "BrowserWindow") return undefined;
      const preferences = property(call.args[0], "webPreferences", scope);
      const nodeOn = resolve(property(preferences, "nodeIntegration", scope), scope);
      const isOn = isNode(nodeOn) && nodeOn.type === "BooleanLiteral" && nodeOn["value"] === true;
      return isOn || isFalse(property(preferences, "contextIsolation", scope), scope)
        ? "high"
        : undefined;
    },
  },
];

const CREDENTIAL_HEADERS = [
  "Authorization",
  "authorization",
  "X-Api-Key",
  "x-api-key",
  "Cookie",
  "cookie",
];

/** Encryption is of no use to an address of the machine itself. */
function isForeignHttp(address: string): boolean {
  return /^http:\/\/(?!localhost\b|127\.|\[::1\]|0\.0\.0\.0|[\w-]+(?::\d+)?(?:\/|$))\S/i.test(
    address,
  );
}

function doesNothing(given: unknown, scope: Scope): boolean {
  const node = resolve(given, scope);
  if (!isNode(node) || !isFunction(node)) return false;
  const body = node["body"];
  if (!isNode(body)) return false;
  if (body.type === "BlockStatement") return (body["body"] as unknown[]).length === 0;
  return (
    nameOf(body) === "undefined" ||
    body.type === "NullLiteral" ||
    constantNumber(body, scope) !== undefined
  );
}
