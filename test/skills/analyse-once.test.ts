import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../core/json.ts";
import { analyseOnce } from "../../skills/analyse-once.ts";
import { skillContext } from "./skill-context.ts";

function memoryCache() {
  const kept = new Map<string, Json>();
  return {
    kept,
    get: async (keys: readonly string[]) =>
      new Map([...kept].filter(([key]) => keys.includes(key))),
    put: async (results: ReadonlyMap<string, Json>) => {
      for (const [key, value] of results) kept.set(key, value);
    },
  };
}

const sources = [
  { file: "a.js", text: "1" },
  { file: "b.js", text: "2" },
];

/** Answers which files were really analysed, and what came of it. */
async function analyse(
  cache: ReturnType<typeof memoryCache>,
  given: {
    readonly sources?: typeof sources;
    readonly identity?: JsonObject;
    readonly useCache?: boolean;
  } = {},
) {
  const analysed: string[] = [];
  const { results, cached } = await analyseOnce<Json>(
    {
      identity: given.identity ?? { version: 1 },
      sources: given.sources ?? sources,
      useCache: given.useCache,
      analyse: async (files) => {
        analysed.push(...files);
        return new Map(files.filter((file) => file !== "crash.js").map((file) => [file, file]));
      },
    },
    skillContext({ cache }),
  );
  return { analysed, cached, results: Object.fromEntries(results) };
}

const all = { "a.js": "a.js", "b.js": "b.js" };

describe("an analysis that is cached", () => {
  it("is done once for a file that does not change", async () => {
    const cache = memoryCache();
    expect(await analyse(cache)).toEqual({ analysed: ["a.js", "b.js"], cached: 0, results: all });
    expect(await analyse(cache)).toEqual({ analysed: [], cached: 2, results: all });
  });

  it.each([
    {
      what: "the content of a file",
      given: { sources: [{ file: "a.js", text: "changed" }, ...sources.slice(1)] },
      again: ["a.js"],
    },
    { what: "the tool", given: { identity: { version: 2 } }, again: ["a.js", "b.js"] },
    { what: "nothing, but the cache is off", given: { useCache: false }, again: ["a.js", "b.js"] },
  ])("is done again after a change of $what", async ({ given, again }) => {
    const cache = memoryCache();
    await analyse(cache);
    expect((await analyse(cache, given)).analysed).toEqual(again);
  });

  it("does not take one file's result for another's of the same content", async () => {
    const cache = memoryCache();
    await analyse(cache);
    const { analysed } = await analyse(cache, { sources: [{ file: "a.test.js", text: "1" }] });
    expect(analysed).toEqual(["a.test.js"]);
  });

  it("keeps nothing of a file that could not be analysed", async () => {
    const cache = memoryCache();
    const broken = [{ file: "crash.js", text: "" }];
    await analyse(cache, { sources: broken });
    expect((await analyse(cache, { sources: broken })).analysed).toEqual(["crash.js"]);
  });
});
