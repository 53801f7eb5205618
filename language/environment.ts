import { SwarmError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { isSecretName } from "../core/scrub.ts";

/** Begins the name of a variable among the recorded inputs of a run; the name of no input has a dot. */
export const ENVIRONMENT = "env.";

/** How the system's own settings begin: some hold the password of its server. */
const OWN_SETTINGS = /^(?:CASCADE|NATS)_/;

export function isOwnSetting(name: string): boolean {
  return OWN_SETTINGS.test(name);
}

/** Why a cascade must not read a variable as plain data; undefined when it may. */
export function refusedVariable(name: string): string | undefined {
  if (isOwnSetting(name)) return "is a setting of the swarm itself";
  return isSecretName(name)
    ? "is named like a secret, and values of `env` are recorded"
    : undefined;
}

/** What stands before the host of a URL and after a colon. */
const PASSWORD_IN_URL = /:\/\/[^/\s@]*:[^/\s@]+@/;

/**
 * The variables that a cascade lists, as they become part of a run's recorded inputs; those that are not set are left out.
 * @throws SwarmError `not-allowed` when a value holds a password
 */
export function recordedEnvironment(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): JsonObject {
  const recorded: Record<string, string> = {};
  for (const name of names) {
    const value = env[name];
    if (value === undefined) continue;
    if (PASSWORD_IN_URL.test(value)) {
      const message = `the environment variable ${name} holds a password, and values of \`env\` are recorded`;
      throw new SwarmError("not-allowed", message, { hint: "list it under `secrets` instead" });
    }
    recorded[`${ENVIRONMENT}${name}`] = value;
  }
  return recorded;
}

/** The recorded inputs of a run without its variables, and these. */
export function withoutEnvironment(recorded: JsonObject): {
  readonly inputs: JsonObject;
  readonly variables: JsonObject;
} {
  const { true: variables = [], false: inputs = [] } = Object.groupBy(
    Object.entries(recorded),
    ([name]) => String(name.startsWith(ENVIRONMENT)) as "true" | "false",
  );
  return { inputs: Object.fromEntries(inputs), variables: Object.fromEntries(variables) };
}
