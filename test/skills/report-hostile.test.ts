import { parse } from "parse5";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import { SCRIPT } from "../../skills/merge-quality-reports/html/script.ts";
import { run } from "../../skills/merge-quality-reports/run.ts";
import { type Element, elementsOf, textOf } from "./html-tree.ts";
import {
  complexityReport,
  discovery,
  found,
  lintReport,
  metrics,
  SECURITY,
} from "./report-inputs.ts";
import { makeTree, skillContext } from "./skill-context.ts";

/** Every field that may hold a name or text of somebody else, filled with the same canary. */
function inputsWith(canary: string, root: string, file: string): JsonObject {
  const other = `${canary}2`;
  const finding = found({
    file,
    line: 2,
    rule: canary,
    message: canary,
    help: canary,
    fix: canary,
    cwe: canary,
    tool: canary,
    tool_version: canary,
    agent: canary,
  });
  return {
    path: canary,
    discovery: discovery([file], {
      root,
      languages: { [canary]: 1 },
      not_analysed: [
        { file: canary, reason: canary },
        { file, reason: canary, tool: canary, line: 3 },
      ],
    }),
    reports: [
      lintReport(canary, [finding], { tool: { name: canary, version: canary } }),
      lintReport("agent-2", [found({ file: other })], { tool: SECURITY }),
      complexityReport(canary, [metrics(file), metrics(other, { commits_365d: null })], {
        parser: { name: canary, version: canary },
        churn: { status: "unknown", reason: canary },
      }),
    ],
    clones: [
      {
        tokens: 60,
        lines: 9,
        places: [canary, other].map((name) => ({ file: name, startLine: 1, endLine: 9 })),
      },
    ],
    cycles: [{ files: [canary, other] }],
    imports: [{ file: canary, imports: [other] }],
    coverage: {
      status: "measured",
      source: canary,
      files: [{ file: canary, covered: 1, total: 3 }],
    },
    timeline: [
      { agent: canary, stage: canary, index: 0, startedMs: 1_000, endedMs: 2_000, attempt: 1 },
    ],
    messages: [{ from: canary, to: other, kind: canary, count: 3 }],
  };
}

async function render(canary: string, code: string) {
  const file = "src/plain.js";
  await using tree = await makeTree({ [file]: `first\n${code}\nthird\n` });
  const context = skillContext();
  await run(inputsWith(canary, tree.root, file), context);
  const page = context.artifacts.get("report.html") ?? "";
  const elements = elementsOf(parse(page));
  return { page, elements, artifacts: context.artifacts };
}

const shapesOf = (elements: readonly Element[]): Set<string> =>
  new Set(
    elements.flatMap(({ tagName, attrs }) => [
      tagName,
      ...attrs.map(({ name }) => `${tagName} ${name}`),
    ]),
  );

const classesOf = (elements: readonly Element[]): Set<string> =>
  new Set(
    elements.flatMap(({ attrs }) =>
      attrs.filter(({ name }) => name === "class").map(({ value }) => value),
    ),
  );

const CANARIES = [
  ["a script", "<script>alert(1)</script>"],
  ["the end of the script", "</script></style><img src=x onerror=alert(1)>"],
  ["quotes", `" onload="alert(1)" x='y' \``],
  ["an attribute", `x" onmouseover=alert(1) "`],
  ["entities", "&lt;script&gt;&#60;img src=x onerror=alert(1)&#62;"],
  ["a comment", "--><!--<svg onload=alert(1)>]]>"],
  ["line breaks and directions", "a\n<b>\u202e\u0000\ud800\u200b"],
  [
    "markdown",
    "![x](http://evil.example/?q) @somebody #12 | **b** $x$ www.evil.example <a href=x>",
  ],
] as const;

describe("a hostile repository", () => {
  it.each(CANARIES)("puts no element and no attribute into the page by %s", async (_, canary) => {
    const harmless = await render("harmless", "code");
    const { elements, page } = await render(canary, canary);
    expect(
      [...shapesOf(elements)].filter((shape) => !shapesOf(harmless.elements).has(shape)),
    ).toEqual([]);
    const scripts = elements.filter(({ tagName }) => tagName === "script");
    expect(scripts.map(textOf)).toEqual([SCRIPT]);
    const links = elements.flatMap(({ attrs }) =>
      attrs.filter(({ name, value }) => ["href", "src"].includes(name) && !value.startsWith("#")),
    );
    expect(links).toEqual([]);
    const known = classesOf(harmless.elements);
    expect([...classesOf(elements)].filter((name) => !known.has(name))).toEqual([]);
    expect(page.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
  });

  it.each(CANARIES)("puts no HTML, mention or link into the Markdown by %s", async (_, canary) => {
    const { artifacts } = await render(canary, canary);
    const markdown = artifacts.get("report.md") ?? "";
    const plain = markdown
      .replace(/<\/?(?:details|summary)>/g, "")
      .replace(/```mermaid\n[^`]*```/g, (graph) => {
        expect(graph).toMatch(/^[A-Za-z0-9 ._/\-"[\]>:\n`]*$/);
        return "";
      })
      .replace(/(`+) ?[^\n]*?[^`] ?\1(?!`)/g, "");
    expect(plain).not.toMatch(/<|@[a-z]|#\d|:\/\/|\bwww\.|(?<!\\)!?\[[^\]\n]*(?<!\\)\]\(/);
  });

  it.each(CANARIES)("keeps junit.xml and badge.svg well-formed with %s", async (_, canary) => {
    const { artifacts } = await render(canary, canary);
    const junit = artifacts.get("junit.xml") ?? "";
    const texts = junit.replace(
      /<\?xml[^>]*\?>|<\/?(?:testsuites?|testcase|failure)(?: \w+="[^"<]*")*\/?>/g,
      "",
    );
    expect(texts).not.toMatch(/[<>"']/);
    expect(junit.replace(/&#\d+;/g, "")).not.toContain("&");
    expect(artifacts.get("badge.svg")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });
});
