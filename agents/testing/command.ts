import { plainText, projectPath } from "./box-paths.ts";
import { readJunit } from "./junit.ts";
import { nodeMount } from "./node-toolchain.ts";
import { readTap } from "./tap.ts";
import { type TestRunner, withIds } from "./test-adapter.ts";

/**
 * Any command that writes JUnit XML to the file that `CASCADE_TEST_REPORT` names, or TAP there or to standard output. It runs in the box, so a
 * text may be read by a shell.
 */
export async function commandRunner(command: string | readonly string[]): Promise<TestRunner> {
  return {
    adapter: "test_command",
    testFiles: undefined,
    mounts: [await nodeMount()],
    env: {},
    argv: () => (typeof command === "string" ? ["/bin/sh", "-c", command] : command),
    read: (report, said) => withIds(report.trim() === "" ? tapCases(said) : casesOf(report)),
  };
}

function casesOf(report: string) {
  return report.trimStart().startsWith("<") ? junitCases(report) : tapCases(report);
}

function junitCases(report: string) {
  return readJunit(report).map(({ name, className, suites, file, status, message }) => {
    const own = file === undefined ? undefined : projectPath(file);
    const above = className === "" ? suites : [className];
    return {
      names: [...above, name],
      ...(own === undefined ? {} : { file: own }),
      status,
      message: plainText(message),
    };
  });
}

function tapCases(text: string) {
  return readTap(text).map(({ message, ...own }) => ({ ...own, message: plainText(message) }));
}
