/** Texts of all kinds come to more bytes for a token than this, so that the estimate is rather too high. */
const BYTES_PER_TOKEN = 3;

/** About how many tokens so many bytes of UTF-8 are, whoever counts. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}
