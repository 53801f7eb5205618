import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { skills } from "./stage-problems.ts";

function compiled(text: string, inner = "") {
  const sources = {
    find: (name: string) => (name === "inner" ? { text: inner, file: "inner.yaml" } : undefined),
    names: () => ["inner"],
  };
  return compileCascade({ text, file: "c.yaml" }, skills, sources);
}

function planOf(text: string, inner?: string) {
  const result = compiled(text, inner);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.plan;
}

describe("a secret in a cascade", () => {
  it("is its name in the plan, with what stands around it in a header", () => {
    const plan = planOf(`cascade: c
secrets: [HOOK, TOKEN]
stages:
  - stage: a
    http:
      url: \${secrets.HOOK}
      headers: { authorization: 'Bearer \${secrets["TOKEN"]}', x-plain: text }
`);
    expect(plan.secrets).toEqual(["HOOK", "TOKEN"]);
    expect(plan.stages[0]?.skills[0]?.inputs).toMatchObject({
      url: { kind: "secret", name: "HOOK", before: "", after: "" },
      headers: {
        kind: "map",
        entries: {
          authorization: { kind: "secret", name: "TOKEN", before: "Bearer ", after: "" },
          "x-plain": { kind: "literal", value: "text" },
        },
      },
    });
  });

  it("must fit the type of the input", () => {
    const result = compiled(`cascade: c
secrets: [TOKEN]
stages: [{ stage: a, skill: lint-code, inputs: { path: ., files: "\${secrets.TOKEN}" } }]
`);
    expect(result).toMatchObject({ ok: false, diagnostics: [{ code: "invalid-input" }] });
  });

  it("of a name that is nearly listed is not known", () => {
    expect(
      compiled(`cascade: c
secrets: [TOKEN]
stages: [{ stage: a, http: { url: "\${secrets.TOKENS}" } }]
`),
    ).toMatchObject({
      diagnostics: [
        {
          message: '${secrets.TOKENS}: the cascade lists no secret "TOKENS"',
          hint: 'did you mean "TOKEN"?',
        },
      ],
    });
  });

  it("is listed by the cascade that uses it, and cannot be handed to another one", () => {
    const inner = `cascade: inner
inputs: [{ name: url, type: string, default: "https://example.test/" }]
env: [HOME]
secrets: [TOKEN]
stages: [{ stage: a, http: { url: "\${url}", headers: { x: "\${secrets.TOKEN}", home: "\${env.HOME}" } } }]
`;
    const outer = (more: string) => `cascade: c
env: [LANG]
secrets: [OTHER]
stages: [{ stage: sub, cascade: inner${more} }]
`;
    const { env, secrets } = planOf(outer(""), inner);
    expect({ env, secrets }).toEqual({ env: ["HOME", "LANG"], secrets: ["OTHER", "TOKEN"] });
    const handed = compiled(outer(', inputs: { url: "${secrets.OTHER}" }'), inner);
    expect(handed).toMatchObject({
      diagnostics: [{ code: "unknown-reference", location: { line: 4, column: 58 } }],
    });
  });

  it("can be called as an input is that has its name", () => {
    const plan = planOf(`cascade: c
inputs: [{ name: secrets, type: object }, { name: env, type: object }]
stages: [{ stage: a, transform: { one: "\${secrets.A}", two: "\${env.B}" } }]
`);
    expect(plan.stages[0]?.value).toMatchObject({
      entries: {
        one: { reference: { scope: { kind: "input", name: "secrets" }, path: ["A"] } },
        two: { reference: { scope: { kind: "input", name: "env" }, path: ["B"] } },
      },
    });
  });
});
