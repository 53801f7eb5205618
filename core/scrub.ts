/**
 * Takes registered secrets out of any text by their value, in the spellings in which they leak:
 * as they are, base64, URL-encoded, hex and JSON-escaped.
 */
export class Scrubber {
  #pattern: RegExp | undefined;
  readonly #spellings = new Set<string>();

  /** Shorter values are not registered: they would blank out ordinary words. */
  static readonly SHORTEST_SECRET = 8;

  register(secret: string | undefined): void {
    if (secret === undefined || secret.length < Scrubber.SHORTEST_SECRET) return;
    const bytes = Buffer.from(secret);
    const spellings = [
      secret,
      ...insideBase64(bytes),
      bytes.toString("base64"),
      bytes.toString("base64").replace(/=+$/, ""),
      bytes.toString("base64url"),
      bytes.toString("hex"),
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
    ];
    for (const spelling of spellings) this.#spellings.add(spelling);
    const longestFirst = [...this.#spellings].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(longestFirst.map((text) => RegExp.escape(text)).join("|"), "g");
  }

  scrub(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, "[secret]");
  }
}

/** How a secret reads within base64 of more than itself, such as `user:password`: by where it begins in three bytes. */
function insideBase64(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const wholeBits = (before + bytes.length) * 8;
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(wholeBits / 6));
  });
}

/** Names of environment variables whose values are secrets. */
const SECRET_NAME = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)S?$/i;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Registers the values of all environment variables that are named like secrets. */
export function registerEnvironment(
  scrubber: Scrubber,
  env: Readonly<Record<string, string | undefined>>,
): void {
  for (const [name, value] of Object.entries(env)) {
    if (isSecretName(name)) scrubber.register(value);
  }
}
