import { SwarmError } from "../../core/errors.ts";
import { commandRunner } from "./command.ts";
import { jest } from "./jest.ts";
import { nodeTest } from "./node-test.ts";
import { pytest } from "./pytest.ts";
import type { ProjectFiles, TestAdapter, TestRunner } from "./test-adapter.ts";
import { vitest } from "./vitest.ts";

/** In the order in which they are looked for: what a project installed says more than the names of its files. */
const ADAPTERS: readonly TestAdapter[] = [vitest, jest, nodeTest, pytest];

/**
 * Finds out how a project's tests are run.
 * @param command runs them instead
 * @throws SwarmError `nothing-to-do` when nothing in it says so, `not-supported` when its runner cannot be run here
 */
export async function openRunner(
  project: ProjectFiles,
  command: string | readonly string[] | undefined,
): Promise<TestRunner> {
  if (command !== undefined) return commandRunner(command);
  for (const adapter of ADAPTERS) {
    const runner = await adapter.open(project);
    if (runner !== undefined) return runner;
  }
  const known = ADAPTERS.map(({ name }) => name).join(", ");
  throw new SwarmError("nothing-to-do", `${project.root} has no tests of ${known}`, {
    hint: "name the command that runs them with test_command",
  });
}
