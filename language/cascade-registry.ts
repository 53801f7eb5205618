import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SwarmError } from "../core/errors.ts";
import { isToken } from "../core/ids.ts";
import { refuseOver } from "../core/limits.ts";
import type { Plan } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import { compileCascade } from "./compile.ts";
import { toError } from "./diagnostic.ts";
import { didYouMean } from "./nearest.ts";
import type { Source } from "./parse.ts";

/** The cascades that come with the package. */
export const shippedCascadesFolder = fileURLToPath(new URL("../cascades", import.meta.url));

/** Cascades by name. A file may change while the swarm runs: it is compiled when it is asked for. */
export interface CascadeRegistry {
  /** @throws SwarmError `unknown-cascade`, or the first thing wrong with the file */
  plan(name: string): Promise<Plan>;
  /** A cascade's text, to show where something in it stands. @throws SwarmError as `readCascade`, or `unknown-cascade` */
  source(name: string): Promise<Source>;
  /** Compiles a cascade that comes with the job. @throws SwarmError as `plan` */
  planOf(source: Source): Plan;
  names(): Promise<readonly string[]>;
}

interface CascadeFile {
  readonly path: string;
  readonly version: string;
}

/** @param folders looked through in order; the first that has `<name>.yaml` is taken */
export function openCascadeRegistry(
  folders: readonly string[],
  catalog: SkillCatalog,
): CascadeRegistry {
  const compiled = new Map<string, { readonly version: string; readonly plan: Plan }>();

  async function fileOf(name: string): Promise<CascadeFile> {
    const file = isToken(name) ? await findFile(folders, name) : undefined;
    if (file === undefined) {
      throw new SwarmError(
        "unknown-cascade",
        `no cascade is called ${JSON.stringify(name).slice(0, 80)}`,
        {
          location: { pointer: "/cascade" },
          hint: didYouMean(name, await names()),
        },
      );
    }
    return file;
  }

  async function source(name: string): Promise<Source> {
    const { path } = await fileOf(name);
    return { text: await readCascade(path), file: path };
  }

  async function plan(name: string): Promise<Plan> {
    const file = await fileOf(name);
    const known = compiled.get(file.path);
    if (known?.version === file.version) return known.plan;
    const fresh = planOf({ text: await readCascade(file.path), file: file.path });
    compiled.set(file.path, { version: file.version, plan: fresh });
    return fresh;
  }

  function planOf(source: Source): Plan {
    const result = compileCascade(source, catalog);
    if (!result.ok) throw toError(result.diagnostics);
    return result.plan;
  }

  async function names(): Promise<readonly string[]> {
    const listed = await Promise.all(folders.map(listFolder));
    const yaml = listed.flat().filter((name) => name.endsWith(".yaml"));
    return [...new Set(yaml.map((name) => name.slice(0, -".yaml".length)))].sort();
  }

  return { plan, source, planOf, names };
}

/** A folder that is not there has no cascades. @throws SwarmError `path-unreadable` */
async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(folder, error);
  }
}

/** Reads a cascade file. @throws SwarmError `path-not-found`, `path-unreadable` or `limit-exceeded` */
export async function readCascade(path: string): Promise<string> {
  try {
    const { size, isFile } = await stat(path).then((info) => ({
      size: info.size,
      isFile: info.isFile(),
    }));
    if (!isFile) throw new SwarmError("path-unreadable", `${path} is not a file`);
    refuseOver("cascadeFileBytes", size);
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof SwarmError) throw error;
    throw unreadable(path, error);
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}

function unreadable(path: string, error: unknown): SwarmError {
  const missing = isMissing(error);
  const why = missing ? "does not exist" : `cannot be read: ${(error as Error).message}`;
  return new SwarmError(missing ? "path-not-found" : "path-unreadable", `${path} ${why}`, {
    location: { file: path },
    cause: error,
    ...(error instanceof TypeError ? { hint: "save the file as UTF-8" } : {}),
  });
}

async function findFile(
  folders: readonly string[],
  name: string,
): Promise<CascadeFile | undefined> {
  for (const folder of folders) {
    const path = join(folder, `${name}.yaml`);
    try {
      const { mtimeMs, size } = await stat(path);
      return { path, version: `${mtimeMs} ${size}` };
    } catch (error) {
      if (!isMissing(error)) throw unreadable(path, error);
    }
  }
  return undefined;
}
