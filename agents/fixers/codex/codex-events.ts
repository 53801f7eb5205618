import { z } from "zod";

/** What one line of `codex exec --json` may say, as far as we read it. */
const EVENT = z.looseObject({
  type: z.string(),
  message: z.string().nullish(),
  error: z.looseObject({ message: z.string().nullish() }).nullish(),
  item: z
    .looseObject({
      type: z.string().nullish(),
      text: z.string().nullish(),
      command: z.string().nullish(),
    })
    .nullish(),
  usage: z
    .looseObject({
      input_tokens: z.number().nullish(),
      cached_input_tokens: z.number().nullish(),
      output_tokens: z.number().nullish(),
    })
    .nullish(),
});

export interface CodexUsage {
  /** Those from the cache included. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
}

/** A turn as its events tell it so far. */
export interface CodexTurn {
  /** Only `completed` says that the model came to an end, and nothing that it repaired anything. */
  readonly status: "running" | "completed" | "failed" | "timed-out";
  /** Absent until the turn is completed, or when the provider does not say. */
  readonly usage?: CodexUsage;
  /** Why it failed, or the last thing that went wrong on the way. */
  readonly error?: string;
  /** What the model said last. */
  readonly message?: string;
  readonly commands: number;
}

export const NEW_TURN: CodexTurn = { status: "running", commands: 0 };

/** The turn after one more line of the events. Pure; what is not an event changes nothing. */
export function afterEvent(turn: CodexTurn, line: string): CodexTurn {
  const event = eventOf(line);
  switch (event?.type) {
    case "item.completed":
      return afterItem(turn, event.item);
    case "turn.completed": {
      const usage = usageOf(event.usage);
      return { ...turn, status: "completed", ...(usage === undefined ? {} : { usage }) };
    }
    case "turn.failed":
      return { ...turn, status: "failed", error: event.error?.message ?? "no reason given" };
    case "error":
      return { ...turn, error: event.message ?? "no reason given" };
    default:
      return turn;
  }
}

function eventOf(line: string): z.infer<typeof EVENT> | undefined {
  try {
    return EVENT.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined; // a warning, or the part of a line that was too long
  }
}

function afterItem(turn: CodexTurn, item: z.infer<typeof EVENT>["item"]): CodexTurn {
  switch (item?.type) {
    case "agent_message":
      return { ...turn, message: item.text ?? "" };
    case "command_execution":
      return { ...turn, commands: turn.commands + 1 };
    default:
      return turn;
  }
}

function usageOf(usage: z.infer<typeof EVENT>["usage"]): CodexUsage | undefined {
  const { input_tokens: inputTokens, output_tokens: outputTokens } = usage ?? {};
  if (typeof inputTokens !== "number" || typeof outputTokens !== "number") return undefined;
  return { inputTokens, cachedInputTokens: usage?.cached_input_tokens ?? 0, outputTokens };
}

/** US dollars for a million tokens. */
export interface CodexPrices {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
}

/** Pure. */
export function costOf(usage: CodexUsage, prices: CodexPrices): number {
  const { inputTokens, cachedInputTokens, outputTokens } = usage;
  const newTokens = inputTokens - cachedInputTokens;
  return (
    (newTokens * prices.input +
      cachedInputTokens * prices.cachedInput +
      outputTokens * prices.output) /
    1_000_000
  );
}
