import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../core/limits.ts";

const page = await readFile(new URL("../docs/operations.md", import.meta.url), "utf8");

describe("docs/operations.md", () => {
  it("has every limit with its value, and no other", () => {
    const rows = page.matchAll(/^\| `(\w+)` \| ([\d,]+) \| (.+) \|$/gm);
    const written = [...rows].map(([, name, value = ""]) => [
      name,
      Number(value.replaceAll(",", "")),
    ]);
    expect(Object.fromEntries(written)).toEqual({ ...LIMITS });
  });
});
