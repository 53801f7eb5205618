import type { GetPromptResult, Prompt } from "@modelcontextprotocol/server";
import { SwarmError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { InputSpec } from "../../core/plan.ts";
import { inputFromText } from "../../language/inputs.ts";
import { didYouMean } from "../../language/nearest.ts";
import { installedHere } from "./jobs.ts";
import type { ToolContext } from "./tool-context.ts";

type Place = Pick<ToolContext, "directory" | "env" | "allowance">;

/** One prompt a cascade that can run here; its arguments are the cascade's inputs. */
export async function listPrompts(place: Place): Promise<Prompt[]> {
  const { cascades } = await installedHere(place);
  const prompts: Prompt[] = [];
  for (const name of await cascades.names()) {
    const plan = await cascades.plan(name).catch((error: unknown) => {
      if (error instanceof SwarmError) return undefined; // `cascade_list` says what is wrong with it
      throw error;
    });
    if (plan === undefined) continue;
    prompts.push({
      name,
      description: plan.description ?? `Runs the cascade ${name}`,
      arguments: plan.inputs.map((spec) => ({
        name: spec.name,
        description: argumentText(spec),
        required: spec.required && spec.default === undefined,
      })),
    });
  }
  return prompts;
}

function argumentText({ description, type, default: fallback }: InputSpec): string {
  const usual = fallback === undefined ? "" : `, ${JSON.stringify(fallback)} when left out`;
  return `${description === undefined ? "" : `${description} `}(${type}${usual})`;
}

/**
 * What a prompt says: which tool to call, and how.
 * @throws SwarmError `unknown-cascade`, `unknown-input` or `invalid-input`
 */
export async function promptOf(
  name: string,
  given: Readonly<Record<string, string>>,
  place: Place,
): Promise<GetPromptResult> {
  const { cascades } = await installedHere(place);
  const plan = await cascades.plan(name);
  const inputs: Record<string, JsonObject[string]> = {};
  for (const [key, text] of Object.entries(given)) {
    const spec = plan.inputs.find((each) => each.name === key);
    if (spec === undefined) {
      throw new SwarmError("unknown-input", `${name} has no input ${JSON.stringify(key)}`, {
        hint: didYouMean(
          key,
          plan.inputs.map((each) => each.name),
        ),
      });
    }
    if (text !== "") inputs[key] = inputFromText(spec, text);
  }
  const call = JSON.stringify({ cascade: name, inputs, wait: true });
  const text = `Call the tool cascade_run with ${call}. When it has not ended in that time, ask run_status. Then tell what it resulted in, with the run's id, and where its report is if it wrote one.`;
  return {
    description: plan.description ?? `Runs the cascade ${name}`,
    messages: [{ role: "user", content: { type: "text", text } }],
  };
}
