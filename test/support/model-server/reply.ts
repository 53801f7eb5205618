import type { JsonObject } from "../../../core/json.ts";

export type Protocol = "anthropic" | "openai" | "google" | "chat";

/** What the server is to answer, the same for all vendors: each protocol says it in its own words. */
export interface Reply {
  readonly thinking?: string;
  /** In these pieces. */
  readonly text?: readonly string[];
  readonly toolCalls?: readonly {
    readonly id: string;
    readonly name: string;
    readonly input: JsonObject;
    /** Sent instead of the input, as it is. */
    readonly rawInput?: string;
  }[];
  /** Base64 of PNG files. */
  readonly images?: readonly string[];
  readonly sources?: readonly { readonly url: string; readonly title: string }[];
  readonly usage?: {
    /** What came from the cache included. */
    readonly input: number;
    readonly cacheRead: number;
    readonly output: number;
    /** Included in `output`. */
    readonly reasoning: number;
  };
  readonly stop?: "end" | "max-tokens" | "refusal";
  readonly model?: string;
  readonly fault?: Fault;
}

/** How an answer goes wrong. `part`: after its first piece of text. */
export type Fault =
  | {
      readonly kind: "status";
      readonly status: number;
      /** The vendor's name for it. */
      readonly name?: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
      /** Google's error details. */
      readonly details?: readonly JsonObject[];
    }
  /** Never a byte. */
  | { readonly kind: "hang" }
  /** Part of the answer, then silence on an open connection. */
  | { readonly kind: "stall" }
  /** Part of the answer, then a clean end. */
  | { readonly kind: "end-early" }
  /** Part of the answer, then the connection breaks. */
  | { readonly kind: "break" }
  /** Part of the answer, then an error in the stream. */
  | { readonly kind: "error-event" }
  /** Part of the answer, then something that is no JSON. */
  | { readonly kind: "malformed" }
  /** Whole, but slowly. */
  | { readonly kind: "drip"; readonly everyMs: number };

/** One server-sent event. */
export function frame(data: unknown, event?: string): string {
  const name = event === undefined ? "" : `event: ${event}\n`;
  return `${name}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
}

/** How one vendor says things. */
export interface Wire {
  /** The frames of a whole answer. */
  frames(reply: Reply, model: string): readonly string[];
  /** How many of them bring the first piece of text. */
  readonly framesToFirstText: number;
  readonly errorFrame: string;
  errorBody(fault: Extract<Fault, { kind: "status" }>): JsonObject;
}
