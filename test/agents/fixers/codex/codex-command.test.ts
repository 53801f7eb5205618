import { expect, it } from "vitest";
import { codexArguments } from "../../../../agents/fixers/codex/codex-command.ts";
import { knownFeatures, missingOptions } from "../../../../agents/fixers/codex/codex-program.ts";

const ORDER = {
  workspace: "/work/a place",
  model: "gpt-6.1-sol",
  baseUrl: "http://127.0.0.1:9/v1",
  mode: "full-auto",
  features: ["goals", "hooks"],
};

it("keeps a turn to the workspace and to our settings", () => {
  expect(codexArguments(ORDER)).toEqual([
    ...[
      "exec",
      "--json",
      "--ephemeral",
      "--ignore-user-config",
      "--ignore-rules",
      "--skip-git-repo-check",
    ],
    ...[
      "--color",
      "never",
      "-C",
      "/work/a place",
      "--sandbox",
      "workspace-write",
      "-m",
      "gpt-6.1-sol",
    ],
    ...["-c", 'model_provider="cascade"'],
    "-c",
    'model_providers.cascade={name="cascade",base_url="http://127.0.0.1:9/v1",wire_api="responses",env_key="CASCADE_CODEX_KEY",request_max_retries=1,stream_max_retries=1,stream_idle_timeout_ms=60000}',
    ...["-c", 'shell_environment_policy.inherit="core"'],
    ...["-c", "sandbox_workspace_write.network_access=false"],
    ...["-c", "sandbox_workspace_write.exclude_slash_tmp=true"],
    ...["-c", "sandbox_workspace_write.exclude_tmpdir_env_var=true"],
    ...["-c", 'web_search="disabled"', "-c", "project_doc_max_bytes=0"],
    ...["-c", "skills.bundled.enabled=false", "-c", "skills.include_instructions=false"],
    ...["--disable", "goals", "--disable", "hooks", "-"],
  ]);
});

it("lets no address of a provider out of its quotes", () => {
  const baseUrl = 'http://x/",wire_api="chat';
  const table = codexArguments({ ...ORDER, baseUrl }).find((argument) =>
    argument.includes("base_url"),
  );
  expect(table).toContain(String.raw`base_url="http://x/\",wire_api=\"chat",wire_api="responses"`);
});

it("refuses another mode than full-auto, and never goes without a sandbox", () => {
  for (const mode of ["yolo", "danger-full-access", "suggest"]) {
    expect(() => codexArguments({ ...ORDER, mode })).toThrow(
      expect.objectContaining({ code: "not-supported" }),
    );
  }
});

it("names the options that an older version lacks", () => {
  const help =
    "  --json  --ephemeral  --ignore-user-config --sandbox <MODE> --disable <F> --skip-git-repo-check";
  expect(missingOptions(help)).toEqual(["--ignore-rules"]);
});

it("switches off only features that the version has", () => {
  const list = "apps      stable   true\ngoals   removed   false\nmulti_agent_v2  stable false\n";
  expect(knownFeatures(list)).toEqual(["goals", "apps"]);
});
