import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import type { Declarations } from "../core/define-skill.ts";
import { SwarmError } from "../core/errors.ts";
import type { InputSpec } from "../core/plan.ts";
import type { SkillManifest, SkillRun } from "../core/skill.ts";

/** What the skill's files say that `run` takes and gives. */
export type SkillDeclarations = Pick<SkillManifest, "inputs" | "outputs">;

/** Skills may lie anywhere, so the core is found under the package's name whether it is installed there or not. */
const CORE_MODULE = /^cascade-swarm\/core\/([a-z-]+\.ts)$/;
registerHooks({
  resolve(specifier, context, next) {
    const name = CORE_MODULE.exec(specifier)?.[1];
    if (name === undefined) return next(specifier, context);
    return next(new URL(`../core/${name}`, import.meta.url).href, context);
  },
});

const loaded = new Map<string, Promise<SkillRun>>();

/**
 * The `run` of a skill's entry module, loaded once.
 * @throws SwarmError `invalid-skill`, also when it was written for other declarations than the skill has
 */
export function loadSkill(module: string, declarations: SkillDeclarations): Promise<SkillRun> {
  let skill = loaded.get(module);
  if (skill === undefined) {
    skill = load(module, declarations);
    loaded.set(module, skill);
    skill.catch(() => loaded.delete(module));
  }
  return skill;
}

type RunOfModule = SkillRun & {
  readonly declares?: { readonly inputs: Declarations; readonly outputs: Declarations };
};

async function load(module: string, declarations: SkillDeclarations): Promise<SkillRun> {
  let exports: { readonly run?: unknown };
  try {
    exports = (await import(pathToFileURL(module).href)) as { readonly run?: unknown };
  } catch (error) {
    throw new SwarmError("invalid-skill", `cannot load ${module}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (typeof exports.run !== "function") {
    throw new SwarmError("invalid-skill", `${module} does not export a function \`run\``);
  }
  const run = exports.run as RunOfModule;
  if (run.declares !== undefined) {
    refuseOther("input", run.declares.inputs, { specs: declarations.inputs, module });
    refuseOther("output", run.declares.outputs, { specs: declarations.outputs, module });
  }
  return run;
}

function refuseOther(
  what: "input" | "output",
  written: Declarations,
  { specs, module }: { readonly specs: readonly InputSpec[]; readonly module: string },
): void {
  const known = new Map(specs.map((spec) => [spec.name, spec]));
  for (const name of new Set([...Object.keys(written), ...known.keys()])) {
    const [inModule, inFiles] = [shown(written[name]), shown(known.get(name))];
    if (isDeepStrictEqual(inModule, inFiles)) continue;
    throw new SwarmError(
      "invalid-skill",
      `the ${what} "${name}" is ${asText(inModule)} in ${module}, and ${asText(inFiles)} where the skill declares it`,
      { hint: "declare the same in both", location: { file: module } },
    );
  }
}

function shown(
  given: (Omit<InputSpec, "name" | "required"> & { readonly required?: boolean }) | undefined,
): object | undefined {
  if (given === undefined) return undefined;
  const { type, default: fallback } = given;
  const required = given.required ?? fallback === undefined;
  return { type, required, ...(fallback === undefined ? {} : { default: fallback }) };
}

function asText(given: object | undefined): string {
  return given === undefined ? "not there" : JSON.stringify(given);
}
