import { stat } from "node:fs/promises";
import { join } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import { isJsonObject, type Json } from "../../core/json.ts";
import type { ProjectFiles } from "./test-adapter.ts";

/** What of a `package.json` tells which test runner a project uses. */
export interface PackageFile {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: ReadonlySet<string>;
  readonly keys: ReadonlySet<string>;
}

/** Undefined when the project has none that is JSON. */
export async function packageOf(project: ProjectFiles): Promise<PackageFile | undefined> {
  const text = await project.read("package.json");
  if (text === undefined) return undefined;
  let data: Json;
  try {
    data = JSON.parse(text) as Json;
  } catch {
    return undefined; // what is no package names no runner
  }
  if (!isJsonObject(data)) return undefined;
  const namesOf = (key: string): readonly string[] => {
    const value = data[key];
    return isJsonObject(value) ? Object.keys(value) : [];
  };
  const scripts = isJsonObject(data["scripts"]) ? Object.entries(data["scripts"]) : [];
  return {
    scripts: Object.fromEntries(scripts.map(([name, text]) => [name, String(text)])),
    dependencies: new Set([...namesOf("dependencies"), ...namesOf("devDependencies")]),
    keys: new Set(Object.keys(data)),
  };
}

/**
 * Where the program of an installed package is, relative to the project; undefined when the project does not use the package.
 * @throws SwarmError `not-supported` when it uses it and has not installed it
 */
export async function installedProgram(
  project: ProjectFiles,
  { name, programs }: { readonly name: string; readonly programs: readonly string[] },
): Promise<string | undefined> {
  const described = await packageOf(project);
  if (described === undefined) return undefined;
  const used =
    described.dependencies.has(name) ||
    new RegExp(`\\b${name}\\b`).test(described.scripts["test"] ?? "");
  if (!used) return undefined;
  for (const program of programs) {
    const path = `node_modules/${name}/${program}`;
    const info = await stat(join(project.root, path)).catch(() => undefined);
    if (info?.isFile() === true) return path;
  }
  throw new SwarmError("not-supported", `the tests need ${name}, which is not installed`, {
    hint: `install the packages of ${project.root} first; the sandbox has no network`,
  });
}
