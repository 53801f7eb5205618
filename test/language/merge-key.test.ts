import { expect, it } from "vitest";
import { formatYaml } from "../../interfaces/cli/format/format-yaml.ts";
import { parseYaml } from "../../language/parse.ts";

function dataOf(text: string): unknown {
  const parsed = parseYaml({ text, file: "m.yaml" });
  return parsed.ok ? parsed.data : parsed.diagnostics.map(({ message }) => message);
}

const BASES = "a: &a { x: 1, y: 1 }\nb: &b { <<: *a, y: 2, z: 2 }\n";

it.each([
  ["c: { <<: *b }", { x: 1, y: 2, z: 2 }],
  ["c: { y: 3, <<: *b }", { x: 1, y: 3, z: 2 }],
  ["c: { <<: [*a, *b] }", { x: 1, y: 1, z: 2 }],
  ["c: { <<: [{ y: 4 }, *b], x: 0 }", { x: 0, y: 4, z: 2 }],
  ['c: { "<<": 1 }', { "<<": 1 }],
])("%s takes in what it does not say itself", (text, merged) => {
  expect(dataOf(`${BASES}${text}\n`)).toMatchObject({ c: merged });
});

it("merged mappings count as what aliases make of a file", () => {
  const lines = ["m0: &m0 { k: [1, 2, 3, 4, 5, 6, 7, 8, 9] }"];
  for (let at = 1; at < 8; at++) {
    const entries = Array.from({ length: 10 }, (_, n) => `k${n}: { <<: *m${at - 1} }`);
    lines.push(`m${at}: &m${at} { ${entries.join(", ")} }`);
  }
  expect(dataOf(`${lines.join("\n")}\n`)).toEqual([
    "aliases make more than 100000 values of this file",
  ]);
});

it("a mapping that is merged into itself is refused", () => {
  expect(dataOf("a: &a { <<: *a }\n")).toEqual(["the alias *a stands inside what it names"]);
});

it("fmt keeps it as it is", () => {
  const text = `${BASES}c: { <<: [ *a,*b ],  y: 3 }\n`;
  const formatted = formatYaml({ text, file: "m.yaml" });
  if (!formatted.ok) throw new Error(JSON.stringify(formatted.diagnostics));
  expect(formatted.text).toContain("c: { <<: [*a, *b], y: 3 }");
});
