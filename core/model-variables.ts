import type { ModelProvider } from "./model.ts";

/** The environment variables that give access to a vendor; the first that is set counts. */
export const KEY_VARIABLES: Readonly<Record<ModelProvider, readonly string[]>> = {
  anthropic: ["ANTHROPIC_API_KEY"],
  openai: ["OPENAI_API_KEY"],
  google: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
  "openai-compatible": ["CASCADE_MODEL_API_KEY"],
};

const SECRETS: ReadonlySet<string> = new Set(Object.values(KEY_VARIABLES).flat());

/**
 * Names of those for whom there is a key, separated by commas: what processes without the keys are told. Absent: not known.
 */
export const PROVIDERS_VARIABLE = "CASCADE_MODEL_PROVIDERS";

/** An environment for processes that ask no models. */
export function withoutModelKeys(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !SECRETS.has(name)));
}
