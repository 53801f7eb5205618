import type { Environment } from "../../../bus/server/executables.ts";

/** What one look at the machine found. */
export interface Check {
  readonly name: string;
  /** `absent`: not here, and the main job runs without it. `failed`: the main job cannot run. */
  readonly status: "ok" | "absent" | "failed";
  /** What was found, in words; never a secret. */
  readonly found: string;
  /** What to do about it, and what for. */
  readonly remedy?: string;
}

export interface ProbeContext {
  readonly env: Environment;
  /** Where the person stood. */
  readonly directory: string;
  /** Aborted when the probe has had its time. */
  readonly signal: AbortSignal;
}

/** A look at one thing. What it throws is a finding, too. */
export interface Probe {
  readonly name: string;
  readonly timeoutMs: number;
  /** The main job cannot do without it. */
  readonly needed: boolean;
  readonly look: (context: ProbeContext) => Promise<Check>;
}

/** Looks at everything at the same time; no probe takes longer than its time, and none breaks another. */
export function runProbes(
  probes: readonly Probe[],
  about: Omit<ProbeContext, "signal">,
): Promise<readonly Check[]> {
  return Promise.all(probes.map((probe) => runProbe(probe, about)));
}

export function canRun(checks: readonly Check[]): boolean {
  return checks.every(({ status }) => status !== "failed");
}

async function runProbe(
  { name, timeoutMs, needed, look }: Probe,
  about: Omit<ProbeContext, "signal">,
): Promise<Check> {
  const status = needed ? "failed" : "absent";
  const time = new AbortController();
  const { promise: late, resolve } = Promise.withResolvers<Check>();
  const timer = setTimeout(() => {
    time.abort();
    resolve({ name, status, found: `no answer within ${timeoutMs / 1_000} s` });
  }, timeoutMs);
  try {
    return await Promise.race([look({ ...about, signal: time.signal }), late]);
  } catch (error) {
    const { message, hint } = error as Error & { readonly hint?: string };
    return {
      name,
      status,
      found: message.split("\n")[0] ?? "",
      ...(hint === undefined ? {} : { remedy: hint }),
    };
  } finally {
    clearTimeout(timer);
  }
}
