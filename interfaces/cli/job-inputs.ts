import { accessSync, constants } from "node:fs";
import { basename, isAbsolute, join, resolve } from "node:path";
import type { Job } from "../../bus/messages.ts";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Plan } from "../../core/plan.ts";
import type { SkillCatalog } from "../../core/skill.ts";
import { readCascade } from "../../language/cascade-registry.ts";
import { compileCascade } from "../../language/compile.ts";
import { renderDiagnostic } from "../../language/diagnostic.ts";
import { inputFromText, resolveInputs } from "../../language/inputs.ts";
import { didYouMean, nearest } from "../../language/nearest.ts";
import { COMMAND_NAMES } from "./commands.ts";
import { type InstalledOptions, isCascadePath, openInstalled } from "./installed.ts";

/** A cascade named on the command line is wrong: the text shows every place. */
export class CascadeRefused extends Error {}

export interface JobRequest extends InstalledOptions {
  /** A registered name, or the path of a YAML file. */
  readonly cascade: string;
  /** `key=value`, as given. */
  readonly inputs: readonly string[];
}

/** The job that a command line asks for, checked before anything is started, and its cascade's plan. */
export async function jobFromCommandLine(
  request: JobRequest,
): Promise<{ readonly job: Job; readonly plan: Plan }> {
  const { directory } = request;
  const { plan, definition } = await findCascade(request);
  const inputs = typedInputs(plan, request.inputs);
  resolveInputs(plan.inputs, inputs, directory);
  refuseUnreadablePaths(plan, inputs, directory);
  const job = {
    cascade: plan.cascade,
    inputs,
    directory,
    ...(definition === undefined ? {} : { definition }),
  };
  return { job, plan };
}

/**
 * The plan that a command line asks for, its inputs as given and as the run would have them, and the skills.
 * Checked as for a run, but without any input those that are required may be missing.
 */
export async function planFromCommandLine(request: JobRequest): Promise<{
  readonly plan: Plan;
  readonly given: JsonObject;
  readonly values: JsonObject;
  readonly skills: SkillCatalog;
}> {
  const { directory } = request;
  const { plan, skills } = await findCascade(request);
  const given = typedInputs(plan, request.inputs);
  const mayBeMissing = request.inputs.length === 0;
  const specs = mayBeMissing
    ? plan.inputs.map((spec) => ({ ...spec, required: false }))
    : plan.inputs;
  const values = resolveInputs(specs, given, directory);
  refuseUnreadablePaths(plan, given, directory);
  return { plan, given, values, skills };
}

interface FoundCascade {
  readonly plan: Plan;
  readonly definition?: string;
  readonly skills: SkillCatalog;
}

async function findCascade(request: JobRequest): Promise<FoundCascade> {
  const { cascade, directory } = request;
  const { skills, cascades } = await openInstalled(request);
  if (!isCascadePath(cascade)) return { plan: await cascades.plan(cascade), skills };
  const path = isAbsolute(cascade) ? cascade : resolve(directory, cascade);
  const definition = await readCascade(path);
  const file = path.startsWith(directory) ? cascade : path;
  const compiled = compileCascade({ text: definition, file }, skills, cascades.sources);
  if (compiled.ok) return { plan: compiled.plan, definition, skills };
  const shown = compiled.diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, definition));
  throw new CascadeRefused(
    `${shown.join("\n")}\n${compiled.diagnostics.length} error(s) in ${basename(path)}`,
  );
}

/** Inputs as given on a command line, in the types that the plan declares. @throws SwarmError `usage`, `unknown-input`, `invalid-input` */
export function typedInputs(plan: Plan, given: readonly string[]): Record<string, Json> {
  const inputs: Record<string, Json> = {};
  for (const text of given) {
    const at = text.indexOf("=");
    const name = text.slice(0, at);
    if (at <= 0) {
      throw new SwarmError("usage", `--input ${text}: expected key=value`, {
        hint: "for example --input path=src",
      });
    }
    const spec = plan.inputs.find((input) => input.name === name);
    if (spec === undefined) {
      const known = plan.inputs.map((input) => input.name);
      throw new SwarmError("unknown-input", `${plan.cascade} has no input "${name}"`, {
        hint: didYouMean(name, known),
      });
    }
    if (Object.hasOwn(inputs, name)) {
      throw new SwarmError("usage", `--input ${name} is given twice`);
    }
    inputs[name] = inputFromText(spec, text.slice(at + 1));
  }
  return inputs;
}

function refuseUnreadablePaths(plan: Plan, inputs: JsonObject, directory: string): void {
  for (const spec of plan.inputs) {
    const given = inputs[spec.name] ?? spec.default;
    if (spec.type === "path" && typeof given === "string") refuseUnreadable(given, directory);
  }
}

function refuseUnreadable(path: string, directory: string): void {
  const absolute = isAbsolute(path) ? path : join(directory, path);
  try {
    accessSync(absolute, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const command = nearest(path, COMMAND_NAMES);
    const hint =
      command === undefined
        ? "relative paths mean the directory that the command was started in"
        : `did you mean the command "${command}"?`;
    throw code === "ENOENT" || code === "ENOTDIR"
      ? new SwarmError("path-not-found", `${absolute} does not exist`, { hint, cause: error })
      : new SwarmError("path-unreadable", `${absolute} cannot be read (${code})`, { cause: error });
  }
}
