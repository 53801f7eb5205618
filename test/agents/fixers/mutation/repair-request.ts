import { openMutationRepairer } from "../../../../agents/fixers/mutation/mutation-repairer.ts";
import type { FixCandidate, FixRequest, TestFailure } from "../../../../core/fixer.ts";
import { makePlace } from "../../../support/place.ts";

export interface Proposed {
  readonly candidates: readonly FixCandidate[];
  /** What was passed over, and why. */
  readonly skipped: Readonly<Record<string, string>>;
}

/** A failing test without a file: nothing but its message. */
export function failure(message: string, more: Partial<TestFailure> = {}): TestFailure {
  return { id: "a test", message, frames: [], ...more };
}

/** All candidates for files in a workspace of their own. */
export async function propose(
  files: Readonly<Record<string, string>>,
  request: Partial<Omit<FixRequest, "workspace">> = {},
): Promise<Proposed> {
  await using place = await makePlace(files);
  const skipped: Record<string, string> = {};
  const candidates: FixCandidate[] = [];
  const fixer = openMutationRepairer({
    onSkipped: (file, reason) => {
      skipped[file] = reason;
    },
  });
  const whole: FixRequest = {
    workspace: place.root,
    failures: [failure("it fails")],
    suspects: Object.keys(files),
    attempt: 1,
    earlier: [],
    ...request,
  };
  const { signal } = new AbortController();
  for await (const candidate of fixer.candidates(whole, signal)) candidates.push(candidate);
  return { candidates, skipped };
}
