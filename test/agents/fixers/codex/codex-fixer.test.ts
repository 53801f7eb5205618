import { readdirSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { openCodexFixer } from "../../../../agents/fixers/codex/codex-fixer.ts";
import { openPrograms } from "../../../../agents/programs.ts";
import { makePlace } from "../../../support/place.ts";

const programs = openPrograms();
afterAll(() => programs.close());

/** What asking for a candidate comes to with this environment; `state` is what stays of its own. */
async function ask(
  env: Readonly<Record<string, string>>,
): Promise<{ error: unknown; state: string[] }> {
  await using place = await makePlace({ "workspace/a.js": "", "state/here": "" });
  const fixer = openCodexFixer({ programs, env, stateFolder: place.path("state") });
  const request = {
    workspace: place.path("workspace"),
    failures: [],
    suspects: ["a.js"],
    attempt: 1,
    earlier: [],
  };
  const candidates = fixer.candidates(request, new AbortController().signal);
  const error = await candidates[Symbol.asyncIterator]()
    .next()
    .catch((reason: unknown) => reason);
  return { error, state: readdirSync(place.path("state")) };
}

const KEY = { OPENAI_API_KEY: "sk-test-0123456789" };

it.each([
  ["is nowhere on the PATH", { ...KEY, PATH: "/nowhere" }, /^no codex on the PATH$/],
  [
    "cannot be executed",
    { ...KEY, CODEX_BIN: "/nowhere/codex" },
    /^CODEX_BIN: .* cannot be executed$/,
  ],
  ["ends with an error", { ...KEY, CODEX_BIN: "/bin/false" }, /--version: ended with exit code 1$/],
  [
    "is another program",
    { ...KEY, CODEX_BIN: "/bin/true" },
    /does not name its version|lacks --json/,
  ],
])("says that Codex is missing when it %s", async (_what, env, message) => {
  expect(await ask(env)).toEqual({
    error: expect.objectContaining({
      code: "fixer-missing",
      message: expect.stringMatching(message),
      hint: expect.stringContaining("npm install --global @openai/codex@"),
    }),
    state: ["here"],
  });
});

it("names the variable of a key that is not set", async () => {
  expect(await ask({ CODEX_BIN: "/bin/true" })).toEqual({
    error: expect.objectContaining({
      code: "fixer-no-key",
      message: "codex: OPENAI_API_KEY is not set",
    }),
    state: ["here"],
  });
});
