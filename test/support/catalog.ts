import type { InputSpec } from "../../core/plan.ts";
import type { SkillCatalog, SkillManifest } from "../../core/skill.ts";

const spec = (
  name: string,
  type: InputSpec["type"],
  extra: Partial<InputSpec> = {},
): InputSpec => ({
  name,
  type,
  required: extra.default === undefined,
  ...extra,
});

function skill(name: string, inputs: InputSpec[], outputs: InputSpec[]): SkillManifest {
  const folder = `/skills/${name}`;
  return {
    name,
    description: name,
    version: "1.0.0",
    lane: "light",
    inputs,
    outputs,
    entry: "run.ts",
    folder,
  };
}

const skills = [
  skill("list", [spec("path", "path")], [spec("files", "array"), spec("root", "string")]),
  skill(
    "check",
    [spec("files", "array"), spec("level", "integer", { default: 1 })],
    [spec("findings", "array")],
  ),
  skill(
    "report",
    [spec("findings", "any"), spec("title", "string", { default: "Report" })],
    [spec("text", "string")],
  ),
];

/** Three skills that fit each other, as plain data. */
export const testCatalog: SkillCatalog = {
  find: (name) => skills.find((manifest) => manifest.name === name),
  refusalOf: () => undefined,
  names: () => skills.map((manifest) => manifest.name),
};
