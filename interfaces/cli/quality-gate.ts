import { isJsonObject, type Json } from "../../core/json.ts";

/** What a run's output says of its quality gate. */
export type Gate =
  | { readonly status: "not-set" }
  | { readonly status: "passed" }
  | { readonly status: "failed"; readonly reasons: readonly string[] };

/**
 * Reads the gate of a run's output. A gate that was asked for and that the output says nothing of is not met: what
 * was not looked at must not pass.
 */
export function gateOf(output: Json | undefined, { asked }: { readonly asked: boolean }): Gate {
  const gate = isJsonObject(output) ? output["gate"] : undefined;
  const status = isJsonObject(gate) ? gate["status"] : undefined;
  if (status === "passed") return { status };
  if (status === "failed" && isJsonObject(gate)) {
    const { reasons } = gate;
    const words = Array.isArray(reasons) ? reasons.filter((each) => typeof each === "string") : [];
    return { status, reasons: words.length > 0 ? words : ["the run gives no reason"] };
  }
  return asked
    ? {
        status: "failed",
        reasons: ["the run's output says nothing of the gate that was asked for"],
      }
    : { status: "not-set" };
}
