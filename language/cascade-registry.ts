import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SwarmError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import {
  type CascadeFile,
  cascadeNames,
  findCascadeFile,
  readCascadeFile,
} from "./cascade-folders.ts";
import { compileCascade } from "./compile.ts";
import { toError } from "./diagnostic.ts";
import { didYouMean } from "./nearest.ts";
import type { Source } from "./parse.ts";
import type { CascadeSources } from "./sub-cascades.ts";

/** The cascades that come with the package. */
export const shippedCascadesFolder = fileURLToPath(new URL("../cascades", import.meta.url));

/**
 * Where a swarm finds cascades by name: the folders of `CASCADE_CASCADES`, those that ship, then `cascades` of the project, which so
 * cannot put another one in place of one that ships.
 * @param directory where the swarm is started: the project
 */
export function cascadeFoldersOf(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const added = (env["CASCADE_CASCADES"] ?? "").split(":").filter((folder) => folder !== "");
  return [...new Set([...added, shippedCascadesFolder, join(directory, "cascades")])];
}

/** Cascades by name. A file may change while the swarm runs: it is compiled when it is asked for. */
export interface CascadeRegistry {
  /** @throws SwarmError `unknown-cascade`, or the first thing wrong with the file */
  plan(name: string): Promise<Plan>;
  /** A cascade's text, to show where something in it stands. @throws SwarmError as `readCascade`, or `unknown-cascade` */
  source(name: string): Promise<Source>;
  /** Compiles a cascade that comes with the job. @throws SwarmError as `plan` */
  planOf(source: Source): Plan;
  names(): Promise<readonly string[]>;
  /** For the cascades that stages of others use. */
  readonly sources: CascadeSources;
}

/** @param folders looked through in order; the first that has `<name>.yaml` is taken */
export function openCascadeRegistry(
  folders: readonly string[],
  catalog: SkillCatalog,
): CascadeRegistry {
  const compiled = new Map<string, CompiledFile>();
  const sources: CascadeSources = {
    find: (name) => {
      const file = findCascadeFile(folders, name);
      return file === undefined ? undefined : readCascadeFile(file.path);
    },
    names: () => cascadeNames(folders),
  };

  function fileOf(name: string): CascadeFile {
    const file = findCascadeFile(folders, name);
    if (file !== undefined) return file;
    const shown = JSON.stringify(name).slice(0, 80);
    throw new SwarmError("unknown-cascade", `no cascade is called ${shown}`, {
      location: { pointer: "/cascade" },
      hint: didYouMean(name, cascadeNames(folders)),
    });
  }

  function compile(source: Source): { readonly plan: Plan; readonly used: readonly string[] } {
    const used: string[] = [];
    const find = (name: string): Source | undefined => {
      used.push(name);
      return sources.find(name);
    };
    const result = compileCascade(source, catalog, { ...sources, find });
    if (!result.ok) throw toError(result.diagnostics);
    return { plan: result.plan, used };
  }

  return {
    sources,
    // Async for its callers' sake: files are small, and a plan is one moment's state of them all.
    plan: async (name) => {
      const file = fileOf(name);
      const known = compiled.get(file.path);
      if (known !== undefined && isCurrent(known, file, folders)) return known.plan;
      const { plan, used } = compile(readCascadeFile(file.path));
      const files = new Map(used.map((each) => [each, findCascadeFile(folders, each)]));
      compiled.set(file.path, { plan, version: file.version, used: files });
      return plan;
    },
    source: async (name) => readCascadeFile(fileOf(name).path),
    planOf: (source) => compile(source).plan,
    names: async () => sources.names(),
  };
}

interface CompiledFile {
  readonly plan: Plan;
  readonly version: string;
  /** The files of the cascades that its stages use. */
  readonly used: ReadonlyMap<string, CascadeFile | undefined>;
}

function isCurrent(known: CompiledFile, file: CascadeFile, folders: readonly string[]): boolean {
  if (known.version !== file.version) return false;
  return [...known.used].every(([name, before]) => {
    const now = findCascadeFile(folders, name);
    return now?.path === before?.path && now?.version === before?.version;
  });
}

/** Reads a cascade file. @throws SwarmError `path-not-found`, `path-unreadable` or `limit-exceeded` */
export async function readCascade(path: string): Promise<string> {
  return readCascadeFile(path).text;
}
