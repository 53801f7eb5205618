import { z } from "zod";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { MediaPart } from "../../core/model.ts";
import { modelOutput } from "../../core/model-output.ts";
import type { SkillContext } from "../../core/skill.ts";
import { writeArtifact } from "../artifact.ts";
import { askInputs, modelsIn, requestOf } from "../ask-model.ts";
import { parseInputs } from "../skill-inputs.ts";
import { kindOfImage } from "./image-kind.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const mediaInputs = askInputs.extend({
  file_name: z.string().regex(NAME, "must be letters, digits, - and _").nullish(),
});

/** Has images made and writes them as files. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const given = parseInputs(mediaInputs, inputs);
  const { schema: _, ...asked } = given;
  const result = await modelsIn(context).generate({
    ...requestOf(asked),
    model: "gemini-media",
    imageOutput: true,
  });
  if (result.media.length === 0) {
    const said = result.text === "" ? "" : `; it said: ${result.text.slice(0, 200)}`;
    throw new SwarmError("skill-failed", `${result.servedModel} made no image${said}`, {
      disposition: "retry",
    });
  }
  const { stageId, index } = context.run;
  const name = given.file_name ?? `media-${stageId.slice(0, 64)}-${index}`;
  const files: string[] = [];
  for (const [position, media] of result.media.entries()) {
    const suffix = position === 0 ? "" : `-${position + 1}`;
    files.push(await writeImage(`${name}${suffix}`, media, context));
  }
  return { ...modelOutput(result), file: files[0] ?? "", files };
}

/** What is no image is never written under the name of one. */
async function writeImage(name: string, media: MediaPart, context: SkillContext): Promise<string> {
  const bytes = Buffer.from(media.data, "base64");
  const kind = kindOfImage(bytes);
  if (kind === undefined) {
    const message = `a model sent ${bytes.length} bytes as ${media.mimeType} that are no image`;
    throw new SwarmError("skill-failed", message, { disposition: "retry" });
  }
  return writeArtifact(`${name}.${kind}`, bytes, context);
}
