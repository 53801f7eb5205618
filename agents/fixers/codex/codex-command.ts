import { SwarmError } from "../../../core/errors.ts";

/** Options of `codex exec` without which it is not run: they keep it to the workspace and to our settings. */
export const REQUIRED_OPTIONS = [
  "--json",
  "--ephemeral",
  "--ignore-user-config",
  "--ignore-rules",
  "--skip-git-repo-check",
  "--sandbox",
  "--disable",
] as const;

/** What a repair needs nothing of: other agents, programs of the user, what a repository brings along. */
export const UNWANTED_FEATURES = [
  "multi_agent",
  "goals",
  "apps",
  "plugins",
  "hooks",
  "memories",
  "image_generation",
  "skill_mcp_dependency_install",
] as const;

/** The variable in which Codex finds the key; commands of the model do not see it. */
export const KEY_VARIABLE = "CASCADE_CODEX_KEY";
/** Codex keeps the name `openai` for itself. */
const PROVIDER = "cascade";
const STREAM_IDLE_MS = 60_000;

export interface CodexOrder {
  readonly workspace: string;
  readonly model: string;
  /** Where the provider speaks the Responses protocol, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** How far the model may go by itself: `full-auto` edits files and runs commands in the workspace. */
  readonly mode: string;
  readonly features: readonly string[];
}

/**
 * The arguments of one headless turn; the prompt follows on standard input. `codex exec` has no `--full-auto`: that mode is
 * its sandbox `workspace-write` without network, where nobody is asked for approval.
 * @throws SwarmError `not-supported` for another mode
 */
export function codexArguments(order: CodexOrder): string[] {
  const settings = {
    model_provider: text(PROVIDER),
    [`model_providers.${PROVIDER}`]: providerTable(order.baseUrl),
    "shell_environment_policy.inherit": text("core"),
    "sandbox_workspace_write.network_access": "false",
    "sandbox_workspace_write.exclude_slash_tmp": "true",
    "sandbox_workspace_write.exclude_tmpdir_env_var": "true",
    web_search: text("disabled"),
    // What stands in the workspace is not to instruct the model: AGENTS.md and skills.
    project_doc_max_bytes: "0",
    "skills.bundled.enabled": "false",
    "skills.include_instructions": "false",
  };
  return [
    "exec",
    "--json",
    "--ephemeral",
    "--ignore-user-config",
    "--ignore-rules",
    "--skip-git-repo-check",
    "--color",
    "never",
    "-C",
    order.workspace,
    "--sandbox",
    sandboxOf(order.mode),
    "-m",
    order.model,
    ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
    ...order.features.flatMap((feature) => ["--disable", feature]),
    "-",
  ];
}

function sandboxOf(mode: string): string {
  if (mode === "full-auto") return "workspace-write";
  throw new SwarmError("not-supported", `mode ${mode} of codex: a repair needs full-auto`);
}

function providerTable(baseUrl: string): string {
  const fields = {
    name: text(PROVIDER),
    base_url: text(baseUrl),
    wire_api: text("responses"),
    env_key: text(KEY_VARIABLE),
    // Whoever asks for a repair tries again; each try of Codex would pay once more.
    request_max_retries: "1",
    stream_max_retries: "1",
    stream_idle_timeout_ms: String(STREAM_IDLE_MS),
  };
  const entries = Object.entries(fields).map(([key, value]) => `${key}=${value}`);
  return `{${entries.join(",")}}`;
}

/** A string of TOML; its escapes are those of JSON. */
function text(value: string): string {
  return JSON.stringify(value);
}
