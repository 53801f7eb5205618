import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSwarmProcess } from "../support/swarm-process.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "shipped cascades "));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Summary {
  readonly status: string;
  readonly output: Readonly<Record<string, unknown>> | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Runs a cascade that comes with the program, as a person does. */
async function runOf(cascade: string, inputs: Readonly<Record<string, unknown>>) {
  const given = Object.entries(inputs).flatMap(([name, value]) => [
    "--input",
    `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  ]);
  await using swarm = startSwarmProcess(directory, ["--json", "run", cascade, ...given]);
  const code = await swarm.ended;
  const summary = swarm.lines.find((line) => "schemaVersion" in line);
  if (summary === undefined) throw new Error(swarm.text.join("\n"));
  return { code, ...(summary as unknown as Summary) };
}

describe("data-pipeline", () => {
  const inputs = {
    path: "points.csv",
    schema: { type: "object", properties: { points: { type: "integer", minimum: 0 } } },
    where: 'row.team == "red"',
    set: { double: "row.points * 2" },
    sort_by: ["-double"],
  };
  beforeEach(() =>
    writeFile(
      join(directory, "points.csv"),
      "name,team,points\nann,red,3\nbob,blue,4\ncat,red,5\ndan,red,-1\neve,red,1\nfay,red,2\n",
    ),
  );

  it("reads, checks, changes and reports", async () => {
    const { code, status, output } = await runOf("data-pipeline", inputs);
    expect({ code, status }).toEqual({ code: 0, status: "succeeded" });
    expect(output).toMatchObject({ rows: 4, invalid: 1 });
    expect(await readFile(String(output?.["report"]), "utf8")).toContain("<td>cat</td>");
  });

  it("fails when too many rows are invalid", async () => {
    const { code, error } = await runOf("data-pipeline", { ...inputs, most_invalid: 0.1 });
    expect(code).toBe(1);
    expect(error).toMatchObject({ code: "gate-not-met" });
  });
});

describe("iterative-refinement", () => {
  /** Deeply nested, so that no codemod makes it good. */
  const untidy = `export function pick(x) {
  let kind = typeof x == "string";
  if (x) { if (kind) { for (;;) { while (x) { switch (x) {
    case 1: return kind && x || x && !kind || 5;
    case 2: return 3;
    default: x--;
  } } } } }
  return kind;
}
`;

  it("changes files until there is nothing more to change, and says how good they are", async () => {
    const file = join(directory, "untidy.js");
    await writeFile(file, untidy);
    const { status, output } = await runOf("iterative-refinement", { apply: true, threshold: 1 });
    expect(status).toBe("succeeded");
    expect(output).toMatchObject({ changes: 0, passed: false, quality: expect.any(Number) });
    const tidied = untidy
      .replace("let kind", "const kind")
      .replace('x == "string"', 'x === "string"');
    expect(await readFile(file, "utf8")).toBe(tidied);
  });

  it("changes nothing unless it is asked to", async () => {
    const file = join(directory, "untidy.js");
    await writeFile(file, untidy);
    const { output } = await runOf("iterative-refinement", { threshold: 1 });
    expect(output).toMatchObject({ changes: 2 });
    expect(await readFile(file, "utf8")).toBe(untidy);
  });
});

describe("deep-quality-audit", () => {
  it("answers the score and the findings of all analyses", async () => {
    await writeFile(
      join(directory, "pay.js"),
      "export function verifyCard(number) {\n  return true;\n}\nexport const run = (request) => eval(request.query.code);\n",
    );
    const { code, status, output } = await runOf("deep-quality-audit", { fail_on: "high" });
    expect({ code, status }).toEqual({ code: 3, status: "succeeded" });
    expect(output).toMatchObject({
      score: expect.any(Number),
      gate: { status: "failed" },
      counts: { high: 2 },
    });
    const findings = output?.["findings"] as { rule: string }[];
    expect(findings.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(["theater/check-that-always-passes", expect.stringMatching(/eval/)]),
    );
    expect(await readFile(String(output?.["report"]), "utf8")).toContain("verifyCard");
  });

  it("has no score where there is nothing to audit", async () => {
    const { status, output } = await runOf("deep-quality-audit", {});
    expect(status).toBe("succeeded");
    expect(output).toMatchObject({ score: null, findings: [], gate: { status: "not-set" } });
  });
});
