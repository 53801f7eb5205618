import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredEvent } from "../../core/events.ts";
import type { RunId, StageId } from "../../core/ids.ts";
import { decodeRecord, encodeEvent, encodeHeader } from "../../store/log-record.ts";

const header = { v: 1, shard: 3, epoch: 7, nonce: "n", n: 12 } as const;
const events: StoredEvent[] = ["one", "two", "three"].map((stage, index) => ({
  run: "r1" as RunId,
  n: index + 1,
  atMs: 5,
  event: { type: "stage.succeeded", stage: stage as StageId },
}));
const text = [encodeHeader(header), ...events.map(encodeEvent)].join("\n");

describe("log record", () => {
  it("reads back what was written", () => {
    expect(decodeRecord(text)).toEqual({ header, events, damagedLines: [] });
  });

  it("loses only the line that is damaged, whatever byte changed", () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), (position, code) => {
        const changed = String.fromCharCode(code);
        fc.pre(text[position] !== changed && text[position] !== "\n");
        const damaged = text.slice(0, position) + changed + text.slice(position + 1);
        const line = text.slice(0, position).split("\n").length;
        const read = decodeRecord(damaged);
        expect(read.damagedLines).toEqual([line]);
        expect(read.events).toEqual(events.filter((_, index) => index + 2 !== line));
      }),
      { numRuns: 500 },
    );
  });

  it("sees that a record was cut off", () => {
    expect(decodeRecord(text.slice(0, -5)).damagedLines).toEqual([4]);
  });
});
