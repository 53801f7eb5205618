import type { ModelFailureClass, ModelProvider } from "../core/model.ts";

/** Names a model in the breaker, and a whole vendor by `*`. */
export function breakerKey(provider: ModelProvider, model: string): string {
  return `${provider}/${model}`;
}

interface Line {
  /** Failures without a success between them. */
  failures: number;
  /** Epoch milliseconds. */
  openUntilMs: number;
  /** A call is under way that finds out whether it works again. */
  isProbing: boolean;
}

const FAILURES_TO_OPEN = 3;
const OPEN_MS = 30_000;
const LONG_OPEN_MS = 600_000;
/** As long as a probe is under way nobody else calls; it ends by the deadline of its call at the latest. */
const PROBE_MS = 600_000;

/** Leaves models alone for a while that fail again and again. Of this process only. */
export class Breaker {
  readonly #lines = new Map<string, Line>();

  /** Until when each is left alone. */
  blocked(nowMs: number): ReadonlyMap<string, number> {
    const blocked = new Map<string, number>();
    for (const [key, line] of this.#lines) {
      if (line.isProbing) blocked.set(key, nowMs + PROBE_MS);
      else if (line.openUntilMs > nowMs) blocked.set(key, line.openUntilMs);
    }
    return blocked;
  }

  /** A call begins: the first one after a pause is the probe, and holds others off until it has ended. */
  begin(provider: ModelProvider, model: string, nowMs: number): void {
    const line = this.#lines.get(breakerKey(provider, model));
    if (line !== undefined && line.openUntilMs > 0 && line.openUntilMs <= nowMs) {
      line.isProbing = true;
    }
  }

  succeeded(provider: ModelProvider, model: string): void {
    this.#lines.delete(breakerKey(provider, model));
  }

  /** It ended without telling anything about the model's health. */
  ended(provider: ModelProvider, model: string): void {
    const line = this.#lines.get(breakerKey(provider, model));
    if (line !== undefined) line.isProbing = false;
  }

  failed(
    { provider, model }: { readonly provider: ModelProvider; readonly model: string },
    failure: ModelFailureClass,
    { retryAfterMs, nowMs }: { readonly retryAfterMs: number | undefined; readonly nowMs: number },
  ): void {
    this.ended(provider, model);
    const key = breakerKey(provider, failure === "auth" ? "*" : model);
    switch (failure) {
      case "auth":
      case "quota":
      case "not-found":
        this.#open(key, nowMs + Math.max(LONG_OPEN_MS, retryAfterMs ?? 0));
        return;
      case "rate-limit":
      case "overloaded":
      case "connection":
      case "server": {
        const line = this.#lineOf(key);
        line.failures += 1;
        const pauseMs = line.failures >= FAILURES_TO_OPEN ? OPEN_MS : 0;
        const untilMs = Math.max(pauseMs, retryAfterMs ?? 0);
        if (untilMs > 0) this.#open(key, nowMs + untilMs);
        return;
      }
      case "bad-request":
      case "context-length":
      case "refusal":
      case "invalid-output":
        return; // it answered: nothing is wrong with it
      default:
        failure satisfies never;
    }
  }

  /** What a vendor said of when to come back is never shortened. */
  #open(key: string, untilMs: number): void {
    const line = this.#lineOf(key);
    line.openUntilMs = Math.max(line.openUntilMs, untilMs);
  }

  #lineOf(key: string): Line {
    const line = this.#lines.get(key) ?? { failures: 0, openUntilMs: 0, isProbing: false };
    this.#lines.set(key, line);
    return line;
  }
}
