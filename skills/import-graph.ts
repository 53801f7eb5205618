import { z } from "zod";
import { openResolver } from "./import-resolution.ts";

/**
 * How an import acts: `static` runs the other file when this one is loaded, `dynamic` at some later time, `type` never,
 * and a `declaration` merely names a part (`mod` of Rust, a whole package of Java).
 */
const importKind = z.enum(["static", "dynamic", "type", "declaration"]);
export type ImportKind = z.infer<typeof importKind>;

/** What is imported as it is written, how, and the line. */
const fileImport = z.tuple([z.string(), importKind, z.int().min(1)]);
export type FileImport = Readonly<z.infer<typeof fileImport>>;

/** What `complexity-analysis` tells of one file, as its output `imports`. */
export const fileImports = z.object({
  file: z.string(),
  language: z.string(),
  /** The package that the file says it belongs to: Go, Java. */
  package: z.string().exactOptional(),
  /** The nearest `go.mod` or `Cargo.toml`: the name in it, and its folder, "" for the root. */
  module: z.object({ name: z.string(), folder: z.string() }).exactOptional(),
  /** Whether tests stand in the file itself, as Rust has them. */
  has_tests: z.boolean().exactOptional(),
  imports: z.array(fileImport.readonly()).readonly(),
});
export type FileImports = Readonly<z.infer<typeof fileImports>>;

/** One file imports another. */
export interface ImportEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: ImportKind;
  readonly line: number;
}

/** Files that import each other in a circle. */
export interface ImportCycle {
  /** All files from which each other one is reached, sorted. */
  readonly files: readonly string[];
  /** A shortest circle among them (of those tried, where they are many): each imports the next at that line, the last one the first. */
  readonly path: readonly { readonly file: string; readonly line: number }[];
}

/** Elsewhere the compiler refuses cycles (Go), or they are harmless and usual (Rust). */
const LANGUAGES_WITH_CYCLES: ReadonlySet<string> = new Set([
  "JavaScript",
  "TypeScript",
  "Python",
  "Java",
]);
/** Files that are looked at for the shortest circle of a component: of a larger one not every start is tried. */
const MOST_STEPS = 200_000;

/** The edges between the given files, by names alone; what leads out of them is left out. Pure. */
export function resolveImports(files: readonly FileImports[]): ImportEdge[] {
  const resolve = openResolver(files);
  return files.flatMap((file) =>
    file.imports.flatMap(([specifier, kind, line]) =>
      resolve(file, specifier)
        .filter((to) => to !== file.file)
        .map((to) => ({ from: file.file, to, kind, line })),
    ),
  );
}

/** Cycles of imports that run when a file is loaded; those for types, and those that run later, make none. */
export function findCycles(files: readonly FileImports[]): ImportCycle[] {
  const takesPart = new Set(
    files.filter(({ language }) => LANGUAGES_WITH_CYCLES.has(language)).map(({ file }) => file),
  );
  const graph = new Map<string, Map<string, number>>();
  for (const { from, to, kind, line } of resolveImports(files)) {
    if (kind !== "static") continue;
    const targets = graph.get(from) ?? new Map<string, number>();
    graph.set(from, targets);
    if (!targets.has(to)) targets.set(to, line);
  }
  return components([...takesPart].sort(), graph)
    .filter((component) => component.length > 1)
    .map((component) => ({
      files: component.sort(),
      path: shortestCircle(component, graph),
    }))
    .sort((a, b) => ((a.files[0] ?? "") < (b.files[0] ?? "") ? -1 : 1));
}

type Graph = ReadonlyMap<string, ReadonlyMap<string, number>>;

interface Visit {
  readonly node: string;
  readonly rest: Iterator<string>;
}

/** Tarjan's strongly connected components, with a list in place of recursion. */
function components(nodes: readonly string[], graph: Graph): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const found: string[][] = [];
  const visits: Visit[] = [];
  const enter = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    open.push(node);
    isOpen.add(node);
    visits.push({ node, rest: (graph.get(node) ?? new Map<string, number>()).keys() });
  };
  const lower = (node: string, value: number | undefined): void => {
    low.set(node, Math.min(low.get(node) ?? 0, value ?? 0));
  };
  const leave = (node: string): void => {
    if (low.get(node) !== index.get(node)) return;
    const component = open.splice(open.lastIndexOf(node));
    for (const each of component) isOpen.delete(each);
    found.push(component);
  };
  for (const start of nodes) {
    if (!index.has(start)) enter(start);
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const { value: next, done } = visit.rest.next();
      if (done !== true) {
        if (!index.has(next)) enter(next);
        else if (isOpen.has(next)) lower(visit.node, index.get(next));
        continue;
      }
      visits.pop();
      leave(visit.node);
      const above = visits.at(-1);
      if (above !== undefined) lower(above.node, low.get(visit.node));
    }
  }
  return found;
}

function shortestCircle(component: readonly string[], graph: Graph): ImportCycle["path"] {
  const inside = new Set(component);
  let shortest: readonly string[] = [];
  for (const start of component.slice(0, Math.ceil(MOST_STEPS / component.length))) {
    const circle = circleThrough(start, inside, graph);
    if (shortest.length === 0 || circle.length < shortest.length) shortest = circle;
    if (shortest.length === 2) break;
  }
  return shortest.map((file, at) => {
    const next = shortest[(at + 1) % shortest.length] ?? file;
    return { file, line: graph.get(file)?.get(next) ?? 1 };
  });
}

/** Breadth first, so the first way back to the start is a shortest one. */
function circleThrough(start: string, inside: ReadonlySet<string>, graph: Graph): string[] {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const node of queue) {
    for (const next of graph.get(node)?.keys() ?? []) {
      if (next === start) return wayTo(node, cameFrom);
      if (!inside.has(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return [];
}

function wayTo(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way: string[] = [];
  for (let node: string | undefined = end; node !== undefined; node = cameFrom.get(node)) {
    way.unshift(node);
  }
  return way;
}
