import type { Tool as ListedTool } from "@modelcontextprotocol/server";
import { z } from "zod";
import { SwarmError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { didYouMean } from "../../language/nearest.ts";
import type { ToolContext } from "./tool-context.ts";

/** What a tool does to the world, as clients are told: `reads` nothing changes, `adds`, or `changes` what is there. */
export type Effect = "reads" | "adds" | "changes";

export interface ToolAnswer {
  readonly data: object;
  /** A short text for people; the data as JSON when it is left out. */
  readonly text?: string;
}

/** A tool as the server lists and calls it. */
export interface Tool {
  readonly name: string;
  readonly listed: ListedTool;
  /** @throws SwarmError `invalid-input` for arguments that the tool does not take, and whatever the tool itself fails with */
  call(input: unknown, context: ToolContext): Promise<ToolAnswer>;
}

/** Defines a tool: its arguments are checked before `call` sees them, and an argument that it does not know is refused. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(tool: {
  readonly name: string;
  readonly description: string;
  readonly effect: Effect;
  readonly input: Input;
  readonly output: Output;
  call(
    input: z.output<Input>,
    context: ToolContext,
  ): Promise<{ readonly data: z.input<Output>; readonly text?: string }>;
}): Tool {
  const { name, description, effect } = tool;
  return {
    name,
    listed: {
      name,
      description,
      inputSchema: listedSchema(tool.input, "input") as ListedTool["inputSchema"],
      outputSchema: listedSchema(tool.output, "output") as ListedTool["outputSchema"],
      annotations: ANNOTATIONS[effect],
    },
    call: async (input, context) => tool.call(checked(tool.input, input ?? {}, name), context),
  };
}

const ANNOTATIONS: Readonly<Record<Effect, ListedTool["annotations"]>> = {
  reads: { readOnlyHint: true },
  adds: { destructiveHint: false },
  changes: { destructiveHint: true },
};

/** As short as it can be: every client reads the whole list before it does anything. */
function listedSchema(schema: z.ZodObject, io: "input" | "output"): JsonObject {
  const json = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as JsonObject;
  return shortened(json) as JsonObject;
}

const LEFT_OUT: ReadonlySet<string> = new Set(["$schema", "additionalProperties"]);

function shortened(value: unknown, isProperties = false): unknown {
  if (Array.isArray(value)) return value.map((entry) => shortened(entry));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, entry]) => isProperties || !(LEFT_OUT.has(key) || isUnbounded(key, entry)))
      .map(([key, entry]) => [key, shortened(entry, key === "properties" && !isProperties)]),
  );
}

/** The bounds of whole numbers that every whole number keeps to. */
function isUnbounded(key: string, value: unknown): boolean {
  return (
    (key === "maximum" && value === Number.MAX_SAFE_INTEGER) ||
    (key === "minimum" && value === Number.MIN_SAFE_INTEGER) ||
    key === "propertyNames"
  );
}

function checked<Schema extends z.ZodObject>(
  schema: Schema,
  input: unknown,
  tool: string,
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const known = Object.keys(schema.shape);
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    throw new SwarmError("invalid-input", `${tool} has no parameter ${JSON.stringify(key)}`, {
      hint: known.length === 0 ? "it takes none" : didYouMean(key, known),
    });
  }
  const place = (issue?.path ?? []).map(String).join(".");
  throw new SwarmError(
    "invalid-input",
    `${tool}: ${place === "" ? "" : `${place}: `}${issue?.message ?? "does not fit"}`,
    place === "" ? {} : { location: { pointer: `/${place.replaceAll(".", "/")}` } },
  );
}
