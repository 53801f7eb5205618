import type { Explanation } from "./explanation.ts";

/** What may be wrong with a cascade or a skill itself. */
export const CASCADE_EXPLANATIONS = {
  "invalid-yaml": {
    causes: [
      "a text with `: ` or ` #` in it, or one that begins with `@`, `*`, `&`, `{` or `[`, without quotes",
      "a tab where a line is indented",
      "a key that stands twice in one mapping, or a quote or bracket that is not closed",
      "YAML that is not safe to read: unknown tags, control characters, reserved keys, a second document",
    ],
    remedies: [
      "look at the place that the caret shows, and at the line before it",
      "npm run cascade -- fmt --fix <file> turns tabs into spaces",
    ],
    example: "c.yaml:3:1  error invalid-yaml  Tabs are not allowed as indentation",
  },
  "invalid-cascade": {
    causes: [
      "a mistyped key, or one that stands in the wrong mapping",
      "a key that is missing, or a value of the wrong type",
      "two stages of one id, `needs` that name no stage, stages that need each other",
    ],
    remedies: [
      "the hint under the error names the nearest key or value",
      "docs/cascade-format.md lists every key; an editor that reads schema/cascade.schema.json completes them",
      "npm run cascade -- fmt --fix <file> corrects mistyped keys",
    ],
    example: 'c.yaml:4:5  error invalid-cascade  the key "skil" is not known here',
  },
  "not-supported": {
    causes: [
      "a part of the language that this version cannot carry out",
      "a key or a value of the language that docs/cascade-format.md names as missing, such as `github_integration`",
      "a task that needs a sandbox, given to an agent without one",
      "a file that cannot be formatted without losing a comment or an anchor",
    ],
    remedies: [
      "docs/cascade-format.md lists what cannot be carried out yet",
      "write the same with what there is: `needs` for order, an alias for a whole value",
    ],
    example:
      'c.yaml:5:5  error not-supported  "report_issues" is part of the language but cannot be carried out by this version',
  },
  "unknown-skill": {
    causes: [
      "a mistyped name",
      "a skill in a folder that is neither one of the project's own nor named by CASCADE_SKILLS",
      "a swarm that was started before the skill was there",
      "an agent on another machine that has other skills",
    ],
    remedies: [
      "take the name that the hint gives; npm run cascade -- skills ls lists what there is",
      "put yours into .cascade/skills, or set CASCADE_SKILLS to the folder that holds it, for the agents too",
    ],
    example: 'c.yaml:5:14  error unknown-skill  no skill is called "lint-cod"',
  },
  "not-allowed": {
    causes: [
      "a cascade names a skill that is code of the project itself, and nobody has said that it may run",
      "a stage has `run`, or the skill run-command, and nobody has said that cascades may run commands",
      "a request to this machine or a private network, in a stage without `allow_private: true`",
      "a swarm that runs here and was started without the option",
    ],
    remedies: [
      "look at the skill: it can do all that you may do; npm run cascade -- skills ls says where it is",
      "when you trust it, allow it: --allow-project-skills, or --allow-host-commands for programs and commands only",
      "stop a swarm that runs here, and start it with the option",
    ],
    example:
      'c.yaml:3:14  error not-allowed  the skill "shout" is code that this project brings (skills/shout)',
  },
  "unknown-reference": {
    causes: [
      "${…} names a stage that this one does not need, directly or through others",
      "a mistyped name of an input, a stage or an output",
      "${item} in a stage without `foreach`",
      "a value that has no such field when the run comes to it",
    ],
    remedies: [
      "add the stage to `needs`, or take the name that the hint gives",
      "write $${ where the text itself is meant",
    ],
    example:
      'c.yaml:7:25  error unknown-reference  ${discover.batch}: "discover" has no output "batch"',
  },
  "invalid-expression": {
    causes: [
      "what stands in ${…} is not CEL: `=` for `==`, `and` for `&&`",
      "types that do not fit, such as a text compared with a number",
      "a function that there is not, or one list gone through inside another",
    ],
    remedies: [
      "docs/cascade-format.md lists the operators and functions under Expressions",
      "convert first: `double(text)`, `string(number)`",
    ],
    example: "c.yaml:5:43  error invalid-expression  there is no string < number",
  },
  "unused-input": {
    causes: ["an input that no ${…} names and that no skill of the cascade takes by its name"],
    remedies: ["remove the input, or name it where it is meant: ${inputs.<name>}"],
    example: 'c.yaml:3:5  warning unused-input  the input "depth" is not used by any stage',
  },
  "unknown-cascade": {
    causes: [
      "a mistyped name",
      "a file of yours named without its path: only names without a slash and an ending are looked up",
      "a folder that is neither `cascades` where the swarm is started nor named by CASCADE_CASCADES",
    ],
    remedies: [
      "take the name that the hint gives, or give the path: run cascades/my.yaml",
      "put the file into `cascades`, or set CASCADE_CASCADES to the folder that holds <name>.yaml",
    ],
    example: 'error unknown-cascade: /cascade: no cascade is called "code-quality"',
  },
  "invalid-skill": {
    causes: [
      "a SKILL.md without frontmatter, or a field of the wrong form in it or in skill.yaml",
      "an entry module that is not there, does not load or does not export `run`",
      "two skills of one name, or a link that leads out of the skill's folder",
      "a `defineSkill` that declares something else than SKILL.md",
    ],
    remedies: ["the message names the file and the field; docs/skills.md describes the format"],
    example:
      "error invalid-skill: skills/own/SKILL.md: metadata.entry: skill own has no file run.ts",
  },
} as const satisfies Readonly<Record<string, Explanation>>;
