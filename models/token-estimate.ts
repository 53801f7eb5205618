import type { ModelPrompt } from "../core/model.ts";
import { tokensOfBytes } from "../core/tokens.ts";

const TOKENS_PER_IMAGE = 1_600;

/** About how many tokens a prompt is, rather too many than too few: no vendor's counter is at hand before it is known who answers. */
export function estimateTokens({
  system = "",
  messages,
  tools = [],
}: Omit<ModelPrompt, "maxOutputTokens">): number {
  let bytes = Buffer.byteLength(system) + (tools.length > 0 ? JSON.stringify(tools).length : 0);
  let images = 0;
  for (const part of messages.flatMap((message) => [...message.parts])) {
    if (part.kind === "text") bytes += Buffer.byteLength(part.text);
    else if (part.kind === "image") images += 1;
    else bytes += JSON.stringify(part).length;
  }
  return tokensOfBytes(bytes) + images * TOKENS_PER_IMAGE;
}
