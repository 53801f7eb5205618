import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openModelRegistry } from "../../models/registry.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cascade-registry-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function withOverride(content: unknown) {
  const path = join(folder, "own.json");
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return openModelRegistry({ CASCADE_MODEL_REGISTRY: path });
}

describe("the registry of models", () => {
  it("has every model that its routes name, and every route that takes over", async () => {
    const { models, routes, others } = await openModelRegistry({});
    const named = [...routes.values()].flatMap((route) => route.models);

    expect(named.filter((id) => !models.has(id))).toEqual([]);
    expect(others.filter((name) => !routes.has(name))).toEqual([]);
  });

  it("is overlaid by the user's file, model by model and route by route", async () => {
    const mine = {
      id: "claude-opus-5-5",
      provider: "anthropic",
      inputs: ["text"],
      can: [],
      prices: [],
    };
    const registry = await withOverride({
      v: 1,
      models: [mine],
      routes: { claude: { models: ["claude-haiku-5-5"] } },
    });

    expect(registry.models.get("claude-opus-5-5")).toEqual(mine);
    expect(registry.models.has("gpt-6.2-sol")).toBe(true);
    expect(registry.routes.get("claude")).toEqual({ models: ["claude-haiku-5-5"] });
    expect(registry.routes.has("gemini-search")).toBe(true);
  });

  it.each([
    ["no JSON", "{", "usage"],
    ["a key that means nothing", { v: 1, modles: [] }, "usage"],
    [
      "a price below nothing",
      {
        v: 1,
        models: [
          {
            id: "x",
            provider: "openai",
            inputs: ["text"],
            can: [],
            prices: [{ inputUsd: -1, outputUsd: 1 }],
          },
        ],
      },
      "usage",
    ],
  ])("refuses %s", async (_, content, code) => {
    await expect(withOverride(content)).rejects.toMatchObject({ code });
  });

  it("says which file cannot be read", async () => {
    const path = join(folder, "missing.json");

    await expect(openModelRegistry({ CASCADE_MODEL_REGISTRY: path })).rejects.toMatchObject({
      code: "path-unreadable",
      message: expect.stringContaining(path),
    });
  });
});
