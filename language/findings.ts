import type { ErrorCode, ErrorLocation } from "../core/errors.ts";
import type { Diagnostic } from "./diagnostic.ts";

/** Nobody reads further, and a hostile file could have hundreds of thousands. */
const MOST_LISTED = 100;

/** Gathers everything that is wrong with one file. Places and hints are worked out only for what is listed. */
export class Findings {
  readonly #listed: Diagnostic[] = [];
  readonly #said = new Set<string>();
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  report(
    code: ErrorCode,
    message: string,
    locate: () => ErrorLocation,
    hint?: string | (() => string),
  ): void {
    if (this.#count >= MOST_LISTED) {
      this.#count += 1;
      return;
    }
    const location = locate();
    // What stands once in a file may become several stages of the plan.
    const key = JSON.stringify([code, message, location]);
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#count += 1;
    const text = typeof hint === "function" ? hint() : hint;
    this.#listed.push({
      severity: "error",
      code,
      message,
      location,
      ...(text === undefined ? {} : { hint: text }),
    });
  }

  /** In the order of their places; the last says how many are not listed. */
  list(): readonly Diagnostic[] {
    const sorted = this.#listed.toSorted(
      ({ location: a }, { location: b }) =>
        (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
    );
    const last = sorted.at(-1);
    const rest = this.#count - MOST_LISTED;
    if (last === undefined || rest <= 0) return sorted;
    return [
      ...sorted,
      {
        severity: "error",
        code: "limit-exceeded",
        message: `${rest} more errors are not listed`,
        location: last.location,
      },
    ];
  }
}
