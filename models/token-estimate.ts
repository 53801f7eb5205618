import type { ModelPrompt, ModelRequest } from "../core/model.ts";
import { tokensOfBytes } from "../core/tokens.ts";

const TOKENS_PER_IMAGE = 1_600;
/** What stands around a section of data, and says what it is. */
const MARKS_OF_DATA_BYTES = 300;

/** About how many tokens a prompt is, rather too many than too few: no vendor's counter is at hand before it is known who answers. */
export function estimateTokens({
  system = "",
  messages,
  tools = [],
  data = [],
}: Omit<ModelPrompt, "maxOutputTokens"> & Pick<ModelRequest, "data">): number {
  let bytes = Buffer.byteLength(system) + (tools.length > 0 ? JSON.stringify(tools).length : 0);
  for (const { name, text } of data) bytes += Buffer.byteLength(name + text) + MARKS_OF_DATA_BYTES;
  let images = 0;
  for (const part of messages.flatMap((message) => [...message.parts])) {
    if (part.kind === "text") bytes += Buffer.byteLength(part.text);
    else if (part.kind === "image") images += 1;
    else bytes += JSON.stringify(part).length;
  }
  return tokensOfBytes(bytes) + images * TOKENS_PER_IMAGE;
}
