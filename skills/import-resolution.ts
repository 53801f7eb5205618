import { posix } from "node:path";
import type { FileImports } from "./import-graph.ts";

/** The files that an import may mean, among those that are known. */
export type Resolver = (file: FileImports, specifier: string) => readonly string[];

/** Resolves imports of all languages by the names of the files, without looking at a disk. */
export function openResolver(files: readonly FileImports[]): Resolver {
  const known = new Set(files.map(({ file }) => file));
  const scripts = scriptResolver(known);
  const resolvers: Readonly<Record<string, Resolver>> = {
    JavaScript: scripts,
    TypeScript: scripts,
    Python: pythonResolver(known),
    Java: javaResolver(files),
    Go: goResolver(files),
    Rust: rustResolver(known, files),
  };
  return (file, specifier) => resolvers[file.language]?.(file, specifier) ?? [];
}

function firstKnown(known: ReadonlySet<string>, candidates: readonly string[]): string[] {
  const found = candidates.find((each) => known.has(each));
  return found === undefined ? [] : [found];
}

/** Folder of a file, "" for the root. */
function folderOf(file: string): string {
  const folder = posix.dirname(file);
  return folder === "." ? "" : folder;
}

/** Answers "" for the root, and a path that begins with `..` outside of it. */
function joined(...parts: readonly string[]): string {
  const path = posix.join(...parts);
  return path === "." ? "" : path;
}

const SCRIPT_ENDINGS = [".ts", ".tsx", ".mts", ".cts", ".d.ts", ".js", ".jsx", ".mjs", ".cjs"];
/** TypeScript may name the file that it will be compiled to. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx", ".d.ts"],
  ".jsx": [".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

function scriptResolver(known: ReadonlySet<string>): Resolver {
  return ({ file }, specifier) => {
    if (!/^\.{1,2}(?:\/|$)/.test(specifier)) return [];
    const path = joined(folderOf(file), specifier.replace(/[?#].*$/, ""));
    const ending = posix.extname(path);
    const stem = path.slice(0, path.length - ending.length);
    return firstKnown(known, [
      path,
      ...(WRITTEN_AS[ending] ?? []).map((each) => stem + each),
      ...SCRIPT_ENDINGS.map((each) => path + each),
      ...SCRIPT_ENDINGS.map((each) => joined(path, `index${each}`)),
    ]);
  };
}

/** A specifier is `a.b`, or `..a:b` when `b` may be a module of `..a` or something inside it. */
function pythonResolver(known: ReadonlySet<string>): Resolver {
  return ({ file }, specifier) => {
    const [module = "", name] = specifier.split(":");
    const dots = /^\.*/.exec(module)?.[0].length ?? 0;
    const path = module.slice(dots).replaceAll(".", "/");
    const folder = folderOf(file);
    const bases = dots > 0 ? [joined(folder, ...Array<string>(dots - 1).fill(".."))] : [];
    for (const base of dots > 0 ? bases : pythonRoots(folder)) {
      const whole = joined(base, path);
      const found = firstKnown(known, [
        ...(name === undefined || name === "*" ? [] : pythonFiles(joined(whole, name))),
        ...(whole === base && dots === 0 ? [] : pythonFiles(whole)),
      ]);
      if (found.length > 0) return found;
    }
    return [];
  };
}

function pythonFiles(path: string): string[] {
  return [`${path}.py`, joined(path, "__init__.py"), `${path}.pyi`];
}

/** Where absolute modules may begin: the root, the usual folders there, and the file's own folders from the top. */
function pythonRoots(folder: string): string[] {
  const parts = folder === "" ? [] : folder.split("/");
  return ["", "src", "lib", ...parts.map((_, at) => parts.slice(0, at + 1).join("/"))];
}

function javaResolver(files: readonly FileImports[]): Resolver {
  const classes = new Map<string, string[]>();
  const packages = new Map<string, string[]>();
  for (const { file, language, package: name = "" } of files) {
    if (language !== "Java") continue;
    append(classes, `${name}.${posix.basename(file, ".java")}`, file);
    append(packages, name, file);
  }
  return (_, specifier) => {
    if (specifier.endsWith(".*")) return packages.get(specifier.slice(0, -2)) ?? [];
    // A class inside another one lies in the file of the outer one.
    const outer = specifier.slice(0, specifier.lastIndexOf("."));
    return classes.get(specifier) ?? classes.get(outer) ?? [];
  };
}

function append(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** A package is all the files of a folder. */
function goResolver(files: readonly FileImports[]): Resolver {
  const folders = new Map<string, string[]>();
  for (const { file, language } of files) {
    if (language === "Go" && !file.endsWith("_test.go")) append(folders, folderOf(file), file);
  }
  return ({ module }, specifier) => {
    if (module === undefined) return [];
    const isOwn = specifier === module.name || specifier.startsWith(`${module.name}/`);
    if (!isOwn) return [];
    return folders.get(joined(module.folder, specifier.slice(module.name.length + 1))) ?? [];
  };
}

function rustResolver(known: ReadonlySet<string>, files: readonly FileImports[]): Resolver {
  const crates = new Map<string, string>();
  for (const { language, module } of files) {
    if (language === "Rust" && module !== undefined) {
      crates.set(module.name.replaceAll("-", "_"), module.folder);
    }
  }
  return ({ file }, specifier) => {
    if (specifier.startsWith("mod ")) {
      return moduleIn(known, childFolder(file), [specifier.slice("mod ".length)]);
    }
    const [first = "", ...rest] = specifier.split("::").filter((part) => part !== "");
    if (first === "crate") return within(known, crateFolder(known, file), rest);
    if (first === "self") return within(known, childFolder(file), rest);
    if (first === "super") return aboveOf(known, file, rest);
    const child = moduleIn(known, childFolder(file), [first, ...rest]);
    if (child.length > 0) return child;
    const crate = crates.get(first);
    return crate === undefined ? [] : within(known, joined(crate, "src"), rest);
  };
}

function aboveOf(known: ReadonlySet<string>, file: string, path: readonly string[]): string[] {
  let folder = isModuleRoot(file) ? joined(folderOf(file), "..") : folderOf(file);
  const rest = [...path];
  while (rest[0] === "super") {
    rest.shift();
    folder = joined(folder, "..");
  }
  return within(known, folder, rest);
}

function isModuleRoot(file: string): boolean {
  return ["mod.rs", "lib.rs", "main.rs"].includes(posix.basename(file));
}

/** Where the modules that a file declares lie. */
function childFolder(file: string): string {
  return isModuleRoot(file) ? folderOf(file) : file.replace(/\.rs$/, "");
}

function crateFolder(known: ReadonlySet<string>, file: string): string {
  for (let folder = folderOf(file); ; folder = folderOf(folder)) {
    const isRoot = ["lib.rs", "main.rs"].some((name) => known.has(joined(folder, name)));
    if (isRoot || folder === "") return folder;
  }
}

/** The file of the longest part of a path that is a module; the rest names something inside it. */
function moduleIn(known: ReadonlySet<string>, folder: string, path: readonly string[]): string[] {
  for (let length = path.length; length > 0; length--) {
    const module = joined(folder, ...path.slice(0, length));
    const found = firstKnown(known, [`${module}.rs`, `${module}/mod.rs`]);
    if (found.length > 0) return found;
  }
  return [];
}

function within(known: ReadonlySet<string>, folder: string, path: readonly string[]): string[] {
  const found = moduleIn(known, folder, path);
  if (found.length > 0) return found;
  const own = ["lib.rs", "main.rs", "mod.rs"].map((name) => joined(folder, name));
  return firstKnown(known, [...own, `${folder}.rs`]);
}
