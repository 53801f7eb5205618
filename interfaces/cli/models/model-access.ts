import { MODEL_PROVIDERS, type ModelProvider } from "../../../core/model.ts";
import { KEY_VARIABLES } from "../../../core/model-variables.ts";
import type { ModelAccess } from "../../../models/environment.ts";

export interface AccessReport {
  readonly schemaVersion: 1;
  readonly origin: ModelAccess["origin"];
  readonly registryAsOf: string;
  readonly providers: readonly {
    readonly provider: ModelProvider;
    readonly isAvailable: boolean;
    /** The variable that gives access, or those that would. */
    readonly variables: readonly string[];
  }[];
}

/** Whose models can be had. Names of variables only, never what they hold; nobody is asked whether a key is right. */
export function accessReport(
  { origin, providers }: ModelAccess,
  env: Readonly<Record<string, string | undefined>>,
  registryAsOf: string,
): AccessReport {
  return {
    schemaVersion: 1,
    origin,
    registryAsOf,
    providers: MODEL_PROVIDERS.map((provider) => {
      const names = variablesOf(provider);
      const set = names.filter((name) => (env[name] ?? "") !== "");
      const isAvailable = providers.includes(provider);
      return { provider, isAvailable, variables: isAvailable && set.length > 0 ? set : names };
    }),
  };
}

function variablesOf(provider: ModelProvider): readonly string[] {
  if (provider === "openai-compatible") return ["CASCADE_MODEL_BASE_URL", "CASCADE_MODEL"];
  return KEY_VARIABLES[provider];
}

export function accessLines({ origin, registryAsOf, providers }: AccessReport): readonly string[] {
  const isLive = origin === "live";
  const lines = providers.map(({ provider, isAvailable, variables }) => {
    if (isAvailable && !isLive) return `ok       ${provider}: ${origin}`;
    if (isAvailable) return `ok       ${provider}: ${variables.join(", ")}`;
    const isBoth = provider === "openai-compatible";
    return `missing  ${provider}: set ${variables.join(isBoth ? " and " : " or ")}`;
  });
  const known = `registry as of ${registryAsOf}; keys are not tried here`;
  const note = isLive
    ? []
    : [
        `${origin.toUpperCase()}: a file answers in place of every model, and its answers are marked`,
      ];
  return [...note, ...lines, known];
}
