import { expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { problems, skills } from "./stage-problems.ts";

const HTTP = 'http: { url: "https://example.test/" }';

it("a notification is a stage that nothing waits for, and after a failure a final one", () => {
  const text = `cascade: c
stages:
  - { stage: a, ${HTTP}, notify: { ${HTTP} } }
  - { stage: b, transform: 1, gate: true }
notify: { on: failure, run: [say, "\${run.status}"] }
`;
  const result = compileCascade({ text, file: "c.yaml" }, skills);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  const { stages } = result.plan;
  const needs = (id: string) =>
    stages.find((stage) => stage.id === id)?.needs.map((position) => stages[position]?.id);
  expect(
    stages.flatMap(({ id, isFinal, continueOnError }) =>
      id.includes("notify") ? [{ id, isFinal, continueOnError, needs: needs(id) }] : [],
    ),
  ).toEqual([
    { id: "a--notify-success", isFinal: undefined, continueOnError: true, needs: ["a"] },
    { id: "a--notify-failure", isFinal: true, continueOnError: true, needs: ["b--gate"] },
    { id: "notify-failure", isFinal: true, continueOnError: true, needs: ["b--gate"] },
  ]);
  expect(needs("b")).toEqual(["a"]);
});

it.each([
  ["{ on: failure }", "a notification has either `http` or `run`"],
  [`{ ${HTTP}, run: [ls] }`, "a notification has either `http` or `run`"],
  [
    "x",
    'stages[0].notify must be a notification, as {on, http} or {on, run}, or a list of them, but is "x"',
  ],
  [
    '{ http: { url: "${a.body}" } }',
    "${a.body}: what a stage has put out must not say where a request goes",
  ],
])("%s is no notification", (notify, message) => {
  expect(problems(`  - { stage: a, ${HTTP}, notify: ${notify} }\n`)).toContainEqual(
    expect.objectContaining({ code: "invalid-cascade", message }),
  );
});

it("belongs to a stage with skills", () => {
  expect(problems(`  - { stage: a, transform: 1, notify: { ${HTTP} } }\n`)).toMatchObject([
    { message: "a stage with `transform` has no `notify`" },
  ]);
});
