import { expect, it } from "vitest";
import { SwarmError } from "../../../core/errors.ts";
import { canRun, runProbes } from "../../../interfaces/cli/doctor/check.ts";
import { renderChecks } from "../../../interfaces/cli/doctor/doctor-command.ts";

const about = { env: {}, directory: "/" };
const quick = { timeoutMs: 10_000, needed: true };

it("says of each probe what it found, whatever another one does", async () => {
  const aborted: boolean[] = [];
  const checks = await runProbes(
    [
      { ...quick, name: "fine", look: async () => ({ name: "fine", status: "ok", found: "here" }) },
      {
        ...quick,
        name: "throws",
        look: async () => {
          throw new SwarmError("broker-missing", "none\nat all", { hint: "install one" });
        },
      },
      {
        name: "throws too",
        timeoutMs: 10_000,
        needed: false,
        look: () => Promise.reject(new Error("no")),
      },
      {
        name: "hangs",
        timeoutMs: 1,
        needed: true,
        look: ({ signal }) =>
          new Promise(() => {
            signal.addEventListener("abort", () => aborted.push(true));
          }),
      },
    ],
    about,
  );
  expect(checks).toEqual([
    { name: "fine", status: "ok", found: "here" },
    { name: "throws", status: "failed", found: "none", remedy: "install one" },
    { name: "throws too", status: "absent", found: "no" },
    { name: "hangs", status: "failed", found: "no answer within 0.001 s" },
  ]);
  expect(aborted).toEqual([true]);
});

it("shows each check with its remedy and ends with a verdict", () => {
  const checks = [
    { name: "git", status: "absent", found: "not on\u001bPATH", remedy: "install it" },
    { name: "ports", status: "failed", found: "none" },
  ] as const;
  expect(canRun(checks)).toBe(false);
  expect(renderChecks(checks)).toEqual([
    "  absent  git    not on\\x1bPATH",
    "                 install it",
    "  failed  ports  none",
    "",
    "npm run swarm cannot run here: ports.",
  ]);
  expect(renderChecks(checks.slice(0, 1)).at(-1)).toBe("npm run swarm can run here.");
});
