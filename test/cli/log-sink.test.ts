import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { openLogSink } from "../../interfaces/cli/log-sink.ts";

function written(env: Record<string, string>, line: object, isTTY = false): string {
  const stream = Object.assign(new PassThrough(), { isTTY });
  openLogSink({ stream, env }).write(JSON.stringify(line));
  return String(stream.read());
}

const line = {
  level: "info",
  time: "2026-01-02T03:04:05.006Z",
  service: "agent-1",
  event: "task.accepted",
  runId: "r1",
  stageId: "quality",
  index: 3,
  msg: "a message",
};

describe("log lines", () => {
  it.each([
    [{}, false],
    [{ LOG_FORMAT: "auto" }, false],
    [{ LOG_FORMAT: "json" }, true],
  ])("are NDJSON when piped or wanted so: %j, terminal %s", (env, isTTY) => {
    expect(written(env, line, isTTY)).toBe(`${JSON.stringify(line)}\n`);
  });

  it.each([
    [{ LOG_FORMAT: "pretty" }, false],
    [{ NO_COLOR: "1" }, true],
  ])("are for people on a terminal or when wanted so: %j, terminal %s", (env, isTTY) => {
    expect(written(env, line, isTTY)).toMatch(
      /^\[\d\d:\d\d:05\.006\] INFO: \(agent-1\) task\.accepted run=r1 stage=quality index=3 - a message\n$/,
    );
  });

  it("show an error by its code and message", () => {
    const failed = { ...line, err: { code: "skill-failed", message: "it broke", stack: "…" } };
    expect(written({ LOG_FORMAT: "pretty" }, failed)).toContain('err="skill-failed: it broke"');
  });

  it("cannot move the cursor or change colours", () => {
    const hostile = { ...line, msg: "\u001b[2Jgone\u202e" };
    expect(written({ LOG_FORMAT: "pretty" }, hostile)).toContain("- \\x1b[2Jgone\\x202e");
  });

  it("refuse a format that there is none of", () => {
    expect(() => written({ LOG_FORMAT: "xml" }, line)).toThrow(
      "LOG_FORMAT=xml: expected auto, json, pretty",
    );
  });
});
