import { basename, join } from "node:path";
import { z } from "zod";
import { SwarmError } from "../core/errors.ts";
import type { InputSpec, Lane } from "../core/plan.ts";
import type { SkillManifest } from "../core/skill.ts";
import {
  aliases,
  argv,
  description,
  effects,
  entry,
  lane,
  model,
  skillName,
  specs,
  textOf,
  version,
  withRequired,
} from "./skill-declarations.ts";
import { checkYaml, openYaml, valueAt, type YamlOrigin, type YamlSource } from "./skill-yaml.ts";

/** What a skill is, in the public format. */
export const SKILL_FILE = "SKILL.md";
/** Our declarations, beside that file or instead of it. */
export const DECLARATION_FILE = "skill.yaml";

const FRONTMATTER = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)^---[ \t]*$/m;
/** The frontmatter starts on the second line of the file. */
const FRONTMATTER_LINE_OFFSET = 1;

const any = z.unknown().exactOptional();

const metadata = z
  .object({
    aliases: aliases.exactOptional(),
    version: version.exactOptional(),
    lane: lane.exactOptional(),
    effects: effects.exactOptional(),
    entry: entry.exactOptional(),
    model: model.exactOptional(),
    inputs: any,
    outputs: any,
  })
  .catchall(
    z.string({ error: "must be a text, write it in quotes: the format has no other values here" }),
  );

const frontmatter = z.strictObject({
  name: skillName,
  description,
  license: z.string().exactOptional(),
  compatibility: textOf(500).exactOptional(),
  "allowed-tools": z.union([z.string(), z.array(z.string())]).exactOptional(),
  metadata: metadata.exactOptional(),
  // Not of the format, but of the client whose folder `.claude/skills` is.
  "argument-hint": any,
  "disable-model-invocation": any,
  "user-invocable": any,
  model: any,
  context: any,
  agent: any,
  hooks: any,
});
const FORMAT_FIELDS =
  "the format has name, description, license, compatibility, metadata and allowed-tools; put the rest under `metadata:`";

const declarations = z
  .strictObject({
    name: skillName.exactOptional(),
    aliases: aliases.exactOptional(),
    description: description.exactOptional(),
    version: version.exactOptional(),
    lane: lane.exactOptional(),
    effects: effects.exactOptional(),
    entry: entry.exactOptional(),
    model: model.exactOptional(),
    run: argv.exactOptional(),
    inputs: specs.exactOptional(),
    outputs: specs.exactOptional(),
  })
  .refine((given) => given.entry === undefined || given.run === undefined, {
    path: ["run"],
    message: "a skill has `run`, which is a program, or `entry`, which is a module, not both",
  });
type Declarations = z.infer<typeof declarations>;

/** The texts of a skill's files, as far as it has them. */
export interface SkillTexts {
  readonly skillFile?: string;
  readonly declarationFile?: string;
}

/**
 * Reads what a skill says of itself: `SKILL.md` (Agent Skills format, https://agentskills.io/specification), with our
 * declarations under `metadata:`, or `skill.yaml` with our declarations. `docs/skills.md` describes both.
 * @param folder absolute path of the skill's folder, whose name the skill must have
 * @throws SwarmError `invalid-skill` with file, line and column
 */
export function parseSkill(texts: SkillTexts, folder: string): SkillManifest {
  const declared =
    texts.declarationFile === undefined
      ? undefined
      : openYaml(texts.declarationFile, {
          file: join(folder, DECLARATION_FILE),
          lineOffset: 0,
          columnOffset: 0,
          what: DECLARATION_FILE,
        });
  if (texts.skillFile !== undefined) return withSkillFile(texts.skillFile, declared, folder);
  if (declared !== undefined) return declaredAlone(declared, folder);
  throw new SwarmError(
    "invalid-skill",
    `${folder} has neither ${SKILL_FILE} nor ${DECLARATION_FILE}`,
  );
}

function withSkillFile(
  text: string,
  declared: YamlSource | undefined,
  folder: string,
): SkillManifest {
  const { yaml, body } = partsOf(text, folder);
  const source = openYaml(yaml, {
    file: join(folder, SKILL_FILE),
    lineOffset: FRONTMATTER_LINE_OFFSET,
    columnOffset: 0,
    what: "frontmatter",
  });
  const head = checkYaml(source, frontmatter, { unknownKey: FORMAT_FIELDS });
  refuseOtherName(source, head.name, folder);
  const common = { name: head.name, description: head.description, prompt: body.trim(), folder };
  if (declared === undefined) {
    const inputs = listUnderMetadata(source, "inputs");
    const outputs = listUnderMetadata(source, "outputs");
    return manifestOf(common, { ...head.metadata, inputs, outputs });
  }
  const own = checkYaml(declared, declarations);
  if (own.name !== undefined) refuseOtherName(declared, own.name, folder);
  if (own.description !== undefined) {
    throw declared.error(["description"], `stands in ${SKILL_FILE} already`, "leave it out here");
  }
  for (const key of ["aliases", "lane", "effects", "entry", "inputs", "outputs"]) {
    if (valueAt(source, ["metadata", key]) === undefined) continue;
    const hint = `leave it out here: ${DECLARATION_FILE} says it`;
    throw source.error(["metadata", key], `the skill has a ${DECLARATION_FILE} too`, hint);
  }
  return manifestOf(common, { version: head.metadata?.version ?? "0.0.0", ...listsOf(own) });
}

function declaredAlone(source: YamlSource, folder: string): SkillManifest {
  const own = checkYaml(source, declarations);
  if (own.name !== undefined) refuseOtherName(source, own.name, folder);
  if (!skillName.safeParse(basename(folder)).success) {
    throw source.error([], `the folder \`${basename(folder)}\` cannot name a skill`);
  }
  if (own.description === undefined) {
    const hint = `add \`description:\`, or a ${SKILL_FILE} with one`;
    throw source.error([], "the skill has no description", hint);
  }
  if (own.run === undefined && own.entry === undefined) {
    const hint = `add \`run:\` or \`entry:\`, or a ${SKILL_FILE} whose text instructs a model`;
    throw source.error([], "nothing says what the skill does", hint);
  }
  return manifestOf(
    { name: basename(folder), description: own.description, prompt: "", folder },
    listsOf(own),
  );
}

interface Declared {
  readonly aliases?: readonly string[];
  readonly version?: string;
  readonly lane?: Lane;
  readonly effects?: "none";
  readonly entry?: string;
  readonly model?: string;
  readonly run?: readonly string[];
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly InputSpec[];
}

function listsOf({ inputs = [], outputs = [], ...rest }: Declarations): Declared {
  return { ...rest, inputs: withRequired(inputs), outputs: withRequired(outputs) };
}

function manifestOf(
  common: Pick<SkillManifest, "name" | "description" | "folder"> & { readonly prompt: string },
  declared: Declared,
): SkillManifest {
  const { prompt, folder, ...called } = common;
  const { aliases: others, entry: module, run, model, effects: declaredEffects } = declared;
  return {
    ...called,
    ...(others === undefined ? {} : { aliases: others }),
    version: declared.version ?? "0.0.0",
    lane: declared.lane ?? (run === undefined ? "light" : "heavy"),
    inputs: declared.inputs,
    outputs: declared.outputs,
    ...(module === undefined ? {} : { entry: module }),
    ...(run === undefined ? {} : { argv: run }),
    ...(model === undefined ? {} : { model }),
    ...(declaredEffects === undefined ? {} : { effects: declaredEffects }),
    ...(module === undefined && run === undefined ? { prompt } : {}),
    folder,
  };
}

function refuseOtherName(source: YamlSource, name: string, folder: string): void {
  if (name === basename(folder)) return;
  throw source.error(
    ["name"],
    `the skill is called \`${name}\`, but its folder \`${basename(folder)}\``,
    "give both the same name",
  );
}

function partsOf(text: string, folder: string): { readonly yaml: string; readonly body: string } {
  const found = FRONTMATTER.exec(text);
  if (found !== null && /^\uFEFF?---/.test(text)) {
    return { yaml: found[1] ?? "", body: text.slice(found.index + found[0].length) };
  }
  throw new SwarmError("invalid-skill", `${SKILL_FILE} does not begin with YAML frontmatter`, {
    hint: "begin the file with a line `---`, then `name:` and `description:`, then a line `---`",
    location: { file: join(folder, SKILL_FILE), line: 1, column: 1 },
  });
}

/**
 * The list of declared inputs or outputs. The public format allows only texts under `metadata:`, so the list may
 * stand in a block text (`inputs: |`); a plain YAML list is read as well.
 */
function listUnderMetadata(source: YamlSource, kind: "inputs" | "outputs"): InputSpec[] {
  const at = ["metadata", kind];
  const given = valueAt(source, at);
  if (given === undefined) return [];
  return withRequired(
    typeof given === "string"
      ? checkYaml(openYaml(given, originOfBlock(source, at)), specs)
      : checkYaml(source, specs, { at }),
  );
}

/** The content of a block text starts on the line below its `|`, and is indented. */
function originOfBlock(source: YamlSource, path: readonly string[]): YamlOrigin {
  const { file = "", line = 1 } = source.locate(path);
  const firstLine = source.text.split("\n")[line - FRONTMATTER_LINE_OFFSET] ?? "";
  const columnOffset = firstLine.length - firstLine.trimStart().length;
  return { file, lineOffset: line, columnOffset, what: path.join(".") };
}
