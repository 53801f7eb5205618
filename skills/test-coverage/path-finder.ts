import { posix } from "node:path";

/**
 * Answers a function that finds the source file a report means. Only names are compared, nothing is opened: the path of a
 * source below the root or a base, or else the one source that ends as the path does (JaCoCo), or that the path ends with (Go).
 * @param root real path of the analysed directory
 */
export function openPathFinder(
  root: string,
  sources: readonly string[],
): (path: string, bases: readonly string[]) => string | undefined {
  const known = new Set(sources);
  const byName = new Map<string, string[]>();
  for (const file of sources) {
    const name = posix.basename(file);
    const alike = byName.get(name);
    if (alike === undefined) byName.set(name, [file]);
    else alike.push(file);
  }
  const belowRoot = (path: string): string =>
    posix.normalize(path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path);
  return (given, bases) => {
    const path = given.replaceAll("\\", "/");
    const exact = [path, ...bases.map((base) => posix.join(base, path))]
      .map(belowRoot)
      .find((each) => known.has(each));
    if (exact !== undefined) return exact;
    const alike = byName.get(posix.basename(path)) ?? [];
    const inside = alike.filter((file) => `/${path}`.endsWith(`/${file}`));
    if (inside.length > 0) return longest(inside);
    const around = alike.filter((file) => file.endsWith(`/${path}`));
    return around.length === 1 ? around[0] : undefined;
  };
}

function longest(files: readonly string[]): string | undefined {
  return files.reduce((best, file) => (file.length > best.length ? file : best), "");
}
