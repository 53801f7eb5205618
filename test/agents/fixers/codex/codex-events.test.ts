import { expect, it } from "vitest";
import {
  afterEvent,
  type CodexTurn,
  costOf,
  NEW_TURN,
} from "../../../../agents/fixers/codex/codex-events.ts";

const turnOf = (...lines: readonly string[]): CodexTurn => lines.reduce(afterEvent, NEW_TURN);

const COMMAND =
  '{"type":"item.completed","item":{"type":"command_execution","command":"ls","exit_code":0}}';
const MESSAGE = '{"type":"item.completed","item":{"type":"agent_message","text":"done"}}';

it("follows a turn to its end", () => {
  const end =
    '{"type":"turn.completed","usage":{"input_tokens":900,"cached_input_tokens":400,"output_tokens":50,"reasoning_output_tokens":9}}';
  expect(turnOf('{"type":"thread.started","thread_id":"x"}', COMMAND, MESSAGE, end)).toEqual({
    status: "completed",
    commands: 1,
    message: "done",
    usage: { inputTokens: 900, cachedInputTokens: 400, outputTokens: 50 },
  });
});

it("takes a turn that never says its end for one that came to none", () => {
  expect(turnOf(COMMAND, MESSAGE)).toEqual({ status: "running", commands: 1, message: "done" });
});

it("keeps the reason of a turn that failed, and of errors on the way", () => {
  expect(turnOf('{"type":"error","message":"Reconnecting… 1/1"}')).toMatchObject({
    status: "running",
    error: "Reconnecting… 1/1",
  });
  const failed = '{"type":"turn.failed","error":{"message":"401 Unauthorized"}}';
  expect(turnOf('{"type":"error","message":"Reconnecting…"}', failed)).toEqual({
    status: "failed",
    error: "401 Unauthorized",
    commands: 0,
  });
});

it("has no usage when the provider says none", () => {
  expect(turnOf('{"type":"turn.completed","usage":null}')).toEqual({
    status: "completed",
    commands: 0,
  });
  expect(turnOf('{"type":"turn.completed","usage":{"input_tokens":1}}')).toEqual({
    status: "completed",
    commands: 0,
  });
});

it.each([
  "",
  "warning: not JSON",
  "[1]",
  "null",
  '{"type":1}',
  '{"type":"item.completed","item":"odd"}',
])("passes over a line that is no event: %j", (line) => {
  expect(afterEvent(NEW_TURN, line)).toEqual(NEW_TURN);
});

it("counts what comes from the cache at its own price", () => {
  const usage = { inputTokens: 1_000_000, cachedInputTokens: 400_000, outputTokens: 100_000 };
  expect(costOf(usage, { input: 2, cachedInput: 0.1, output: 10 })).toBeCloseTo(2.24, 10);
});
