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

/** Names of environment variables whose values are secrets. */
const SECRET_NAME = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)S?$/i;

/** Registers the values of all environment variables that are named like secrets. */
export function registerEnvironment(
  scrubber: Scrubber,
  env: Readonly<Record<string, string | undefined>>,
): void {
  for (const [name, value] of Object.entries(env)) {
    if (SECRET_NAME.test(name)) scrubber.register(value);
  }
}
