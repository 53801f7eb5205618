import { isNode, type SyntaxNode } from "../../syntax.ts";
import { dottedName, isMember, propertyName, unwrap } from "../names.ts";
import { isFalse, isTrue, property, type Rule } from "../rule.ts";
import { isFunction, nodesWithin, type Scope } from "../scope.ts";
import { constantText, isFromRequest, type Piece, piecesOf } from "../values.ts";

/** How a server answers and whom it asks on a request's behalf. */
export const SERVER_RULES: readonly Rule[] = [
  {
    id: "security/reflected-html",
    cwe: "CWE-79",
    severity: "high",
    message: "the request's text is sent back inside HTML",
    fix: "Escape the text for HTML, or answer with a template that does.",
    find({ call, scope }) {
      if (call === undefined || !isResponse(call.object, scope)) return undefined;
      if (!/^(?:send|write|end|html)$/.test(call.method)) return undefined;
      const list = piecesOf(call.args[0], scope);
      const isHtml = list.some((piece) => piece.kind === "literal" && /<[a-z!/]/i.test(piece.text));
      return isHtml && list.some(({ kind }) => kind === "request") ? "high" : undefined;
    },
  },
  {
    id: "security/open-redirect",
    cwe: "CWE-601",
    severity: "medium",
    message: "the request decides where the visitor is sent",
    fix: "Redirect to paths of your own only, chosen from a list or checked to begin with a single `/`.",
    find({ node, call, scope }) {
      if (node.type === "AssignmentExpression") {
        const target = dottedName(node["left"], scope) ?? "";
        if (!/^(?:(?:window|document|top|parent|self)\.)?location(?:\.href)?$/.test(target))
          return undefined;
        return leadsAnywhere(piecesOf(node["right"], scope)) ? "high" : undefined;
      }
      if (call === undefined) return undefined;
      const sends =
        (call.method === "redirect" && call.object !== undefined) ||
        /^(?:(?:window|document)\.)?location\.(?:assign|replace)$/.test(call.name);
      const target = call.method === "redirect" ? call.args.slice(0, 2) : call.args.slice(0, 1);
      return sends && target.some((each) => leadsAnywhere(piecesOf(each, scope)))
        ? "high"
        : undefined;
    },
  },
  {
    id: "security/request-to-any-address",
    cwe: "CWE-918",
    severity: "high",
    message: "the request decides which server is asked (SSRF)",
    fix: "Fix the host in the program, or check the address against a list of allowed hosts.",
    find({ call, scope }) {
      const asks =
        /^(?:fetch|(?:axios|got|needle|superagent|undici|ky|node-fetch|cross-fetch)(?:\.(?:get|post|put|patch|delete|head|request|fetch|stream))?|https?\.(?:get|request)|request(?:\.(?:get|post))?)$/;
      if (call === undefined || !asks.test(call.name)) return undefined;
      const address = property(call.args[0], "url", scope) ?? call.args[0];
      return leadsAnywhere(piecesOf(address, scope)) ? "high" : undefined;
    },
  },
  {
    id: "security/cors-any-origin",
    cwe: "CWE-942",
    severity: "high",
    message: "pages of any origin may use the visitor's login",
    fix: "List the origins that may send credentials.",
    find({ call, scope }) {
      if (call === undefined) return undefined;
      if (/^(?:cors|hono\/cors\.cors|@fastify\/cors)$/.test(call.name)) {
        const [options] = call.args;
        const origin = property(options, "origin", scope);
        const isAny = isTrue(origin, scope) || constantText(origin, scope) === "*";
        return isAny && isTrue(property(options, "credentials", scope), scope) ? "high" : undefined;
      }
      if (!/^(?:setHeader|header|set|append)$/.test(call.method)) return undefined;
      const name = constantText(call.args[0], scope) ?? "";
      if (!/^access-control-allow-origin$/i.test(name)) return undefined;
      const origin = dottedName(call.args[1], scope) ?? "";
      return /\.headers\.origin$/.test(origin) && isFromRequest(call.args[1], scope)
        ? "medium"
        : undefined;
    },
  },
  {
    id: "security/error-details-to-client",
    cwe: "CWE-209",
    severity: "medium",
    message: "the stack of an error is sent to the client",
    fix: "Log the error and answer with a message that tells nothing of the program.",
    find({ call, scope }) {
      if (call === undefined || !isResponse(call.object, scope)) return undefined;
      if (!/^(?:send|json|end|write|render)$/.test(call.method)) return undefined;
      return call.args.some((each) => holdsStack(each)) ? "high" : undefined;
    },
  },
  {
    id: "security/headers-turned-off",
    cwe: "CWE-693",
    severity: "low",
    message: "helmet's content security policy or frame protection is turned off",
    fix: "Configure the policy instead of turning it off.",
    find({ call, scope }) {
      if (call?.name !== "helmet") return undefined;
      const names = ["contentSecurityPolicy", "frameguard", "xFrameOptions"];
      return names.some((name) => isFalse(property(call.args[0], name, scope), scope))
        ? "high"
        : undefined;
    },
  },
];

/** What handlers call the response; `response.status(500)` is one as well. */
function isResponse(object: unknown, scope: Scope): boolean {
  let node = unwrap(object);
  for (let steps = 0; isNode(node) && node.type === "CallExpression" && steps < 5; steps++) {
    const callee = node["callee"];
    node = isNode(callee) && isMember(callee) ? unwrap(callee["object"]) : undefined;
  }
  return /^~?(?:this\.)?(?:ctx\.|c\.)?(?:res|response|reply)$|^~c$/.test(
    dottedName(node, scope) ?? "",
  );
}

/** Whether data of the request stands where the host of an address is decided. */
function leadsAnywhere(list: readonly Piece[]): boolean {
  let start = "";
  for (const piece of list) {
    if (piece.kind === "request" && piece.isAddress !== true)
      return /^(?:https?:)?(?:\/\/)?[^/]*$/i.test(start);
    // An unknown or checked beginning decides the host as a rule: `${BASE}/users/${id}`.
    if (piece.kind !== "literal") return false;
    start += piece.text;
  }
  return false;
}

/** Nodes that are looked at in an answer. */
const MOST_NODES = 200;

function holdsStack(value: unknown): boolean {
  // What is sent in one environment only was thought about.
  const goesInto = (node: SyntaxNode): boolean =>
    !isFunction(node) && node.type !== "ConditionalExpression";
  const nodes = nodesWithin(value, MOST_NODES, goesInto);
  return nodes.some((node) => isMember(node) && propertyName(node) === "stack");
}
