import type { Json, JsonObject } from "./json.ts";
import type { ModelResult } from "./model.ts";

/** The outputs that every skill has which asks a model. */
export const MODEL_OUTPUTS: ReadonlySet<string> = new Set([
  ...["text", "json", "model", "usage", "cost_usd", "is_scripted", "is_replayed"],
]);

/** A model's answer as the output of a skill, with who gave it and why. */
export function modelOutput(result: ModelResult): Readonly<Record<string, Json>> {
  const { text, json, requestedModel, servedModel, provider, switches, reasons, origin } = result;
  return {
    text,
    ...(json === undefined ? {} : { json }),
    model: {
      requested: requestedModel,
      served: servedModel,
      provider,
      switches: switches.map(({ from, to, why }) => ({ from, to, why })),
      reasons: [...reasons],
    },
    usage: { ...result.usage } as JsonObject,
    cost_usd: result.costUsd,
    is_scripted: origin === "scripted",
    is_replayed: origin === "replayed",
  };
}
