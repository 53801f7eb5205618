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
