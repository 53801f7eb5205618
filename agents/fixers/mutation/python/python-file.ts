import type { WrongLiteral } from "../mutation.ts";
import { type PythonNode, part, parts, pythonFunctionsAround, pythonNodes } from "./python-tree.ts";

/** What the mutators of a file share. */
export interface PythonFile {
  readonly text: string;
  readonly root: PythonNode;
  readonly names: ReadonlyMap<PythonNode, PythonNames>;
  /** Attributes that the file reads, each once. */
  readonly attributes: readonly string[];
  readonly wrongLiterals: readonly WrongLiteral[];
  readonly lineEnd: "\n" | "\r\n";
}

/** What a function, or the module, declares. */
export interface PythonNames {
  readonly parameters: readonly string[];
  readonly locals: readonly string[];
}

export function openPythonFile(
  text: string,
  root: PythonNode,
  wrongLiterals: readonly WrongLiteral[],
): PythonFile {
  const attributes = new Set<string>();
  for (const node of pythonNodes(root)) {
    if (node.field === "attribute") attributes.add(text.slice(node.start, node.end));
  }
  return {
    text,
    root,
    names: pythonNames(text, root),
    attributes: [...attributes],
    wrongLiterals,
    lineEnd: text.includes("\r\n") ? "\r\n" : "\n",
  };
}

export function codeOf({ text }: { readonly text: string }, { start, end }: PythonNode): string {
  return text.slice(start, end);
}

function pythonNames(text: string, root: PythonNode): Map<PythonNode, PythonNames> {
  const scopes = new Map<PythonNode, { parameters: string[]; locals: string[] }>();
  const scopeOf = (node: PythonNode): { parameters: string[]; locals: string[] } => {
    const scope = scopes.get(node) ?? { parameters: [], locals: [] };
    scopes.set(node, scope);
    return scope;
  };
  for (const node of pythonNodes(root)) {
    const around = pythonFunctionsAround(node).next().value ?? root;
    if (node.type === "parameters") {
      scopeOf(around).parameters.push(...parts(node).flatMap((one) => parameterName(text, one)));
    }
    const isAssigned =
      node.field === "left" &&
      /^(?:assignment|for_statement|for_in_clause)$/.test(node.parent?.type ?? "");
    if (isAssigned) {
      const names = node.type === "identifier" ? [node] : parts(node);
      const plain = names.filter(({ type }) => type === "identifier");
      scopeOf(around).locals.push(...plain.map((name) => codeOf({ text }, name)));
    }
  }
  return scopes;
}

function parameterName(text: string, parameter: PythonNode): string[] {
  const name =
    parameter.type === "identifier"
      ? parameter
      : (part(parameter, "name") ?? parts(parameter).find(({ type }) => type === "identifier"));
  const word = name === undefined ? undefined : codeOf({ text }, name);
  return word === undefined || word === "self" || word === "cls" ? [] : [word];
}
