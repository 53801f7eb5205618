import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatYaml } from "../../../interfaces/cli/format/format-yaml.ts";
import { keptParts } from "../../../interfaces/cli/format/kept-parts.ts";
import { parseYaml } from "../../../language/parse.ts";
import { styledCascade } from "../../support/yaml-styles.ts";

function formatted(text: string): string {
  const result = formatYaml({ text, file: "c.yaml" });
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.text;
}

const UNTIDY = `# head
cascade:   "odd"   # trailing
version:  1.10
inputs:
- {name: path,type: path , default: .}    # flow
- name: 'x'


  # before type
  type:      string
  description: >-
       folded text
       in lines

       as written
  default: |
    lit
      more  
stages:
    - &a
      stage: one   # anchor
      inputs: { files: [ a , b,c ], text: "a\\tb" }
    - stage: two
      needs: [ ]
      foreach: *a
      inputs: {k: , 'q q': !!str 5}
      timeout: 1e3
# the end`;

const TIDY = `# head
cascade: "odd" # trailing
version: 1.10
inputs:
  - { name: path, type: path, default: . } # flow
  - name: 'x'

    # before type
    type: string
    description: >-
      folded text
      in lines

      as written
    default: |
      lit
        more  
stages:
  - &a
    stage: one # anchor
    inputs: { files: [a, b, c], text: "a\\tb" }
  - stage: two
    needs: []
    foreach: *a
    inputs: { k:, 'q q': !!str 5 }
    timeout: 1e3

# the end
`;

describe("formatting", () => {
  it("tidies the layout and keeps comments, anchors, quotes, numbers and blocks as written", () => {
    expect(formatted(UNTIDY)).toBe(TIDY);
    expect(formatted(UNTIDY.replaceAll("\n", "\r\n"))).toBe(TIDY);
    expect(formatted(TIDY)).toBe(TIDY);
  });

  it.each([
    ["nothing", "", ""],
    ["comments alone", "# a\n", "# a\n"],
    ["one value", "a", "a\n"],
    ["directives", "%YAML 1.2\n---\na:   1\n...\n", "%YAML 1.2\n---\na: 1\n...\n"],
    [
      "an anchor given anew",
      "- &x {a: 1}\n- *x\n- &x 2\n- *x\n",
      "- &x { a: 1 }\n- *x\n- &x 2\n- *x\n",
    ],
    ["kept line ends", "a: >+\n  x\n\n\nb: |2\n    y\n", "a: >+\n  x\n\n\nb: |2\n    y\n"],
    ["a comment in brackets", "- [a, # c\n b]\n", "- [\n    a, # c\n    b\n  ]\n"],
  ])("formats %s", (_, text, expected) => {
    expect(formatted(text)).toBe(expected);
  });

  it("leaves the shipped cascades as they are", async () => {
    const folder = resolve(import.meta.dirname, "../../../cascades");
    for (const name of await readdir(folder)) {
      const text = await readFile(join(folder, name), "utf8");
      expect(formatted(text)).toBe(text);
    }
  });

  it(
    "any cascade in any style keeps its data and comments, and is stable",
    { timeout: 60_000 },
    () => {
      fc.assert(
        fc.property(styledCascade, ({ text, data }) => {
          const once = formatted(text);
          const parsed = parseYaml({ text: once, file: "c.yaml" });
          expect(parsed.ok && parsed.data).toEqual(data);
          expect(keptParts(once)).toEqual(keptParts(text));
          expect(formatted(once)).toBe(once);
        }),
        { numRuns: 60 },
      );
    },
  );

  it.each([
    ["text that is no YAML", "a: [1", "invalid-yaml", 1],
    ["nesting that would exhaust a stack", `a: ${"[".repeat(50_000)}`, "limit-exceeded", 1],
    ["a file over the limit", "#".repeat(1_048_577), "limit-exceeded", 1],
  ])("refuses %s at its place", (_, text, code, line) => {
    expect(formatYaml({ text, file: "c.yaml" })).toMatchObject({
      ok: false,
      diagnostics: [{ code, location: { file: "c.yaml", line } }],
    });
  });
});
