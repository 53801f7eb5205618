import { basename, join } from "node:path";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { type ErrorLocation, SwarmError } from "../core/errors.ts";
import { FORBIDDEN_KEYS, isJsonObject, type Json } from "../core/json.ts";
import { type InputSpec, type InputType, LANES } from "../core/plan.ts";
import type { SkillManifest } from "../core/skill.ts";

/** The file that makes a folder a skill. */
export const SKILL_FILE = "SKILL.md";

const FRONTMATTER = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)^---[ \t]*$/m;
/** The frontmatter starts on the second line of the file. */
const FRONTMATTER_LINE_OFFSET = 1;

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

const specs = z.array(spec).superRefine((list, context) => {
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

/** Fields of other clients may stand beside ours, so neither level is strict. */
const frontmatter = z.looseObject({
  name: z
    .string()
    .max(64)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be lower-case letters and digits, joined by hyphens"),
  description: z.string().trim().min(1).max(1024),
  license: z.string().exactOptional(),
  metadata: z
    .looseObject({
      version: z.string({ error: 'must be a text: write it in quotes, such as "1.0.0"' }).min(1),
      lane: z.enum(LANES).exactOptional(),
      entry: z
        .string()
        .regex(
          /^(?:[A-Za-z0-9_-]+\/)*[A-Za-z0-9_-]+\.(?:ts|mts|js|mjs)$/,
          "must name a module inside the skill's folder, such as `run.ts`",
        )
        .exactOptional(),
    })
    .exactOptional(),
});

/**
 * Reads the text of a `SKILL.md` (Agent Skills format, https://agentskills.io/specification).
 * Our declarations stand under `metadata:`; `docs/skills.md` describes them.
 * @param folder absolute path of the skill's folder, whose name the skill must have
 * @throws SwarmError `invalid-skill` with file, line and column
 */
export function parseSkillManifest(text: string, folder: string): SkillManifest {
  const source = openYaml(frontmatterOf(text, folder), {
    file: join(folder, SKILL_FILE),
    lineOffset: FRONTMATTER_LINE_OFFSET,
    columnOffset: 0,
  });
  const { name, description, metadata } = check(source, frontmatter);
  if (name !== basename(folder)) {
    throw source.error(
      ["name"],
      `the skill is called \`${name}\`, but its folder \`${basename(folder)}\``,
      "give both the same name",
    );
  }
  return {
    name,
    description,
    version: metadata?.version ?? "0.0.0",
    lane: metadata?.lane ?? "light",
    inputs: readSpecs(source, "inputs"),
    outputs: readSpecs(source, "outputs"),
    ...(metadata?.entry === undefined ? {} : { entry: metadata.entry }),
    folder,
  };
}

/** Whether a value may stand for an input of this type. A `path` is a string here; whether it exists is asked at run time. */
function fitsType(value: Json, type: InputType): boolean {
  switch (type) {
    case "any":
      return true;
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    case "integer":
      return Number.isInteger(value);
    case "path":
      return typeof value === "string";
    case "string":
    case "number":
    case "boolean":
      return typeof value === type;
    default:
      return type satisfies never;
  }
}

function frontmatterOf(text: string, folder: string): string {
  const found = FRONTMATTER.exec(text)?.[1];
  if (found !== undefined && /^\uFEFF?---/.test(text)) return found;
  throw new SwarmError("invalid-skill", `${SKILL_FILE} does not begin with YAML frontmatter`, {
    hint: "begin the file with a line `---`, then `name:` and `description:`, then a line `---`",
    location: { file: join(folder, SKILL_FILE), line: 1, column: 1 },
  });
}

type Path = readonly (string | number)[];

interface YamlSource {
  readonly text: string;
  readonly data: unknown;
  readonly document: Document;
  locate(path: Path): ErrorLocation;
  error(path: Path, message: string, hint?: string): SwarmError;
}

/** Where a YAML text begins in its file, so that errors name the file's own lines. */
interface YamlOrigin {
  readonly file: string;
  readonly lineOffset: number;
  readonly columnOffset: number;
}

function openYaml(text: string, origin: YamlOrigin): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): ErrorLocation => {
    const { line, col } = lines.linePos(offset);
    return {
      file: origin.file,
      line: line + origin.lineOffset,
      column: col + origin.columnOffset,
    };
  };
  const problem = document.errors[0];
  if (problem !== undefined) {
    throw new SwarmError("invalid-skill", `not valid YAML: ${problem.message}`, {
      location: at(problem.pos[0]),
    });
  }
  const locate = (path: Path): ErrorLocation => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return at(node.range[0]);
    }
    return at(0);
  };
  return {
    text,
    data: document.toJS({ maxAliasCount: 0 }),
    document,
    locate,
    error: (path, message, hint) =>
      new SwarmError("invalid-skill", `${path.join(".") || "frontmatter"}: ${message}`, {
        location: locate(path),
        ...(hint === undefined ? {} : { hint }),
      }),
  };
}

function check<Data>(source: YamlSource, schema: z.ZodType<Data>, prefix: Path = []): Data {
  const data = prefix.reduce<unknown>(
    (value, key) => (value as Record<string | number, unknown>)[key],
    source.data,
  );
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = [...prefix, ...((issue?.path ?? []) as (string | number)[])];
  const unknownKey = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  throw source.error(
    unknownKey === undefined ? path : [...path, unknownKey],
    unknownKey === undefined ? (issue?.message ?? "does not fit") : "is not a known key",
  );
}

/**
 * The list of declared inputs or outputs. The public format allows only texts under `metadata:`, so the list may
 * stand in a block text (`inputs: |`); a plain YAML list is read as well.
 */
function readSpecs(source: YamlSource, kind: "inputs" | "outputs"): InputSpec[] {
  const path = ["metadata", kind];
  if (!source.document.hasIn(path)) return [];
  const given = source.document.getIn(path);
  const list =
    typeof given === "string"
      ? check(openYaml(given, originOfBlock(source, path)), specs)
      : check(source, specs, path);
  return list.map((entry) => ({
    ...entry,
    required: entry.required ?? entry.default === undefined,
  }));
}

/** The content of a block text starts on the line below its `|`, and is indented. */
function originOfBlock(source: YamlSource, path: Path): YamlOrigin {
  const { file = "", line = 1 } = source.locate(path);
  const firstLine = source.text.split("\n")[line - FRONTMATTER_LINE_OFFSET] ?? "";
  return { file, lineOffset: line, columnOffset: firstLine.length - firstLine.trimStart().length };
}
