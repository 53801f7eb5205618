import { realpath } from "node:fs/promises";
import type { Job } from "../../bus/messages.ts";
import { systemClock } from "../../core/clock.ts";
import { SwarmError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Plan } from "../../core/plan.ts";
import type { SkillCatalog } from "../../core/skill.ts";
import { readCascade } from "../../language/cascade-registry.ts";
import { compileCascade } from "../../language/compile.ts";
import { renderDiagnostic, toError } from "../../language/diagnostic.ts";
import { resolveInputs } from "../../language/inputs.ts";
import { openModelOutlook } from "../../models/outlook.ts";
import { type Installed, isCascadePath, openInstalled } from "../cli/installed.ts";
import { pathInside } from "./runs.ts";
import type { ToolContext } from "./tool-context.ts";

type Place = Pick<ToolContext, "directory" | "env" | "allowance">;

/** The skills and cascades as they are now; with what models can be had, so that a cascade without its model is refused. */
export async function installedHere({ directory, env, allowance }: Place): Promise<Installed> {
  const models = await openModelOutlook(env, systemClock);
  return openInstalled({ directory, env, allowance, models });
}

export interface FoundCascade {
  readonly plan: Plan;
  /** Of a cascade that is not registered: its text. */
  readonly definition?: string;
  readonly skills: SkillCatalog;
}

/**
 * A cascade by its name, or by the path of a file in the directory.
 * @throws SwarmError `unknown-cascade`, `not-allowed`, or the first thing that is wrong with it
 */
export async function findCascade(cascade: string, place: Place): Promise<FoundCascade> {
  const installed = await installedHere(place);
  const { skills, cascades } = installed;
  if (!isCascadePath(cascade)) return { plan: await cascades.plan(cascade), skills };
  const definition = await readCascade(await realPathInside(place.directory, cascade));
  return { plan: compiled(definition, cascade, installed), definition, skills };
}

/** Compiles a cascade's text. @throws SwarmError the first thing that is wrong with it, and in the hint all of it */
export function compiled(definition: string, file: string, { skills, cascades }: Installed): Plan {
  const result = compileCascade({ text: definition, file }, skills, cascades.sources);
  if (result.ok) return result.plan;
  const { code, message, location } = toError(result.diagnostics);
  throw new SwarmError(code, message, {
    ...(location === undefined ? {} : { location }),
    hint: result.diagnostics.map((each) => renderDiagnostic(each, definition)).join("\n"),
  });
}

/**
 * A job with inputs that a model gave: they are checked, and paths among them may not lead out of the directory.
 * @throws SwarmError as `resolveInputs`, and `not-allowed`
 */
export async function jobOf(
  { plan, definition }: Pick<FoundCascade, "plan" | "definition">,
  inputs: JsonObject,
  directory: string,
): Promise<Job> {
  resolveInputs(plan.inputs, inputs, directory);
  for (const { name, type } of plan.inputs) {
    const given = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    if (type === "path" && typeof given === "string") await realPathInside(directory, given);
  }
  return {
    cascade: plan.cascade,
    inputs,
    directory,
    ...(definition === undefined ? {} : { definition }),
  };
}

/** As `pathInside`, also when links are followed. @throws SwarmError `path-not-found`, `path-unreadable` */
export async function realPathInside(directory: string, given: string): Promise<string> {
  const path = pathInside(directory, given);
  try {
    const real = await realpath(path);
    pathInside(await realpath(directory), real);
    return path;
  } catch (error) {
    if (error instanceof SwarmError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw code === "ENOENT" || code === "ENOTDIR"
      ? new SwarmError("path-not-found", `${path} does not exist`, { cause: error })
      : new SwarmError("path-unreadable", `${path} cannot be read (${code})`, { cause: error });
  }
}
