import type { z } from "zod";
import { SwarmError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";

/** The inputs of a skill in the shape that its schema describes. @throws SwarmError `invalid-input` with the place */
export function parseInputs<Schema extends z.ZodType>(
  schema: Schema,
  inputs: JsonObject,
): z.output<Schema> {
  const parsed = schema.safeParse(inputs);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const pointer = `/${(issue?.path ?? []).map(String).join("/")}`;
  throw new SwarmError("invalid-input", `${pointer}: ${issue?.message ?? "does not fit"}`, {
    location: { pointer },
  });
}
