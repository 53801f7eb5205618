import type { SkillKind } from "../../../core/skill.ts";

/** The files of a skill to begin with, by their names. Pure. */
export function templateOf(kind: SkillKind, name: string): Readonly<Record<string, string>> {
  switch (kind) {
    case "code":
      return { "SKILL.md": codeSkill(name), "run.mts": MODULE, "tests/words.yaml": CASE };
    case "argv":
      return { "skill.yaml": PROGRAM_SKILL, "run.mjs": PROGRAM, "tests/words.yaml": CASE };
    case "prompt":
      return { "SKILL.md": promptSkill(name) };
    default:
      return kind satisfies never;
  }
}

const DESCRIPTION = "Counts the words of a text. Say here what it does and when to use it.";

const codeSkill = (name: string): string => `---
name: ${name}
description: ${DESCRIPTION}
metadata:
  version: "0.1.0"
  lane: light
  entry: run.mts
  inputs: |
    - name: text
      type: string
      description: What to count.
    - name: least
      type: integer
      default: 1
      description: Shortest word that counts, in letters.
  outputs: |
    - name: words
      type: integer
---

Words are what white space separates.
`;

const MODULE = `import { defineSkill } from "cascade-swarm/core/define-skill.ts";

export const run = defineSkill({
  inputs: {
    text: { type: "string" },
    least: { type: "integer", default: 1 },
  },
  outputs: { words: { type: "integer" } },
  run({ text, least }) {
    const words = text.split(/\\s+/).filter((word) => word !== "" && word.length >= least);
    return { words: words.length };
  },
});
`;

const CASE = `inputs: { text: one two three, least: 4 }
outputs: { words: 1 }
`;

const PROGRAM_SKILL = `description: ${DESCRIPTION}
version: "0.1.0"
run: [node, run.mjs]
inputs:
  - { name: text, type: string, description: What to count. }
  - { name: least, type: integer, default: 1, description: "Shortest word that counts, in letters." }
outputs:
  - { name: words, type: integer }
`;

const PROGRAM = `import { readFileSync } from "node:fs";

const { text, least } = JSON.parse(readFileSync(0, "utf8"));
const words = text.split(/\\s+/).filter((word) => word !== "" && word.length >= least);
console.error(\`counted \${words.length} words\`); // a line of the log
console.log(JSON.stringify({ words: words.length })); // the output
`;

const promptSkill = (name: string): string => `---
name: ${name}
description: Sums a text up in one sentence. Say here what it does and when to use it.
---

Sum the text up in one sentence of at most twenty words. Name no opinion that the text does not have.
`;
