import { SwarmError } from "../../../core/errors.ts";
import { LIMITS, refuseOver } from "../../../core/limits.ts";

/**
 * The text on standard input, no more of it than a cascade file may have.
 * @throws SwarmError `limit-exceeded`, or `path-unreadable` when it is not UTF-8
 */
export async function readStandardInput(
  stream: AsyncIterable<Buffer> = process.stdin,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > LIMITS.cascadeFileBytes) break;
  }
  refuseOver("cascadeFileBytes", bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    const hint = "save the text as UTF-8";
    throw new SwarmError("path-unreadable", "standard input is not UTF-8", { hint, cause: error });
  }
}
