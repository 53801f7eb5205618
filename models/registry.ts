import { readFile } from "node:fs/promises";
import { z } from "zod";
import { SwarmError } from "../core/errors.ts";
import { MODEL_PROVIDERS, type ModelProvider } from "../core/model.ts";

/** What a model may be able to do beside text. `images`: it makes some. */
export const CAPABILITIES = ["tools", "schema", "search", "images"] as const;
export type Capability = (typeof CAPABILITIES)[number];

const usd = z.number().min(0);
const day = z.iso.date();
/** USD for a million tokens. Of the rows that hold on a day, the one with the highest fitting `aboveInputTokens`. */
const price = z.strictObject({
  /** First and last day, UTC. */
  from: day.exactOptional(),
  to: day.exactOptional(),
  aboveInputTokens: z.int().min(0).exactOptional(),
  inputUsd: usd,
  outputUsd: usd,
  cacheReadUsd: usd.exactOptional(),
  cacheWriteUsd: usd.exactOptional(),
});
export type Price = z.infer<typeof price>;

const model = z.strictObject({
  id: z.string().min(1),
  provider: z.enum(MODEL_PROVIDERS),
  /** Most of a prompt. Absent: not known, and never a reason to refuse. */
  contextTokens: z.int().min(1).exactOptional(),
  maxOutputTokens: z.int().min(1).exactOptional(),
  inputs: z.array(z.enum(["text", "image"])).min(1),
  can: z.array(z.enum(CAPABILITIES)),
  prices: z.array(price),
  note: z.string().exactOptional(),
});
export type RegisteredModel = z.infer<typeof model>;

const route = z.strictObject({
  /** The first that can answer does. */
  models: z.array(z.string().min(1)).min(1),
  needs: z.array(z.enum(CAPABILITIES)).exactOptional(),
  contextTokens: z.int().min(1).exactOptional(),
  effort: z.enum(["low", "medium", "high"]).exactOptional(),
});
export type Route = z.infer<typeof route>;

const registryFile = z.strictObject({
  v: z.literal(1),
  asOf: day,
  models: z.array(model),
  routes: z.record(z.string(), route),
  /** Routes whose models take over, in this order, when another route has nobody left. */
  others: z.array(z.string()),
});
const overrideFile = registryFile.partial().extend({ v: z.literal(1) });

/** What is known of models, with the day on which it was true. */
export interface ModelRegistry {
  readonly asOf: string;
  readonly models: ReadonlyMap<string, RegisteredModel>;
  readonly routes: ReadonlyMap<string, Route>;
  readonly others: readonly string[];
}

/** The file that a user lays over the registry, by model and by route. */
export const REGISTRY_VARIABLE = "CASCADE_MODEL_REGISTRY";

/** @throws SwarmError `path-unreadable` or `usage` for a file of the user that cannot be read or breaks the form */
export async function openModelRegistry(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ModelRegistry> {
  const own = new URL("registry.json", import.meta.url);
  const base = registryFile.parse(JSON.parse(await readFile(own, "utf8")));
  const path = env[REGISTRY_VARIABLE];
  const over = path === undefined || path === "" ? { v: 1 as const } : await readOverride(path);
  const models = [...base.models, ...(over.models ?? [])];
  return {
    asOf: over.asOf ?? base.asOf,
    models: new Map(models.map((each) => [each.id, each])),
    routes: new Map(Object.entries({ ...base.routes, ...over.routes })),
    others: over.others ?? base.others,
  };
}

async function readOverride(path: string): Promise<z.infer<typeof overrideFile>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const message = `${REGISTRY_VARIABLE}=${path} cannot be read: ${(error as Error).message}`;
    throw new SwarmError("path-unreadable", message, { cause: error });
  }
  try {
    return overrideFile.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    const message = `${REGISTRY_VARIABLE}=${path} is no model registry: ${why.replace(/\s+/g, " ")}`;
    throw new SwarmError("usage", message, { cause: error });
  }
}

const PREFIXES: readonly (readonly [RegExp, ModelProvider])[] = [
  [/^claude-/, "anthropic"],
  [/^(gpt-|o\d|codex-)/, "openai"],
  [/^gemini-/, "google"],
];

/**
 * A model by its id, `<provider>/<id>` or, when the registry has none, by what its vendor's names begin with; what is
 * not known of it stays so.
 * @param local id of the model at the user's own endpoint
 */
export function modelOf(
  registry: ModelRegistry,
  name: string,
  local: string | undefined,
): RegisteredModel | undefined {
  if (name === local) return registry.models.get(name) ?? unknownModel(name, "openai-compatible");
  const known = registry.models.get(name);
  if (known !== undefined) return known;
  const given = MODEL_PROVIDERS.find((provider) => name.startsWith(`${provider}/`));
  if (given !== undefined) {
    const id = name.slice(given.length + 1);
    const same = registry.models.get(id);
    return same?.provider === given ? same : unknownModel(id, given);
  }
  const provider = PREFIXES.find(([pattern]) => pattern.test(name))?.[1];
  return provider === undefined ? undefined : unknownModel(name, provider);
}

function unknownModel(id: string, provider: ModelProvider): RegisteredModel {
  return {
    id,
    provider,
    inputs: ["text", "image"],
    can: ["tools", "schema", "search"],
    prices: [],
  };
}
