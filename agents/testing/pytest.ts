import { SwarmError } from "../../core/errors.ts";
import { plainText, projectPath } from "./box-paths.ts";
import { type JunitCase, readJunit } from "./junit.ts";
import { findPython, hasModule } from "./python-toolchain.ts";
import { type ProjectFiles, type TestAdapter, withIds } from "./test-adapter.ts";

const TEST_FILE = /(^|\/)(test_[^/]*|[^/]*_test)\.py$/;

/** `tests/test_sum.py::TestSum::test_adds[1]` */
const COLLECTED = /^(\S[^\n:]*\.py)::/gm;

/** pytest, which runs tests of the standard library's kind as well. */
export const pytest: TestAdapter = {
  name: "pytest",
  async open(project) {
    const files = project.paths.filter((path) => TEST_FILE.test(path));
    if (files.length === 0 && !(await isSetUp(project))) return undefined;
    const python = await findPython(project.root);
    if (!(await hasModule(python, "pytest"))) {
      throw new SwarmError("not-supported", "the tests need pytest, which is not installed", {
        hint: `install it into ${project.root}/.venv; the sandbox has no network`,
      });
    }
    return {
      adapter: "pytest",
      testFiles: files,
      mounts: python.mounts,
      env: { PYTHONDONTWRITEBYTECODE: "1", PYTHONHASHSEED: "0", PY_COLORS: "0" },
      argv: (given, report) => [
        ...[python.program, "-m", "pytest", "-p", "no:cacheprovider", "-q"],
        ...["--continue-on-collection-errors"],
        ...[`--junitxml=${report}`, "-o", "junit_family=xunit1", "--rootdir=."],
        ...(given ?? []).map((file) => `./${file}`),
      ],
      read: (report) => withIds(readJunit(report).map((each) => caseOf(each, project.paths))),
      listing: {
        argv: (given) => [
          ...[python.program, "-m", "pytest", "-p", "no:cacheprovider", "--collect-only", "-q"],
          ...["--continue-on-collection-errors", "--rootdir=."],
          ...(given ?? []).map((file) => `./${file}`),
        ],
        read: (_, said) => [...said.matchAll(COLLECTED)].map(([, file = ""]) => file),
      },
    };
  },
};

async function isSetUp(project: ProjectFiles): Promise<boolean> {
  if (project.paths.includes("pytest.ini")) return true;
  const settings = await project.read("pyproject.toml");
  return settings?.includes("[tool.pytest") === true;
}

function caseOf(each: JunitCase, paths: readonly string[]) {
  const { name, className, status, message } = each;
  // A file that cannot be loaded has neither class nor file, and the name of the module.
  const isFile = className === "";
  const module = isFile ? name : className;
  const file = projectPath(each.file ?? "") || fileOfModule(module, paths);
  const classes = file === undefined ? [className] : classesOf(className, file);
  return {
    names: isFile ? ["(the file)"] : [...classes, name].filter((part) => part !== ""),
    ...(file === undefined ? {} : { file }),
    status,
    message: plainText(message),
    ...(isFile ? { isFile: true as const } : {}),
  };
}

function fileOfModule(module: string, paths: readonly string[]): string | undefined {
  const path = `${module.replaceAll(".", "/")}.py`;
  return paths.find((each) => each === path || module.startsWith(asModule(each)));
}

function classesOf(className: string, file: string): readonly string[] {
  const module = asModule(file);
  const rest = className.startsWith(module) ? className.slice(module.length + 1) : className;
  return rest === "" ? [] : rest.split(".");
}

function asModule(file: string): string {
  return file.replace(/\.py$/, "").replaceAll("/", ".");
}
