import { expect, it } from "vitest";
import { fuzzLanguage, seedTexts } from "../fuzz/language.ts";
import { testCatalog } from "../support/catalog.ts";

it("keeps its promises for three hundred mutated cascades; `npm run fuzz:language` tries more", () => {
  const result = fuzzLanguage({ runs: 300, seed: 1, catalog: testCatalog, seeds: seedTexts() });
  expect(result.failure).toBeUndefined();
  expect(result.valid + result.refused).toBe(300);
});
