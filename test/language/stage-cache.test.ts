import { describe, expect, it } from "vitest";
import type { SkillCatalog, SkillManifest } from "../../core/skill.ts";
import { compileCascade } from "../../language/compile.ts";
import { testCatalog } from "../support/catalog.ts";

/** `list` says that nothing comes of it but its output; the others do not. */
const catalog: SkillCatalog = {
  ...testCatalog,
  find: (name) => {
    const manifest = testCatalog.find(name);
    const free: Partial<SkillManifest> = name === "list" ? { effects: "none" } : {};
    return manifest === undefined ? undefined : { ...manifest, ...free };
  },
};

function compile(stage: string, before = "") {
  const text = `cascade: c\n${before}stages:\n  - { stage: a, ${stage} }\n`;
  return compileCascade({ text, file: "c.yaml" }, catalog);
}

function cacheOf(stage: string) {
  const compiled = compile(stage);
  if (!compiled.ok) throw new Error(compiled.diagnostics[0]?.message);
  return compiled.plan.stages[0]?.cache;
}

function errorsOf(stage: string, before = ""): readonly string[] {
  const compiled = compile(stage, before);
  return compiled.ok ? [] : compiled.diagnostics.map(({ message }) => message);
}

const list = "skill: list, inputs: { path: src }";

describe("`cache` of a stage", () => {
  it("names the inputs whose files count, how long a result holds, and what else it depends on", () => {
    expect(cacheOf(list)).toBeUndefined();
    expect(cacheOf(`${list}, cache: false`)).toBeUndefined();
    expect(cacheOf(`${list}, cache: true`)).toEqual({
      ttlMs: 2_592_000_000,
      paths: [{ path: null }],
    });
    expect(cacheOf(`${list}, cache: { key: [1], ttl: 2h }`)).toEqual({
      ttlMs: 7_200_000,
      key: { kind: "literal", value: [1] },
      paths: [{ path: null }],
    });
  });

  it.each([
    [
      "skill: check, inputs: { files: [] }",
      'the skill "check" does not say that nothing comes of it but its output',
    ],
    [
      `${list}, memory: { write_keys: [files] }`,
      "a stage that uses the memory cannot be cached: what its tasks write there would be missing",
    ],
    [
      `${list}, notify: { http: { url: "https://example.test" } }`,
      "a stage with `notify` cannot be cached: it would tell of work that was not done",
    ],
    [
      'http: { url: "https://example.test" }',
      "a stage with `http` cannot be cached: its request would not be sent",
    ],
    ["run: [ls]", "a stage with `run` cannot be cached: nobody knows what else its program does"],
    ["approve: true", "a stage that waits has no `cache`"],
    ["transform: 1", "a stage with `transform` has no `cache`"],
  ])("is refused where more than an output comes of the stage: %s", (stage, message) => {
    expect(errorsOf(`${stage}, cache: true`)).toContain(message);
  });

  it("is refused for a stage that is given a secret, whose value nobody can compare", () => {
    expect(
      errorsOf('skill: list, inputs: { path: "${secrets.KEY}" }, cache: true', "secrets: [KEY]\n"),
    ).toEqual([
      "a stage that is given a secret cannot be cached: nobody but the agent knows whether the secret is the same",
    ]);
  });

  it("has a ttl of at most thirty days", () => {
    expect(errorsOf(`${list}, cache: { ttl: 721h }`)).toEqual([
      "cacheTtlMs: 2595600000 given, 1 to 2592000000 allowed",
    ]);
  });
});
