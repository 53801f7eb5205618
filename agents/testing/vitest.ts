import { z } from "zod";
import { BOX, plainText, projectPath } from "./box-paths.ts";
import { type JunitCase, readJunit } from "./junit.ts";
import { NODE, nodeMount } from "./node-toolchain.ts";
import { installedProgram } from "./package-file.ts";
import { scriptTests } from "./script-tests.ts";
import { type TestAdapter, withIds } from "./test-adapter.ts";

/** The vitest that the project has installed. Test files run in processes of their own, so that only the runner writes the report. */
export const vitest: TestAdapter = {
  name: "vitest",
  async open(project) {
    const programs = ["vitest.mjs", "dist/cli.js"];
    const program = await installedProgram(project, { name: "vitest", programs });
    if (program === undefined) return undefined;
    return {
      adapter: "vitest",
      testFiles: scriptTests(project.paths),
      mounts: [await nodeMount()],
      env: {},
      argv: (files, report) => [
        ...[NODE, `${BOX.project}/${program}`, "run", "--reporter=junit"],
        ...[`--outputFile=${report}`, "--pool=forks", "--no-coverage", "--no-cache"],
        ...["--configLoader=runner", "--passWithNoTests"],
        ...(files ?? []).map((file) => `${BOX.project}/${file}`),
      ],
      read: (report) => withIds(readJunit(report).map(caseOf)),
      listing: {
        argv: (files, report) => [
          ...[NODE, `${BOX.project}/${program}`, "list", `--json=${report}`],
          ...["--configLoader=runner"],
          ...(files ?? []).map((file) => `${BOX.project}/${file}`),
        ],
        read: (report) =>
          listed.parse(JSON.parse(report)).flatMap(({ file }) => projectPath(file) ?? []),
      },
    };
  },
};

const listed = z.array(z.object({ file: z.string() }));

function caseOf({ name, className, status, message }: JunitCase) {
  const file = projectPath(className);
  const isFile = file !== undefined && name === className;
  return {
    names: isFile ? ["(the file)"] : [name],
    ...(file === undefined ? {} : { file }),
    status,
    message: plainText(message),
    ...(isFile ? { isFile: true as const } : {}),
  };
}
