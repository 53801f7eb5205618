import type { AcceptedFix } from "../../core/repairs.ts";
import { branchOfFixes } from "./fix-branch.ts";
import type { Workspace } from "./workspace.ts";
import { writeIntoProject } from "./write-into-project.ts";

/** Accepted fixes, and how the project gets them. */
export interface ApplyOrder {
  readonly workspace: Workspace;
  readonly how: "none" | "branch" | "apply";
  readonly branch: string;
  readonly fixes: readonly AcceptedFix[];
  readonly messageOf: (fix: AcceptedFix) => string;
}

/**
 * Hands accepted fixes to the project as it was asked for, and answers their commits. With `none` the project is not touched.
 * @throws SwarmError `not-supported` when the project changed meanwhile, or has no repository for a branch
 */
export async function applyFixes(
  order: ApplyOrder,
  signal: AbortSignal,
): Promise<readonly string[]> {
  switch (order.how) {
    case "none":
      return order.fixes.map(({ commit }) => commit);
    case "branch":
      return branchOfFixes(order, signal);
    case "apply":
      await writeIntoProject(order.workspace);
      return order.fixes.map(({ commit }) => commit);
    default:
      return order.how satisfies never;
  }
}
