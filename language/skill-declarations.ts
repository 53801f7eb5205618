import { z } from "zod";
import { FORBIDDEN_KEYS, type Json } from "../core/json.ts";
import { type InputSpec, type InputType, LANES } from "../core/plan.ts";
import { fitsType } from "./inputs.ts";

const INPUT_TYPES = [
  "string",
  "number",
  "integer",
  "boolean",
  "array",
  "object",
  "any",
  "path",
] as const satisfies readonly InputType[];

const json = z.custom<Json>((data) => data !== undefined);

const spec = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]*$/, "must be snake_case, such as `batch_size`")
      .refine((name) => !FORBIDDEN_KEYS.has(name), "is a reserved name"),
    type: z.enum(INPUT_TYPES),
    required: z.boolean().exactOptional(),
    default: json.exactOptional(),
    description: z.string().exactOptional(),
  })
  .refine((given) => given.default === undefined || fitsType(given.default, given.type), {
    path: ["default"],
    message: "does not fit the type",
  });

/** A list of declared inputs or outputs. */
export const specs = z.array(spec).superRefine((list, context) => {
  const seen = new Set<string>();
  for (const [index, { name }] of list.entries()) {
    if (seen.has(name)) {
      context.addIssue({
        code: "custom",
        path: [index, "name"],
        message: `\`${name}\` stands twice`,
      });
    }
    seen.add(name);
  }
});

export const skillName = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be lower-case letters and digits, joined by hyphens");

const MOST_ALIASES = 8;

/** Second names: a list, or a text with commas between them, for the public format has only texts there. */
export const aliases = z.preprocess(
  (given) => (typeof given === "string" ? given.split(",").map((part) => part.trim()) : given),
  z
    .array(skillName)
    .max(MOST_ALIASES)
    .refine((list) => new Set(list).size === list.length, "has a name twice"),
);

export const description = textOf(1024);

export const version = z
  .string({ error: 'must be a text: write it in quotes, such as "1.0.0"' })
  .min(1);

export const lane = z.enum(LANES);

export const entry = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9_-]+\/)*[A-Za-z0-9_-]+\.(?:ts|mts|js|mjs)$/,
    "must name a module inside the skill's folder, such as `run.ts`",
  );

/** What comes of a skill beside its output; a skill that does not say it may do anything. */
export const effects = z.literal("none", {
  error: "must be none, for a skill whose output follows from its inputs and the files they name",
});

/** How models are named: a family, a route, or a vendor's own id. */
export const model = z
  .string()
  .regex(/^[\w.:/-]{1,100}$/, "must be the name of a model, such as auto-select or claude");

const MOST_ARGUMENTS = 64;
const LONGEST_ARGUMENT = 4_096;
const ARGV_FORM =
  "must be a list of texts, such as [python3, run.py]: no shell reads it and no value becomes part of it";

export const argv = z
  .array(
    z
      .string({ error: "must be a text: write it in quotes" })
      .min(1)
      .max(LONGEST_ARGUMENT)
      .refine((argument) => !argument.includes("\0"), "holds a character that no program can get"),
    { error: ARGV_FORM },
  )
  .min(1, ARGV_FORM)
  .max(MOST_ARGUMENTS);

/** Counted as the public format does, in characters and not in UTF-16 units. */
export function textOf(most: number): z.ZodType<string> {
  return z
    .string()
    .trim()
    .min(1, "must not be empty")
    .refine((text) => [...text].length <= most, `must have ${most} characters at most`);
}

export function withRequired(list: z.infer<typeof specs>): InputSpec[] {
  return list.map((given) => ({
    ...given,
    required: given.required ?? given.default === undefined,
  }));
}
