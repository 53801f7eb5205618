import { posix } from "node:path";
import type { TestFailure } from "../../core/fixer.ts";
import { whyProtected } from "./protected-files.ts";

const SUSPECTS = 30;
const LOOKED_AT = 400;

/**
 * Source files that may hold the cause of failures, the most suspected first: those that the stacks name, the innermost first, then what the
 * test files import, the nearest first.
 */
export async function suspectsOf(
  failures: readonly TestFailure[],
  paths: ReadonlySet<string>,
  read: (path: string) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const isSource = (path: string): boolean => whyProtected(path) === undefined && paths.has(path);
  const framed = failures.flatMap(({ frames }) => frames.map(({ file }) => file));
  const tests = failures.flatMap(({ file }) => file ?? []);
  const imported = await importClosure([...new Set([...tests, ...framed])], paths, read);
  const sources = [...new Set([...framed, ...imported])].filter(isSource);
  return sources.filter((path) => CODE.test(path)).slice(0, SUSPECTS);
}

const CODE = /\.([cm]?[jt]sx?|py|go|rs|java|rb|php|vue|svelte)$/;

/** Files that these import, directly or through others, in the order of their distance. */
async function importClosure(
  from: readonly string[],
  paths: ReadonlySet<string>,
  read: (path: string) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const found = new Set<string>(from);
  for (const path of found) {
    if (found.size > LOOKED_AT) break;
    const text = await read(path);
    if (text === undefined) continue;
    for (const next of importsOf(path, text, paths)) found.add(next); // a Set goes on to what is added meanwhile
  }
  return [...found].filter((path) => !from.includes(path));
}

const SCRIPT_IMPORT =
  /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*|\bimport\s+)["']([^"'\n]+)["']/g;
const PYTHON_IMPORT =
  /^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+\(?([\w, \t*]*)|import[ \t]+([\w., \t]+))/gm;

function importsOf(path: string, text: string, paths: ReadonlySet<string>): readonly string[] {
  if (path.endsWith(".py")) return pythonImports(path, text, paths);
  const folder = posix.dirname(path);
  return [...text.matchAll(SCRIPT_IMPORT)].flatMap(([, name = ""]) => {
    if (!name.startsWith(".") && !name.startsWith("/")) return [];
    return scriptFile(posix.join(folder, name), paths) ?? [];
  });
}

const ENDINGS = ["", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue"];

function scriptFile(path: string, paths: ReadonlySet<string>): string | undefined {
  // TypeScript is imported under the name that it is compiled to.
  const asSource = path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2");
  const tries = [
    ...ENDINGS.map((ending) => `${path}${ending}`),
    asSource,
    ...ENDINGS.slice(1).map((ending) => `${path}/index${ending}`),
  ];
  return tries.find((each) => paths.has(each));
}

function pythonImports(path: string, text: string, paths: ReadonlySet<string>): readonly string[] {
  return [...text.matchAll(PYTHON_IMPORT)].flatMap(([, from, names = "", plain]) => {
    const modules =
      from === undefined
        ? (plain ?? "").split(",").map((name) => name.trim().split(/\s/)[0] ?? "")
        : [from, ...names.split(",").map((name) => joined(from, name.trim().split(/\s/)[0] ?? ""))];
    return modules.flatMap((module) => pythonFile(path, module, paths) ?? []);
  });
}

function joined(module: string, name: string): string {
  return module.endsWith(".") || module === "" ? `${module}${name}` : `${module}.${name}`;
}

function pythonFile(
  importer: string,
  module: string,
  paths: ReadonlySet<string>,
): string | undefined {
  const dots = /^\.*/.exec(module)?.[0].length ?? 0;
  const name = module.slice(dots).replaceAll(".", "/");
  if (name === "") return undefined;
  const ups = "../".repeat(Math.max(0, dots - 1));
  const folder = posix.dirname(importer);
  const roots = dots > 0 ? [posix.join(folder, ups)] : ["", "src", folder, posix.dirname(folder)];
  return roots
    .flatMap((root) => [posix.join(root, `${name}.py`), posix.join(root, name, "__init__.py")])
    .find((each) => paths.has(each));
}
