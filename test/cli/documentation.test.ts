import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { parseCommandLine } from "../../interfaces/cli/command-line.ts";
import { EXIT } from "../../interfaces/cli/exit-code.ts";

const page = await readFile(new URL("../../docs/cli.md", import.meta.url), "utf8");

function helpOf(...args: readonly string[]): string {
  let shown = "";
  parseCommandLine([...args, "--help"], (text) => {
    shown += text;
  });
  return shown;
}

it.each(
  [
    [],
    ["run"],
    ["up"],
    ["verify"],
    ["doctor"],
    ["mcp"],
    ["validate"],
    ["plan"],
    ["schema"],
    ["explain"],
    ["fmt"],
    ["init"],
    ["sandbox"],
    ["sandbox", "doctor"],
    ["sandbox", "exec"],
    ["skills"],
    ["topology"],
    ["agents"],
    ["agents", "ls"],
    ["agents", "scale"],
    ["demo"],
    ["learned"],
    ["learned", "status"],
    ["learned", "patterns"],
    ["permissions"],
    ["dashboard"],
    ["skills", "ls"],
    ["skills", "show"],
    ["skills", "test"],
    ["skills", "new"],
    ["memory"],
    ["memory", "ls"],
    ["memory", "get"],
    ["memory", "put"],
    ["memory", "import"],
    ["runs"],
    ["runs", "ls"],
    ["runs", "gc"],
    ["runs", "diff"],
    ["runs", "logs"],
    ["runs", "export"],
    ["runs", "approve"],
    ["runs", "pause"],
    ["runs", "resume"],
    ["runs", "signal"],
    ["export"],
    ["import"],
    ["models"],
    ["models", "ls"],
    ["models", "route"],
    ["models", "doctor"],
  ].map((args) => [args]),
)("docs/cli.md has every option and command that the help of %j lists", (args) => {
  const listed = helpOf(...args).match(/^ {2}(-h, )?(--[a-z-]+|[a-z]+) /gm) ?? [];
  const names = listed.map((line) => line.trim().replace("-h, ", ""));
  expect(names).toContain("--help");
  const missing = names.filter((name) => name !== "npm" && name !== "help" && !page.includes(name));
  expect(missing).toEqual([]);
});

it("docs/cli.md and the help have every exit code", () => {
  const codes = Object.values(EXIT);
  expect(codes.filter((code) => !page.includes(`\n| ${code} | `))).toEqual([]);
  const sentence = /Exit codes: ([\s\S]*)\.\n/.exec(helpOf())?.[1] ?? "";
  expect(codes.filter((code) => !new RegExp(`(^|\\s)${code} `).test(sentence))).toEqual([]);
});
