import { expect, it } from "vitest";
import type { Json } from "../../core/json.ts";
import { gateOf } from "../../interfaces/cli/quality-gate.ts";

const unheard = {
  status: "failed",
  reasons: ["the run's output says nothing of the gate that was asked for"],
};

it.each<[Json | undefined, boolean, object]>([
  [{ gate: { status: "passed" } }, true, { status: "passed" }],
  [
    { gate: { status: "failed", reasons: ["1 high", 7] } },
    false,
    { status: "failed", reasons: ["1 high"] },
  ],
  [
    { gate: { status: "failed" } },
    true,
    { status: "failed", reasons: ["the run gives no reason"] },
  ],
  [{ gate: { status: "not-set" } }, false, { status: "not-set" }],
  [{ gate: { status: "not-set" } }, true, unheard],
  [{ gate: "passed" }, true, unheard],
  [{}, true, unheard],
  [undefined, true, unheard],
  [null, false, { status: "not-set" }],
])("of the output %j, asked %s, the gate is %j", (output, asked, gate) => {
  expect(gateOf(output, { asked })).toEqual(gate);
});
