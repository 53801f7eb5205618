import { z } from "zod";
import { BOX, plainText, projectPath } from "./box-paths.ts";
import { NODE, nodeMount } from "./node-toolchain.ts";
import { installedProgram } from "./package-file.ts";
import { scriptTests } from "./script-tests.ts";
import { type TestAdapter, withIds } from "./test-adapter.ts";

/** Any limit keeps jest from running test files in its own process, which writes the report. */
const WORKER_MEMORY = "1GB";

/** The jest that the project has installed. */
export const jest: TestAdapter = {
  name: "jest",
  async open(project) {
    const program = await installedProgram(project, { name: "jest", programs: ["bin/jest.js"] });
    if (program === undefined) return undefined;
    return {
      adapter: "jest",
      testFiles: scriptTests(project.paths),
      mounts: [await nodeMount()],
      env: {},
      argv: (files, report) => [
        ...[NODE, `${BOX.project}/${program}`, "--ci", "--json", `--outputFile=${report}`],
        ...["--cacheDirectory=/tmp/jest", "--no-watchman", "--coverage=false"],
        ...["--maxWorkers=2", `--workerIdleMemoryLimit=${WORKER_MEMORY}`, "--passWithNoTests"],
        ...(files === undefined
          ? []
          : ["--runTestsByPath", ...files.map((file) => `${BOX.project}/${file}`)]),
      ],
      read: (report) => withIds(casesOf(report)),
      listing: {
        argv: (files) => [
          ...[NODE, `${BOX.project}/${program}`, "--listTests", "--json"],
          ...["--cacheDirectory=/tmp/jest", "--no-watchman"],
          ...(files === undefined
            ? []
            : ["--runTestsByPath", ...files.map((file) => `${BOX.project}/${file}`)]),
        ],
        read: (_, said) =>
          z
            .array(z.string())
            .parse(JSON.parse(said))
            .flatMap((file) => projectPath(file) ?? []),
      },
    };
  },
};

/** Of the report, what is read. */
const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().nullish(),
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

function casesOf(report: string) {
  const { testResults } = reportSchema.parse(JSON.parse(report));
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = projectPath(name);
    const place = file === undefined ? {} : { file };
    if (assertionResults.length === 0 && status === "failed") {
      const said = plainText(message ?? "");
      const names = ["(the file)"];
      return [{ names, ...place, status: "failed" as const, message: said, isFile: true as const }];
    }
    return assertionResults.map((each) => ({
      names: [...each.ancestorTitles, each.title],
      ...place,
      status: statusOf(each.status),
      message: plainText((each.failureMessages ?? []).join("\n")),
    }));
  });
}

function statusOf(status: string): "passed" | "failed" | "skipped" {
  if (status === "passed" || status === "failed") return status;
  return "skipped";
}
