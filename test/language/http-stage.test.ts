import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { problems, skills } from "./stage-problems.ts";

describe("`http` on a stage", () => {
  it("is a call of the skill that sends requests, and takes nothing that it does not say", () => {
    const text = `cascade: c
inputs: [{ name: body, type: string, default: x }, { name: id, type: string }]
stages:
  - { stage: a, http: { url: "https://a.example/\${id}", query: { b: "\${body}" }, timeout: 5s } }
`;
    const result = compileCascade({ text, file: "c.yaml" }, skills);
    const literal = (value: unknown) => ({ kind: "literal", value });
    expect(result).toMatchObject({
      ok: true,
      plan: {
        stages: [
          {
            skills: [
              {
                skill: "http-request",
                lane: "light",
                inputs: {
                  url: { kind: "text" },
                  method: literal(null),
                  headers: literal(null),
                  query: { kind: "map" },
                  body: literal(null),
                  expect: literal(null),
                  timeout_ms: literal(5_000),
                  allow_private: literal(null),
                },
              },
            ],
          },
        ],
      },
    });
  });

  const followingRead = (work: string) =>
    `  - { stage: read, run: [cat, page] }\n  - { stage: made, transform: { own: "https://\${name}", far: "\${read.stdout}" } }\n  - { stage: b, ${work} }\n`;
  const http = (url: string) => followingRead(`http: { url: "${url}" }`);

  it.each([
    ["${name}/items/${read.stdout}", ["name", "/items/"]],
    ["https://${name}/${read.stdout}?x=${name}", ["https://", "name", "/"]],
    ["https://a.example/${read.stdout}", undefined],
    ["https://${name}/items", undefined],
  ])("tells the skill where %s must lead, when an input says it", (url, parts) => {
    const text = `cascade: c\ninputs: [{ name: name }]\nstages:\n${http(url)}`;
    const result = compileCascade({ text, file: "c.yaml" }, skills);
    const stage = result.ok ? result.plan.stages.at(-1) : undefined;
    const within = stage?.skills[0]?.inputs["within"];
    const found =
      within?.kind === "text"
        ? within.parts.map((part) => (typeof part === "string" ? part : "name"))
        : undefined;
    expect(found).toEqual(parts);
  });

  it.each([
    "https://a.example/${read.stdout}",
    "https://a.example?x=${read.stdout}",
    "https://${name}/${read.stdout}",
    "https://${name}.example:8080/${read.stdout}",
    "${name}/items/${read.stdout}",
    "${made.own}/${made.far}",
    "${name}",
    "https://${run.id}.example",
  ])("goes where the cascade or its input says: %s", (url) => {
    expect(problems(http(url))).toEqual([]);
  });

  it.each([
    ["${read.stdout}", "${read.stdout}"],
    ["https://${read.stdout}/x", "${read.stdout}"],
    ["https://a.example${read.stdout}", "${read.stdout}"],
    ["https://a.example:${read.exit_code}/", "${read.exit_code}"],
    ["https:///${read.stdout}", "${read.stdout}"],
    ["${name}${read.stdout}", "${read.stdout}"],
    ["${name}://${read.stdout}", "${read.stdout}"],
    ["${name + read.stdout}", "${name + read.stdout}"],
    ["${made.far}", "${made.far}"],
    ["https://${stages.read.status}", "${stages.read.status}"],
    ["https://${run.timeline[0].agent}/", "${run.timeline[0].agent}"],
  ])("never goes where a stage's output says: %s", (url, source) => {
    expect(problems(http(url))).toEqual([
      {
        code: "invalid-cascade",
        message: `${source}: what a stage has put out must not say where a request goes`,
        at: [3, 30],
        hint: "write the host, or take it from an input of the cascade: https://host/${…}",
      },
    ]);
  });

  const NEVER = { message: expect.stringContaining("must not say where a request goes") };

  it.each([
    ["an entry of its list", followingRead('foreach: "${read.json}", http: { url: "${item}" }')],
    [
      "a matrix",
      followingRead('matrix: { h: "${read.json}" }, http: { url: "https://${matrix.h}/" }'),
    ],
    [
      "the skill by its name",
      followingRead('skill: http-request, inputs: { url: "${read.stdout}" }'),
    ],
  ])("never goes where a stage's output says: by %s", (_, stages) => {
    expect(problems(stages)).toMatchObject([NEVER]);
  });

  it("goes to the entries of a list that is written", () => {
    const stages = followingRead('foreach: [a, b], http: { url: "https://${item}.example/" }');
    expect(problems(stages)).toEqual([]);
  });

  it("never goes where a stage's output says through the inputs of another cascade", () => {
    const text =
      'cascade: inner\ninputs: [{ name: host, type: string }]\nstages: [{ stage: x, http: { url: "https://${host}/" } }]\n';
    const sources = { find: () => ({ text, file: "inner.yaml" }), names: () => ["inner"] };
    const inner = (host: string) => followingRead(`cascade: inner, inputs: { host: "${host}" }`);
    expect(problems(inner("${name}"), sources)).toEqual([]);
    expect(problems(inner("${read.stdout}"), sources)).toMatchObject([NEVER]);
  });

  it.each([
    [
      "another scheme",
      'url: "file:///etc/passwd"',
      { message: "the URL must begin with http:// or https://", at: [1, 30] },
    ],
    [
      "a body without a method",
      'url: "https://a.example", body: x',
      { message: "a GET request has no `body`", at: [1, 51], hint: "add `method: POST`" },
    ],
    [
      "a time that is none",
      'url: "https://a.example", timeout: soon',
      { message: '"soon" is not a duration', at: [1, 60] },
    ],
    [
      "headers that data names",
      'url: "https://a.example", headers: { "a b": 1 }',
      { message: expect.stringContaining("http.headers must hold names of headers") },
    ],
    [
      "a key that it does not have",
      'url: "https://a.example", heders: {}',
      { message: 'the key "heders" is not known here', hint: 'did you mean "headers"?' },
    ],
    ["no URL", "method: GET", { message: 'the key "url" is missing' }],
    [
      "a permission that is no literal",
      'url: "https://a.example", allow_private: "${name}"',
      { message: expect.stringContaining("allow_private must be true or false") },
    ],
  ])("refuses %s", (_, written, problem) => {
    expect(problems(`  - { stage: a, http: { ${written} } }\n`)).toMatchObject([
      { code: "invalid-cascade", ...problem },
    ]);
  });

  it.each([
    ["headers", "object", "the names of headers must be written here"],
    ["allow_private", "boolean", "whether private addresses are allowed must be written here"],
  ])("takes no %s of an input that has the name", (name, type, message) => {
    const text = `cascade: c\ninputs: [{ name: ${name}, type: ${type} }]\nstages: [{ stage: a, skill: http-request, inputs: { url: "https://a.example" } }]\n`;
    expect(compileCascade({ text, file: "c.yaml" }, skills)).toMatchObject({
      ok: false,
      diagnostics: [{ code: "invalid-cascade", message: expect.stringContaining(message) }],
    });
  });

  it("is the only work of its stage", () => {
    const stages = '  - { stage: a, run: [ls], http: { url: "https://a.example" } }\n';
    expect(problems(stages)).toMatchObject([
      { message: "a stage has `run` or `http`, not both", at: [1, 28] },
    ]);
  });
});
