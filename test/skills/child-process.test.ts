import { existsSync, readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { argumentGroups, runProgram } from "../../skills/child-process.ts";
import { makeTree } from "./skill-context.ts";

const UNLIMITED = {
  cwd: "/",
  env: {},
  signal: new AbortController().signal,
  timeoutMs: 60_000,
  maxOutputBytes: 1_000,
};

function runNode(code: string, options: Partial<Parameters<typeof runProgram>[2]> = {}) {
  return runProgram(process.execPath, ["-e", code], { ...UNLIMITED, ...options });
}

it("answers the code and what was printed", async () => {
  expect(await runNode("console.log('out'); console.error('err'); process.exitCode = 3")).toEqual({
    status: "exited",
    code: 3,
    stdout: Buffer.from("out\n"),
    stderr: "err\n",
  });
});

it("gives a program no environment but what is named", async () => {
  expect(
    await runNode("console.log(JSON.stringify(process.env))", { env: { ONE: "1" } }),
  ).toMatchObject({ stdout: Buffer.from('{"ONE":"1"}\n') });
});

it.each([
  ["killed", "process.kill(process.pid, 'SIGSEGV')", {}, { status: "killed", signal: "SIGSEGV" }],
  ["too slow", "setInterval(() => {}, 1000)", { timeoutMs: 50 }, { status: "timed-out" }],
  [
    "too loud",
    "console.log('x'.repeat(5_000)); setInterval(() => {}, 1000)",
    {},
    { status: "output-too-large" },
  ],
])("tells a program that was %s", async (_, code, options, expected) => {
  expect(await runNode(code, options)).toEqual(expected);
});

it("tells a program that does not exist", async () => {
  expect(await runProgram("/no/such/program", [], UNLIMITED)).toEqual({ status: "missing" });
});

it("kills the program when the signal aborts", async () => {
  await using tree = await makeTree();
  const controller = new AbortController();
  const file = JSON.stringify(tree.path("pid"));
  const running = runNode(
    `require("fs").writeFileSync(${file}, String(process.pid)); setInterval(() => {}, 1000)`,
    { signal: controller.signal },
  );
  await vi.waitFor(() => expect(existsSync(tree.path("pid"))).toBe(true), { timeout: 5_000 });
  controller.abort();

  await expect(running).rejects.toMatchObject({ name: "AbortError" });
  const pid = Number(readFileSync(tree.path("pid"), "utf8"));
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

it("keeps each group of names within what one command line takes", () => {
  const names = Array.from({ length: 3_000 }, (_, index) => `${"long".repeat(20)}-${index}`);

  const groups = argumentGroups(names);

  expect(groups.flat()).toEqual(names);
  expect(groups.map((group) => Buffer.byteLength(group.join(" ")) < 100_000)).toEqual([
    true,
    true,
    true,
  ]);
  expect(argumentGroups([])).toEqual([]);
});
