import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { SwarmError } from "../core/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { SkillManifest } from "../core/skill.ts";
import { resolveInputs } from "./inputs.ts";
import { readInside } from "./skill-folder.ts";
import { checkYaml, openYaml } from "./skill-yaml.ts";

/** One promise of a skill: from these inputs come these outputs. */
export interface SkillCase {
  /** The file, as `tests/words.yaml`. */
  readonly name: string;
  /** With defaults; paths are absolute. */
  readonly inputs: JsonObject;
  /** The whole output. */
  readonly outputs: JsonObject;
}

const CASE_FOLDER = "tests";

const object = z.custom<JsonObject>((data) => isJsonObject(data), "must be a mapping");
const schema = z.strictObject({ inputs: object.exactOptional(), outputs: object });

/**
 * Reads `tests/*.yaml` of a skill, in the order of their names. A relative path among the inputs means the folder `tests`.
 * @throws SwarmError `nothing-to-do` when there is none; `invalid-skill`, located, for a case that is none
 */
export async function readSkillCases(manifest: SkillManifest): Promise<readonly SkillCase[]> {
  const { name, folder } = manifest;
  const files = await readdir(join(folder, CASE_FOLDER)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
  const cases = files.filter((file) => file.endsWith(".yaml")).sort();
  if (cases.length === 0) {
    throw new SwarmError("nothing-to-do", `the skill ${name} has no tests/*.yaml`, {
      hint: "write one, such as: {inputs: {text: a b}, outputs: {words: 2}}",
      location: { file: join(folder, CASE_FOLDER) },
    });
  }
  return await Promise.all(cases.map((file) => readCase(manifest, `${CASE_FOLDER}/${file}`)));
}

async function readCase(manifest: SkillManifest, name: string): Promise<SkillCase> {
  const file = join(manifest.folder, name);
  const text = (await readInside(manifest.folder, name)) ?? "";
  const source = openYaml(text, { file, lineOffset: 0, columnOffset: 0, what: "case" });
  const { inputs = {}, outputs } = checkYaml(source, schema);
  try {
    const directory = join(manifest.folder, CASE_FOLDER);
    return { name, outputs, inputs: resolveInputs(manifest.inputs, inputs, directory) };
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    const path = (error.location?.pointer ?? "").split("/").filter((step) => step !== "");
    throw new SwarmError(error.code, error.message, {
      location: source.locate(path),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}

/** A place where an output is not what was promised. */
export interface Difference {
  /** JSON pointer; "" is the whole. */
  readonly pointer: string;
  /** Undefined: nothing was expected there. */
  readonly expected: Json | undefined;
  /** Undefined: nothing is there. */
  readonly actual: Json | undefined;
}

/** Where two values differ, as deep as they are alike. Pure. */
export function differences(
  expected: Json | undefined,
  actual: Json | undefined,
  pointer = "",
): readonly Difference[] {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const length = Math.max(expected.length, actual.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      differences(expected[index], actual[index], `${pointer}/${index}`),
    );
  }
  if (isJsonObject(expected) && isJsonObject(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return keys.flatMap((key) => differences(expected[key], actual[key], `${pointer}/${key}`));
  }
  return Object.is(expected, actual) || expected === actual ? [] : [{ pointer, expected, actual }];
}
