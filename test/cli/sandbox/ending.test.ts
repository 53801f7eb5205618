import { expect, it } from "vitest";
import {
  endLines,
  enforcementLines,
  exitCodeOfEnd,
} from "../../../interfaces/cli/sandbox/sandbox-command.ts";

const durationMs = 5;

it.each([
  [{ status: "exited", code: 0 }, 0],
  [{ status: "exited", code: 7 }, 7],
  [{ status: "killed", why: "timeout", signal: "SIGKILL" }, 124],
  [{ status: "killed", why: "memory", signal: "SIGKILL" }, 137],
  [{ status: "killed", why: "signal", signal: "SIGSEGV" }, 139],
] as const)("sandbox exec exits after %j with %i", (end, code) => {
  expect(exitCodeOfEnd({ ...end, cut: [], durationMs })).toBe(code);
});

it("says what the exit code does not", () => {
  const killed = { status: "killed", why: "output", signal: "SIGKILL" } as const;
  expect(endLines({ ...killed, cut: ["stdout"], durationMs })).toEqual([
    "sandbox: the end of its stdout is left out",
    "sandbox: ended by SIGKILL (output)",
  ]);
  expect(endLines({ status: "exited", code: 1, cut: [], durationMs })).toEqual([]);
});

it("says what is enforced, and loudly when nothing is", () => {
  const enforcement = {
    backend: "bubblewrap",
    version: "0.8.0",
    limits: "rlimits",
    hasSeccomp: false,
  } as const;
  const lines = enforcementLines({
    status: "enforced",
    enforcement,
    binary: "/usr/bin/bwrap",
    probeMs: 30,
  });
  expect(lines[0]).toBe("isolation     bubblewrap 0.8.0 (/usr/bin/bwrap)");
  expect(lines.join("\n")).toContain("of single processes");
  expect(lines.join("\n")).toContain("not filtered");
  const none = { backend: "none", limits: "none", hasSeccomp: false } as const;
  expect(enforcementLines({ status: "enforced", enforcement: none, probeMs: 0 })[0]).toBe(
    "THE SANDBOX IS OFF: CASCADE_SANDBOX=none",
  );
});
