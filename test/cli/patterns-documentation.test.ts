import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { modelAskedBy } from "../../core/skill.ts";
import { NOTHING_ALLOWED } from "../../core/skill-allowance.ts";
import { parseCommandLine } from "../../interfaces/cli/command-line.ts";
import { openCascadeRegistry, shippedCascadesFolder } from "../../language/cascade-registry.ts";
import { shippedSkillsFolder } from "../../language/skill-catalog.ts";
import { openSwarmCatalog } from "../../language/swarm-catalog.ts";

const page = readFileSync(new URL("../../docs/cascade-format.md", import.meta.url), "utf8");
const section = /^## Patterns and examples\n([\s\S]*?)^## /m.exec(page)?.[1] ?? "";
/** Each has a paragraph that begins with its name, and a command below it. */
const entries = [...section.matchAll(/^\*\*`([\w-]+)`\*\*: ([\s\S]*?)\n```sh\n(.*)\n```$/gm)].map(
  ([, name = "", text = "", command = ""]) => ({ name, text, command }),
);

/** The five patterns and three examples of the original description. */
const DESCRIBED = [
  ...["enhanced-data-pipeline", "code-quality-swarm", "test-and-fix", "adaptive-workflow"],
  ...["iterative-refinement", "complete-dev-workflow", "modernize-legacy-code"],
  "intelligent-bug-fix",
];
const directory = `${shippedSkillsFolder}/..`;
const registryWith = async (hostCommands: boolean) => {
  const allowance = { ...NOTHING_ALLOWED, hostCommands };
  const skills = await openSwarmCatalog({ directory, allowance, env: {} });
  return { skills, cascades: openCascadeRegistry([shippedCascadesFolder], skills) };
};

describe("the patterns and examples of docs/cascade-format.md", () => {
  it("are those of the description, and each ships", () => {
    expect(entries.map(({ name }) => name)).toEqual(DESCRIBED);
    const shipped = readdirSync(shippedCascadesFolder).map((file) => basename(file, ".yaml"));
    expect(DESCRIBED.filter((name) => !shipped.includes(name))).toEqual([]);
  });

  it.each(entries)("$name is run by its command, with all that it requires", async (entry) => {
    const words = (entry.command.match(/(?:[^\s"]|"[^"]*")+/g) ?? []).map((word) =>
      word.replaceAll('"', ""),
    );
    expect(words.slice(0, 4)).toEqual(["npm", "run", "swarm", "--"]);
    const command = parseCommandLine(words.slice(4), () => {});
    if (command?.kind !== "run") throw new Error(`${entry.command} runs nothing`);
    expect(command.cascade).toBe(entry.name);

    const { cascades } = await registryWith(command.allowance?.hostCommands ?? false);
    const { inputs } = await cascades.plan(entry.name);
    const given = command.inputs.map((input) => input.split("=")[0]);
    const known = inputs.map(({ name }) => name);
    const required = inputs.filter((each) => each.required && each.default === undefined);
    expect(given.filter((name) => !known.includes(name ?? ""))).toEqual([]);
    expect(required.map(({ name }) => name).filter((name) => !given.includes(name))).toEqual([]);
  });

  it.each(entries)("$name says whether it asks models", async ({ name, text }) => {
    const { skills, cascades } = await registryWith(true);
    const { stages } = await cascades.plan(name);
    const asks = stages
      .flatMap((stage) => stage.skills.map(({ skill }) => skills.find(skill)))
      .some((skill) => skill !== undefined && modelAskedBy(skill) !== undefined);
    expect(text.includes("No model")).toBe(!asks);
  });

  it.each(entries)("$name needs no allowance that its command does not give", async (entry) => {
    const { cascades } = await registryWith(false);
    const refused = await cascades.plan(entry.name).then(
      () => false,
      () => true,
    );
    expect(entry.command.includes("--allow-host-commands")).toBe(refused);
  });
});
