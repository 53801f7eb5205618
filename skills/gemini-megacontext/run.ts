import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { modelOutput } from "../../core/model-output.ts";
import type { SkillContext } from "../../core/skill.ts";
import { askInputs, modelsIn, requestOf } from "../ask-model.ts";
import { parseInputs } from "../skill-inputs.ts";
import { isDirectory, packDirectory } from "./pack.ts";

const megaInputs = askInputs.extend({ path: z.string().nullish() });

const ROUTE = "gemini-megacontext";
/** Room that is left for the question, the answer and a count that is not exact. */
const KEPT_FREE_TOKENS = 40_000;
/** Of a model whose context is not known. */
const LEAST_CONTEXT_TOKENS = 200_000;
const LISTED_LEFT_OUT = 200;

/** Asks a model with much room about a whole directory. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const given = parseInputs(megaInputs, inputs);
  const models = modelsIn(context);
  const request = { ...requestOf(given), model: ROUTE };
  const root = await directoryOf(given.path, context.directory);
  const { contextTokens = LEAST_CONTEXT_TOKENS } = models.choose(request);
  const mostTokens = contextTokens - KEPT_FREE_TOKENS;
  const pack = await packDirectory(root, { mostTokens }, context.signal);
  if (pack.files === 0) {
    throw new SwarmError("nothing-to-do", `${root} has no text file that is not ignored`);
  }
  const files = { name: "files", text: pack.text };
  const result = await models.generate({ ...requestOf(given, [files]), model: ROUTE });
  return {
    ...modelOutput(result),
    files: pack.files,
    bytes: pack.bytes,
    estimated_tokens: pack.tokens,
    left_out: pack.leftOut.slice(0, LISTED_LEFT_OUT).map(({ file, reason }) => ({ file, reason })),
    left_out_count: pack.leftOut.length,
  };
}

async function directoryOf(path: string | null | undefined, directory: string): Promise<string> {
  const wanted = resolve(directory, path == null || path === "" ? "." : path);
  if (await isDirectory(wanted)) return realpath(wanted);
  throw new SwarmError("path-not-found", `${wanted} is no directory`);
}
