import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isToken } from "../../core/ids.ts";
import { KEY_DESCRIPTIONS } from "../../interfaces/cli/schema/key-descriptions.ts";
import { parseDuration } from "../../language/duration.ts";
import { parseYaml } from "../../language/parse.ts";
import { endOfCommand, STARTS_MS } from "../support/command.ts";

const root = resolve(import.meta.dirname, "../..");
const written = await readFile(join(root, "schema/cascade.schema.json"), "utf8");

interface Definition {
  readonly properties?: Readonly<Record<string, { pattern?: string; description?: string }>>;
}
const schema = JSON.parse(written) as { readonly $defs: Readonly<Record<string, Definition>> };
const validate = new Ajv2020({ allErrors: true }).compile(schema);

/** Where the text breaks the schema and how; none when it fits. */
function problemsOf(text: string): readonly string[] {
  const yaml = parseYaml({ text, file: "c.yaml" });
  if (!yaml.ok) throw new Error("not YAML");
  validate(yaml.data);
  const own = (validate.errors ?? []).filter(({ keyword }) => keyword !== "if");
  return own.map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
}

const folders = ["cascades", "test/support/cascades", "bench/cascades"];
const files = (
  await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder))).map((name) => join(folder, name)),
    ),
  )
).flat();
const page = await readFile(join(root, "docs/cascade-format.md"), "utf8");
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

describe("schema/cascade.schema.json", { timeout: STARTS_MS }, () => {
  it("is what `cascade-swarm schema` prints: npm run schema writes it", async () => {
    const end = await endOfCommand(root, ["schema"]);
    expect(end).toEqual({ code: 0, stdout: written, stderr: "" });
  });

  it.each(files)("accepts %s", async (file) => {
    expect(problemsOf(await readFile(join(root, file), "utf8"))).toEqual([]);
  });

  it.each(examples)("accepts an example of docs/cascade-format.md: %s", (text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  it.each([
    [
      "a mistyped key",
      "cascade: c\nstages: [{ stage: a, skil: x }]",
      ["/stages/0 additionalProperties"],
    ],
    ["a name that is none", "cascade: a b\nstages: [{ skill: x }]", ["/cascade pattern"]],
    ["no stages", "cascade: { name: c, stages: [] }", ["/cascade/stages minItems"]],
    ["another type", "cascade: c\nstages: [{ type: both }]", ["/stages/0/type enum"]],
    ["a number as time", "cascade: c\nstages: [{ timeout: 10 }]", ["/stages/0/timeout type"]],
    [
      "a time without unit",
      'cascade: c\nstages: [{ timeout: "10" }]',
      ["/stages/0/timeout pattern"],
    ],
    [
      "invisible text",
      'cascade: c\ndescription: "a\\u200bb"\nstages: [{}]',
      ["/description pattern"],
    ],
    [
      "a skill without its name",
      "cascade: c\nstages: [{ skills: [{ inputs: {} }] }]",
      ["/stages/0/skills/0 type", "/stages/0/skills/0 required", "/stages/0/skills/0 anyOf"],
    ],
    [
      "too many retries",
      "cascade: { name: c, stages: [{ error_handling: { max_retries: 100 } }] }",
      ["/cascade/stages/0/error_handling/max_retries maximum"],
    ],
    ["a list", "[]", [" type"]],
  ])("refuses %s at its place", (_, text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });

  it("has a description of every key", () => {
    const keys = Object.entries(schema.$defs).flatMap(([name, { properties }]) =>
      // A list has no keys.
      properties === undefined
        ? []
        : [
            [
              name,
              Object.fromEntries(
                Object.entries(properties).map(([key, { description }]) => [key, description]),
              ),
            ],
          ],
    );
    expect(Object.fromEntries(keys)).toEqual(KEY_DESCRIPTIONS);
  });

  it("accepts the names and times that the checker accepts", () => {
    const { stage, timeout } = schema.$defs["stage"]?.properties ?? {};
    const name = new RegExp(stage?.pattern ?? "", "u");
    const time = new RegExp(timeout?.pattern ?? "", "u");
    const digits = fc.array(fc.constantFrom("1", "0", ".", " "), { maxLength: 18 });
    const unit = fc.constantFrom("ms", "s", "m", "h", "d", "", " s ");
    fc.assert(
      fc.property(fc.string(), digits, unit, (text, number, after) => {
        expect(name.test(text)).toBe(isToken(text));
        const duration = `${number.join("")}${after}`;
        expect(time.test(duration)).toBe(parseDuration(duration) !== undefined);
      }),
    );
  });
});
