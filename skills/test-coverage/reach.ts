import { posix } from "node:path";
import { type FileImports, type ImportEdge, resolveImports } from "../import-graph.ts";
import { isTestFile } from "../test-files.ts";

/** `type`, not `interface`, so that it is assignable to plain JSON. */
export type Reach = {
  readonly tests: number;
  /** Files that are no tests, in languages whose imports are read. */
  readonly sources: number;
  readonly reached: number;
  readonly unreached: readonly string[];
  /** Files of which others only take types: nothing in them would run, so they count as no sources. */
  readonly types_only: readonly string[];
};

/**
 * Which sources some test file leads to over imports that run. Being reached does not mean being tested; not being reached
 * means that no import leads there. Where code sees its package without importing it (Go, Java), all of the package is reached.
 */
export function reachOf(files: readonly FileImports[]): Reach {
  const edges = resolveImports(files);
  const steps = stepsOf(files, edges);
  const starts = files.filter((each) => isTestFile(each.file) || each.has_tests === true);
  const reached = new Set(starts.map(({ file }) => file));
  const queue = [...reached];
  for (const node of queue) {
    for (const next of steps.get(node) ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      queue.push(next);
    }
  }
  const typesOnly = typesOnlyOf(edges);
  const sources = files
    .map(({ file }) => file)
    .filter((file) => !isTestFile(file) && !typesOnly.has(file));
  const unreached = sources.filter((file) => !reached.has(file)).sort();
  return {
    tests: starts.length,
    sources: sources.length,
    reached: sources.length - unreached.length,
    unreached,
    types_only: [...typesOnly].filter((file) => !isTestFile(file)).sort(),
  };
}

function typesOnlyOf(edges: readonly ImportEdge[]): ReadonlySet<string> {
  const typesOnly = new Set(edges.filter(({ kind }) => kind === "type").map(({ to }) => to));
  for (const { to, kind } of edges) if (kind !== "type") typesOnly.delete(to);
  return typesOnly;
}

/** Edges of the imports, and from each file to its package and back. */
function stepsOf(
  files: readonly FileImports[],
  edges: readonly ImportEdge[],
): ReadonlyMap<string, readonly string[]> {
  const steps = new Map<string, string[]>();
  const add = (from: string, to: string): void => {
    const known = steps.get(from);
    if (known === undefined) steps.set(from, [to]);
    else known.push(to);
  };
  for (const { from, to, kind } of edges) if (kind !== "type") add(from, to);
  for (const each of files) {
    for (const { node, leadsBack } of packagesOf(each)) {
      add(each.file, node);
      if (leadsBack) add(node, each.file);
    }
  }
  return steps;
}

/** Nodes that stand for a package. Their names hold a NUL, as no file name does. */
function packagesOf(each: FileImports): { readonly node: string; readonly leadsBack: boolean }[] {
  const folder = posix.dirname(each.file);
  switch (each.language) {
    case "Go":
      return [{ node: `go\0${folder}`, leadsBack: true }];
    case "Java":
      return [{ node: `java\0${each.package ?? ""}`, leadsBack: true }];
    case "Python":
      return pythonPackages(each.file, folder);
    default:
      return [];
  }
}

/** Importing a module of Python runs the `__init__.py` of every package around it. */
function pythonPackages(file: string, folder: string) {
  const packages: { readonly node: string; readonly leadsBack: boolean }[] = [];
  const isPackage = posix.basename(file) === "__init__.py";
  if (isPackage) packages.push({ node: `python\0${folder}`, leadsBack: true });
  for (let above = folder; above !== "." && above !== "/"; above = posix.dirname(above)) {
    packages.push({ node: `python\0${above}`, leadsBack: false });
  }
  return packages;
}
