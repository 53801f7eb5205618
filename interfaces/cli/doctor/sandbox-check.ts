import type { SandboxCommandEnd } from "../../../core/sandbox-command.ts";
import { askSandbox } from "../sandbox/process.ts";
import type { Check, ProbeContext } from "./check.ts";

/**
 * Has programs try to get out: being installed says little about being allowed. A bubblewrap that is not here is fetched, as
 * at the first task that needs it.
 * @throws SwarmError `sandbox-unavailable`
 */
export async function checkSandbox({ env, signal }: ProbeContext): Promise<Check> {
  const found = await askSandbox({ kind: "doctor" }, { env, output: "ignore", signal });
  if (found.status !== "enforced") throw new Error("unreachable: another order's answer");
  return judgeSandbox(found);
}

/** Pure. */
export function judgeSandbox({
  enforcement,
  binary,
}: Extract<SandboxCommandEnd, { readonly status: "enforced" }>): Check {
  const name = "sandbox";
  const { backend, version, limits, hasSeccomp } = enforcement;
  if (backend === "none") {
    const remedy = "unset it, or foreign code runs with all that you may do";
    return { name, status: "absent", found: "OFF (CASCADE_SANDBOX=none)", remedy };
  }
  const filter = hasSeccomp ? "system calls filtered" : "system calls not filtered";
  return {
    name,
    status: "ok",
    found: `bubblewrap ${version} (${binary}) keeps programs in; limits by ${limits}, ${filter}`,
  };
}
