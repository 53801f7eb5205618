import { dottedName } from "../names.ts";
import type { Rule } from "../rule.ts";
import { nameOf, type Scope } from "../scope.ts";
import { isBuilt, isFromRequest, piecesOf } from "../values.ts";

const QUERY_METHOD =
  /^(?:query|execute|raw|prepare|run|all|get|each|exec|unsafe|queryRaw|executeRaw|\$queryRawUnsafe|\$executeRawUnsafe|whereRaw|orderByRaw|havingRaw|selectRaw|queryRunner|one|any|none|oneOrNone|many|manyOrNone)$/;
const STATEMENT =
  /^\s*(?:select\s[\s\S]*?\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|drop\s+(?:table|database)\s|alter\s+table\s|create\s+(?:table|database|user)\s|truncate\s|with\s+\w+\s+as\s|call\s+\w+\s*\(|merge\s+into\s|replace\s+into\s)/i;

/** Text of the program and of others in one database query. */
export const QUERY_RULES: readonly Rule[] = [
  {
    id: "security/sql-injection",
    cwe: "CWE-89",
    severity: "high",
    message: "an SQL statement is put together from text that is not fixed",
    fix: "Use placeholders (`?` or `$1`) and give the values to the driver apart from the statement.",
    find({ call, scope }) {
      if (call === undefined || call.object === undefined) return undefined;
      if (!QUERY_METHOD.test(call.method)) return undefined;
      const list = piecesOf(call.args[0], scope);
      const [first] = list;
      const statement = list.map((piece) => (piece.kind === "literal" ? piece.text : "x")).join("");
      if (first?.kind !== "literal" || !isBuilt(list) || !STATEMENT.test(statement))
        return undefined;
      return list.some(({ kind }) => kind === "request") ? "high" : "medium";
    },
  },
  {
    id: "security/nosql-injection",
    cwe: "CWE-943",
    severity: "high",
    message: "a database query carries JavaScript or whole objects of the request",
    fix: "Take single values out of the request, turn them into strings, and do without `$where`.",
    find({ node, call, scope }) {
      if (node.type === "ObjectProperty" && nameOf(node["key"]) === "$where") {
        const list = piecesOf(node["value"], scope);
        return isBuilt(list) || isFromRequest(node["value"], scope) ? "high" : undefined;
      }
      const asks =
        /^(?:find|findOne|findOneAndUpdate|findOneAndDelete|deleteOne|deleteMany|updateOne|updateMany|countDocuments)$/;
      if (call?.object === undefined || !asks.test(call.method)) return undefined;
      return isWholeRequestPart(call.args[0], scope) ? "medium" : undefined;
    },
  },
];

/** `req.body` itself can hold operators such as `$ne`; `req.body.name` inside an object is a smaller matter. */
function isWholeRequestPart(node: unknown, scope: Scope): boolean {
  return /^~?(?:req|request)\.(?:body|query)$/.test(dottedName(node, scope) ?? "");
}
