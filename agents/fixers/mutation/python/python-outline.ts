import type { FunctionPlace, TestOutline } from "../mutation.ts";
import { codeOf } from "./python-file.ts";
import { type PythonNode, part, parts, pythonNodes } from "./python-tree.ts";

/** Functions by their names; `__init__` has the name of its class. */
export function pythonFunctions(text: string, root: PythonNode): FunctionPlace[] {
  return [...pythonNodes(root)]
    .filter(({ type }) => type === "function_definition")
    .map((node) => ({
      name: functionName(text, node),
      start: node.start,
      end: node.end,
      mentions: mentionsIn(text, node),
    }));
}

function functionName(text: string, node: PythonNode): string {
  const own = part(node, "name");
  const name = own === undefined ? "" : codeOf({ text }, own);
  if (name !== "__init__") return name;
  const owner = node.parent?.parent;
  const ownerName = owner === undefined ? undefined : part(owner, "name");
  return ownerName === undefined ? name : codeOf({ text }, ownerName);
}

function mentionsIn(text: string, root: PythonNode): Set<string> {
  const names = new Set<string>();
  for (const node of pythonNodes(root)) {
    if (node.type === "identifier" || node.type === "string_content") {
      names.add(codeOf({ text }, node));
    }
  }
  return names;
}

export function pythonTestOutline(text: string, root: PythonNode): TestOutline {
  const imports: string[] = [];
  for (const node of pythonNodes(root)) {
    if (node.type === "import_from_statement") {
      const source = part(node, "module_name");
      if (source !== undefined) imports.push(...modulePaths(codeOf({ text }, source)));
    }
    if (node.type === "import_statement") {
      for (const name of parts(node))
        imports.push(...modulePaths(codeOf({ text }, part(name, "name") ?? name)));
    }
  }
  const tests = pythonFunctions(text, root).filter(({ name }) => name.startsWith("test"));
  return { imports, tests, mentions: mentionsIn(text, root) };
}

/** `a.b` as `a/b`, `..a` as `../a`. */
function modulePaths(name: string): string[] {
  const dots = /^\.*/.exec(name)?.[0].length ?? 0;
  const path = name.slice(dots).replaceAll(".", "/");
  if (path === "") return [];
  return dots === 0 ? [path] : [`./${"../".repeat(dots - 1)}${path}`];
}
