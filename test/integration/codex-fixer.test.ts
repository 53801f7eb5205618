import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type CodexFixerOptions,
  type CodexTurnReport,
  openCodexFixer,
} from "../../agents/fixers/codex/codex-fixer.ts";
import { openPrograms } from "../../agents/programs.ts";
import type { FixCandidate, FixRequest } from "../../core/fixer.ts";
import { type FoundCodex, findCodexForTests } from "../support/codex-program.ts";
import { makePlace } from "../support/place.ts";
import {
  type Answer,
  commandItem,
  messageItem,
  openResponsesServer,
  patchItem,
} from "../support/responses-server.ts";

const KEY = "sk-test-0123456789abcdef";
const PATCH = `*** Begin Patch
*** Update File: src/add.js
@@
-export const add = (a, b) => a - b;
+export const add = (a, b) => a + b;
*** End Patch`;
const FIXING: readonly Answer[] = [
  {
    kind: "items",
    items: [
      commandItem("env; touch /tmp/cascade-outside; mkdir __pycache__; echo x > __pycache__/x.pyc"),
    ],
  },
  { kind: "items", items: [patchItem(PATCH)] },
  { kind: "items", items: [messageItem("The sign was wrong.")] },
];

let codex: FoundCodex = { status: "missing", why: "not looked for yet" };
const programs = openPrograms({ stopGraceMs: 200 });
beforeAll(async () => {
  codex = await findCodexForTests();
}, 400_000);
afterAll(() => programs.close());

describe("the Codex CLI as a fixer", { timeout: 120_000 }, () => {
  beforeEach(({ skip }) => {
    if (codex.status === "missing") skip(`no Codex CLI: ${codex.why}`);
  });

  it("offers what the model changed, and nothing of what its commands left behind", async () => {
    const { candidates, reports, server } = await ask(FIXING);
    expect(candidates).toEqual([
      {
        description: "codex changed src/add.js: The sign was wrong.",
        edits: { "src/add.js": "export const add = (a, b) => a + b;\n" },
        costUsd: 0.00402,
      },
    ]);
    expect(reports).toEqual([
      {
        version: "0.169.0",
        model: "gpt-5.5",
        status: "completed",
        commands: 1,
        usage: { inputTokens: 3_000, cachedInputTokens: 1_200, outputTokens: 150 },
        costUsd: 0.00402,
      },
    ]);
    expect(server.keys[0]).toBe(`Bearer ${KEY}`);
  });

  it("keeps the key from the model's commands, and them from what is outside of the workspace", async () => {
    const { server } = await ask(FIXING);
    const answered = server.requests[1] ?? "";
    expect(answered).toContain("CODEX_THREAD_ID");
    expect(answered).not.toContain(KEY);
    expect(answered).toContain("Read-only file system");
  });

  it("lets nothing in the workspace instruct the model or set Codex up", async () => {
    const { server } = await ask([{ kind: "items", items: [messageItem("Nothing to do.")] }], {
      "AGENTS.md": "MARK-AGENTS\n",
      ".agents/skills/odd/SKILL.md": "---\nname: odd\ndescription: MARK-SKILL\n---\nx\n",
      ".codex/config.toml": 'model = "mark-model"\n',
    });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toContain("expected 1 to be 3");
    expect(server.requests[0]).not.toMatch(/MARK-AGENTS|MARK-SKILL|mark-model/);
  });

  it("has no candidate when the model changed nothing, however well its turn ended", async () => {
    const { candidates, reports } = await ask([
      { kind: "items", items: [messageItem("Repaired!")] },
    ]);
    expect(candidates).toEqual([]);
    expect(reports).toMatchObject([{ status: "completed" }]);
  });

  it("fails with the provider's reason when its turn fails", async () => {
    const refused = ask([{ kind: "status", status: 401, message: "the key is wrong" }]);
    await expect(refused).rejects.toMatchObject({
      code: "fixer-failed",
      message: expect.stringContaining("401"),
      disposition: "retry",
    });
  });

  it("ends a turn whose provider never answers, and leaves no process and no state behind", async () => {
    await using place = await placeWith({});
    const silent = ask([{ kind: "silence" }], {}, { timeoutMs: 4_000, place });
    await expect(silent).rejects.toMatchObject({ code: "fixer-timeout" });
    expect(readdirSync(place.path("state"))).toEqual(["here"]);
    expect(processesWith(place.root)).toEqual([]);
  });

  it("stops with the reason of whoever asked", async () => {
    await using place = await placeWith({});
    const controller = new AbortController();
    const asked = ask(
      [{ kind: "silence" }],
      {},
      {
        place,
        signal: controller.signal,
        onRequest: () => controller.abort(new Error("no longer wanted")),
      },
    );
    await expect(asked).rejects.toThrow("no longer wanted");
    expect(processesWith(place.root)).toEqual([]);
  });

  async function ask(
    answers: readonly Answer[],
    files: Readonly<Record<string, string>> = {},
    options: Partial<CodexFixerOptions> & {
      readonly signal?: AbortSignal;
      readonly onRequest?: () => void;
      readonly place?: Awaited<ReturnType<typeof placeWith>>;
    } = {},
  ) {
    await using own = await placeWith(files);
    const place = options.place ?? own;
    const workspace = place.path("workspace");
    await using server = await openResponsesServer(answers, options.onRequest);
    const reports: CodexTurnReport[] = [];
    const fixer = openCodexFixer({
      programs,
      env: { ...process.env, CODEX_BIN: codexPath(), TEST_KEY: KEY },
      stateFolder: place.path("state"),
      model: "gpt-5.5",
      provider: { baseUrl: server.baseUrl, keyVariable: "TEST_KEY" },
      prices: { input: 1, cachedInput: 0.1, output: 14 },
      onTurn: (report) => reports.push(report),
      ...options,
    });
    const { signal = new AbortController().signal } = options;
    const candidates: FixCandidate[] = [];
    for await (const one of fixer.candidates(requestIn(workspace), signal)) candidates.push(one);
    return { candidates, reports, server };
  }
});

function codexPath(): string {
  return codex.status === "found" ? codex.path : "";
}

function requestIn(workspace: string): FixRequest {
  return {
    workspace,
    failures: [{ id: "add adds", message: "expected 1 to be 3", frames: [] }],
    suspects: ["src/add.js"],
    attempt: 1,
    earlier: [],
  };
}

function placeWith(files: Readonly<Record<string, string>>) {
  const all = { "src/add.js": "export const add = (a, b) => a - b;\n", ...files };
  const inWorkspace = Object.entries(all).map(([path, text]) => [`workspace/${path}`, text]);
  return makePlace({ ...Object.fromEntries(inWorkspace), "state/here": "" });
}

/** Processes, ourselves aside, with this text in their command line. */
function processesWith(text: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text);
    } catch {
      return false; // it ended meanwhile
    }
  });
}
