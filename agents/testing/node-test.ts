import { BOX, plainText, projectPath } from "./box-paths.ts";
import { type JunitCase, readJunit } from "./junit.ts";
import { NODE, nodeMount } from "./node-toolchain.ts";
import { type PackageFile, packageOf } from "./package-file.ts";
import { type ProjectFiles, type TestAdapter, withIds } from "./test-adapter.ts";

/** As `node --test` finds them, but for files below a folder `test`, which may be helpers: there the name decides as well. */
const TEST_FILE =
  /(^|\/)(?:[^/]*[.\-_]test|test|test-[^/]*)\.(?:c|m)?[jt]s$|(^|\/)[^/]*\.spec\.(?:c|m)?[jt]s$/;
const IN_TEST_FOLDER = /(^|\/)test\/[^/]+\.(?:c|m)?js$/;
const USES_NODE_TEST = /\bfrom\s*["']node:test["']|\brequire\(\s*["']node:test["']\s*\)/;
const TEST_TIMEOUT_MS = 60_000;

/** The test runner that comes with Node.js. */
export const nodeTest: TestAdapter = {
  name: "node:test",
  async open(project) {
    const described = await packageOf(project);
    if (described === undefined) return undefined;
    const files = await testFilesOf(project);
    if (!isNodeTest(described) && files.length === 0) return undefined;
    return {
      adapter: "node:test",
      testFiles: files,
      mounts: [await nodeMount()],
      env: {},
      argv: (given, report) => [
        NODE,
        "--test",
        `--test-timeout=${TEST_TIMEOUT_MS}`,
        "--test-reporter=junit",
        `--test-reporter-destination=${report}`,
        ...(given ?? files).map((file) => `${BOX.project}/${file}`),
      ],
      read: (report) => withIds(readJunit(report).map(caseOf)),
    };
  },
};

function isNodeTest({ scripts }: PackageFile): boolean {
  return /\bnode\b[^&|;]*\s--test\b/.test(scripts["test"] ?? "");
}

async function testFilesOf(project: ProjectFiles): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of project.paths) {
    if (!TEST_FILE.test(path) && !IN_TEST_FOLDER.test(path)) continue;
    if (USES_NODE_TEST.test((await project.read(path)) ?? "")) found.push(path);
  }
  return found;
}

function caseOf(each: JunitCase) {
  const file = projectPath(each.file ?? "");
  const name = unescaped(each.name);
  const isFile = file !== undefined && (name === file || name === `${BOX.project}/${file}`);
  return {
    names: isFile ? ["(the file)"] : [...each.suites.map(unescaped), name],
    ...(file === undefined ? {} : { file }),
    status: each.status,
    message: plainText(each.message),
    ...(isFile ? { isFile: true as const } : {}),
  };
}

/** Node's reporter escapes quotes in names twice. */
function unescaped(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&amp;", "&");
}
