import { SwarmError } from "../../core/errors.ts";
import { nodeTest } from "./node-test.ts";
import type { ProjectFiles, TestAdapter, TestRunner } from "./test-adapter.ts";

/** In the order in which they are looked for: what a project installed says more than the names of its files. */
const ADAPTERS: readonly TestAdapter[] = [nodeTest];

/** Finds out how a project's tests are run. @throws SwarmError `nothing-to-do` when nothing in it says so */
export async function openRunner(project: ProjectFiles): Promise<TestRunner> {
  for (const adapter of ADAPTERS) {
    const runner = await adapter.open(project);
    if (runner !== undefined) return runner;
  }
  const known = ADAPTERS.map(({ name }) => name).join(", ");
  throw new SwarmError("nothing-to-do", `${project.root} has no tests of ${known}`, {
    hint: "name the command that runs them with test_command",
  });
}
