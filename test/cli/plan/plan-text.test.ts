import { describe, expect, it } from "vitest";
import { planText } from "../../../interfaces/cli/plan/plan-text.ts";
import { summaryOf } from "./plan-request.ts";

const EVERYTHING = `
cascade: everything
version: 1.10
description: One stage of every kind, so that all there is to say of a stage is said.
model: some-model
inputs:
  - { name: path, type: path, default: . }
  - { name: least, type: number, default: 0.8 }
  - { name: words, type: array }
  - { name: note, required: false }
stages:
  - { stage: find, skill: list, timeout: 90s }
  - { stage: look, skill: check, error_handling: { max_retries: 1 } }
  - { stage: again, condition: "size(look.findings) > least", repeat: look, max_iterations: 3 }
  - stage: rate
    condition: \${size(look.findings)}
    branches:
      bad: { skill: check, at_least: 10, continue_on_error: true, when: size(find.files) > 5 }
      high: { transform: { depth: 2 } }
      low: { transform: { depth: 0 } }
      default: { stages: [{ stage: odd, transform: 1 }] }
  - stage: grid
    type: swarm-parallel
    max_parallel: 2
    matrix: { node: [22, 24], os: [linux, mac] }
    skills: [check, { skill: report, inputs: { findings: 1 } }]
  - { stage: each, skill: check, foreach: "\${find.files}", inputs: { files: ["\${item}"] } }
  - { stage: word, skill: report, when: size(words) > 1, foreach: "\${words}", inputs: { findings: 1 }, needs: [], error_handling: { strategy: fail } }
outputs: { depth: "\${rate}" }
`;

describe("a plan as text", () => {
  it("says all there is to say of every kind of stage", () => {
    const summary = summaryOf(EVERYTHING, { words: ["a", "b", "c"], note: "x" });
    expect(planText(summary, 100)).toBe(`everything 1.10
One stage of every kind, so that all there is to say of a stage is said.

12 stages (16 with every turn of its loops) in 8 waves, up to 16 tasks and one for each entry of
\${find.files}

Inputs
  path   path    "." (default)
  least  number  0.8 (default)
  words  array   ["a","b","c"]
  note   string  "x"

Wave 1
  find · sequential · 1 task
    skill     list (light)
    attempts  at most 4 of 1m 30s each; waits of at most 500ms, 1s, 2s
    model     some-model: not used, the skill is code
  word · sequential · 3 tasks
    when      \${size(words) > 1}
    skill     report (light)
    tasks     one for each of 3 entries of \${words}
    attempts  one, of at most 10m
    model     some-model: not used, the skill is code

Wave 2
  look · sequential · 1 task
    after     find
    skill     check (light)
    attempts  at most 2 of 10m each; waits of at most 500ms
    model     some-model: not used, the skill is code

Wave 3
  again · conditional
    after     look
    loop      up to 3 times: look → again
    while     \${size(look.findings) > least}

Wave 4
  rate--decision · conditional
    after     again
    chooses   by \${size(look.findings)}
              bad      when \${size(find.files) > 5}
              high     0.7 and above
              low      any lower number
              default  otherwise

Wave 5
  rate--bad · sequential · 1 task
    after     rate--decision, if it takes bad
    failure   the run goes on
    skill     check (light)
    attempts  at most 4 of 10m each; waits of at most 500ms, 1s, 2s
    model     some-model: not used, the skill is code
  rate--high · transform
    after     rate--decision, if it takes high
    value     {"depth":2}
  rate--low · transform
    after     rate--decision, if it takes low
    value     {"depth":0}
  odd · transform
    after     rate--decision, if it takes default
    value     1

Wave 6
  grid · swarm-parallel · 8 tasks
    after     rate--bad, rate--high, rate--low, odd
    skills    check (light), report (light)
    tasks     2 for each of 4 combinations of node: [22,24] × os: ["linux","mac"]; at most 2 at once
    attempts  at most 4 of 10m each; waits of at most 500ms, 1s, 2s
    swarm     mesh of at most 4 agents, balanced
    model     some-model: not used, all skills are code

Wave 7
  each · sequential
    after     grid
    skill     check (light)
    tasks     one for each entry of \${find.files}
    attempts  at most 4 of 10m each; waits of at most 500ms, 1s, 2s
    model     some-model: not used, the skill is code

Wave 8
  outputs · transform
    after     each, word
    value     {depth: \${rate}}

Worst case
  attempts    unknown: data tells the number of tasks of each
  time        unknown, too
  model cost  none: no model is used

Side effects
  not declared: skills do not say what they write, send or start`);
  });

  it("is laid out for a narrow terminal", () => {
    expect(planText(summaryOf(EVERYTHING), 60)).toBe(`everything 1.10
One stage of every kind, so that all there is to say of a
stage is said.

12 stages (16 with every turn of its loops) in 8 waves, up
to 13 tasks and one for each entry of \${find.files} and one
for each entry of \${words}

Inputs
  path   path    "." (default)
  least  number  0.8 (default)
  words  array   to be given
  note   string  not given

Wave 1
  find · sequential · 1 task
    skill     list (light)
    attempts  at most 4 of 1m 30s each; waits of at most
              500ms, 1s, 2s
    model     some-model: not used, the skill is code
  word · sequential
    when      \${size(words) > 1}
    skill     report (light)
    tasks     one for each entry of \${words}
    attempts  one, of at most 10m
    model     some-model: not used, the skill is code

Wave 2
  look · sequential · 1 task
    after     find
    skill     check (light)
    attempts  at most 2 of 10m each; waits of at most 500ms
    model     some-model: not used, the skill is code

Wave 3
  again · conditional
    after     look
    loop      up to 3 times: look → again
    while     \${size(look.findings) > least}

Wave 4
  rate--decision · conditional
    after     again
    chooses   by \${size(look.findings)}
              bad      when \${size(find.files) > 5}
              high     0.7 and above
              low      any lower number
              default  otherwise

Wave 5
  rate--bad · sequential · 1 task
    after     rate--decision, if it takes bad
    failure   the run goes on
    skill     check (light)
    attempts  at most 4 of 10m each; waits of at most 500ms,
              1s, 2s
    model     some-model: not used, the skill is code
  rate--high · transform
    after     rate--decision, if it takes high
    value     {"depth":2}
  rate--low · transform
    after     rate--decision, if it takes low
    value     {"depth":0}
  odd · transform
    after     rate--decision, if it takes default
    value     1

Wave 6
  grid · swarm-parallel · 8 tasks
    after     rate--bad, rate--high, rate--low, odd
    skills    check (light), report (light)
    tasks     2 for each of 4 combinations of node: [22,24]
              × os: ["linux","mac"]; at most 2 at once
    attempts  at most 4 of 10m each; waits of at most 500ms,
              1s, 2s
    swarm     mesh of at most 4 agents, balanced
    model     some-model: not used, all skills are code

Wave 7
  each · sequential
    after     grid
    skill     check (light)
    tasks     one for each entry of \${find.files}
    attempts  at most 4 of 10m each; waits of at most 500ms,
              1s, 2s
    model     some-model: not used, the skill is code

Wave 8
  outputs · transform
    after     each, word
    value     {depth: \${rate}}

Worst case
  attempts    unknown: data tells the number of tasks of
              each and word
  time        unknown, too
  model cost  none: no model is used

Side effects
  not declared: skills do not say what they write, send or
  start`);
  });
});
