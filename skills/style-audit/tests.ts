import { runInside, type Surroundings } from "./tool-runs.ts";

/** How the project's tests ended. `type`, so that it is plain JSON. */
export type TestEnd = {
  readonly status: "exited" | "killed";
  /** Null when it was killed. */
  readonly code: number | null;
};

/** Runs the project's tests on the copy as it is now. */
export async function runTests(
  command: readonly string[],
  surroundings: Surroundings,
): Promise<TestEnd> {
  const end = await runInside(["/usr/bin/env", ...command], surroundings);
  return { status: end.status, code: end.status === "exited" ? end.code : null };
}
