import type { FileImport, ImportKind } from "../import-graph.ts";
import { isNode, type SyntaxNode } from "../syntax.ts";

/** What a JavaScript or TypeScript file imports, by `import`, `export … from`, `import()` and `require()`. */
export function scriptImports(program: SyntaxNode): FileImport[] {
  const imports: FileImport[] = [];
  const rest: SyntaxNode[] = [program];
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    const found = importIn(node);
    if (found !== undefined) imports.push(found);
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isNode(child)) rest.push(child);
      }
    }
  }
  return imports.sort((a, b) => a[2] - b[2] || (a[0] < b[0] ? -1 : 1));
}

function importIn(node: SyntaxNode): FileImport | undefined {
  switch (node.type) {
    case "ImportDeclaration":
      return importOf(node, node["source"], isForTypes(node, "importKind") ? "type" : "static");
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return importOf(node, node["source"], isForTypes(node, "exportKind") ? "type" : "static");
    case "ImportExpression":
      return importOf(node, node["source"], "dynamic");
    case "TSExternalModuleReference":
      return importOf(node, node["expression"], "static");
    case "CallExpression":
      return isRequire(node) ? importOf(node, argumentOf(node), "static") : undefined;
    default:
      return undefined;
  }
}

function importOf(node: SyntaxNode, source: unknown, kind: ImportKind): FileImport | undefined {
  if (!isNode(source) || source.type !== "StringLiteral") return undefined;
  return [String(source["value"]), kind, node.loc?.start.line ?? 1];
}

/** `import type …`, or a list in which each name has its own `type`. */
function isForTypes(node: SyntaxNode, field: "importKind" | "exportKind"): boolean {
  if (node[field] === "type") return true;
  const specifiers: unknown = node["specifiers"];
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false;
  return specifiers.every((each) => isNode(each) && each[field] === "type");
}

function isRequire(node: SyntaxNode): boolean {
  const callee = node["callee"];
  return isNode(callee) && callee.type === "Identifier" && callee["name"] === "require";
}

function argumentOf(node: SyntaxNode): unknown {
  const list: unknown = node["arguments"];
  return Array.isArray(list) ? list[0] : undefined;
}
