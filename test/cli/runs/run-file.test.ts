import { describe, expect, it } from "vitest";
import type { PublishedEvent } from "../../../bus/messages.ts";
import type { RunId } from "../../../core/ids.ts";
import { readRunFile, writeRunFile } from "../../../interfaces/cli/runs/run-file.ts";
import { compileCascade } from "../../../language/compile.ts";
import { planDigest } from "../../../language/plan-digest.ts";
import { testCatalog } from "../../support/catalog.ts";

const text = "cascade: quick\nstages:\n  - { stage: only, transform: { a: 1 } }\n";
const compiled = compileCascade({ file: "c.yaml", text }, testCatalog);
if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
const { plan } = compiled;
const run = "r1" as RunId;
const started = { cascade: "quick", plan: planDigest(plan) };
const events: readonly PublishedEvent[] = [
  { v: 1, run, n: 1, atMs: 5, type: "run.started", data: started },
  { v: 1, run, n: 2, atMs: 6, type: "stage.succeeded", data: { stage: "only" } },
];
const written = writeRunFile({ run, plan, events });

describe("the file of an exported run", () => {
  it("is read as it was written", () => {
    expect(readRunFile(written, "run.ndjson")).toEqual({ run, plan, events });
  });

  it.each([
    ["another file", "hello\n", "invalid-input"],
    ["an empty file", "", "invalid-input"],
    ["one that was cut", written.slice(0, -30), "record-corrupt"],
    ["one that lacks an event", written.replace(/\n.*"n":2.*\n/, "\n"), "record-corrupt"],
    ["one in which a byte was changed", written.replace('"atMs":6', '"atMs":7'), "record-corrupt"],
  ])("is refused when it is %s", (_, changed, code) => {
    expect(() => readRunFile(changed, "run.ndjson")).toThrow(expect.objectContaining({ code }));
  });

  it("is refused when its plan is not that of the run", () => {
    const other = writeRunFile({ run, plan: { ...plan, cascade: "other" }, events });
    expect(() => readRunFile(other, "run.ndjson")).toThrow(
      expect.objectContaining({
        code: "record-corrupt",
        location: { file: "run.ndjson", line: 1 },
      }),
    );
  });
});
