import { execFile } from "node:child_process";
import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { SwarmError } from "../../core/errors.ts";
import type { SandboxMount } from "../../core/sandbox.ts";
import { BOX } from "./box-paths.ts";

/** The Python that runs a project's tests, and what of this machine it needs in the box. */
export interface PythonToolchain {
  /** In the box. */
  readonly program: string;
  readonly mounts: readonly SandboxMount[];
}

const run = promisify(execFile);
const LOOK_MS = 10_000;
const PREFIXES = "import sys; print(sys.executable); print(sys.base_prefix)";

/**
 * The project's virtual environment, `.venv` or `venv`, or else this machine's Python. A program of the project is only run in the box, so
 * what a virtual environment is based on is read from its settings, and taken only when it is this machine's own.
 * @throws SwarmError `not-supported`
 */
export async function findPython(project: string): Promise<PythonToolchain> {
  const [executable = "", base = ""] = await ownPython();
  const basis = mountsOf(base);
  for (const name of [".venv", "venv"]) {
    const folder = join(project, name);
    const info = await lstat(folder).catch(() => undefined);
    if (info?.isDirectory() !== true) continue;
    const settings = await readFile(join(folder, "pyvenv.cfg"), "utf8").catch(() => "");
    const home = /^home\s*=\s*(.+)$/m.exec(settings)?.[1]?.trim() ?? "";
    const itsBase = dirname(await realpath(home).catch(() => home));
    if (itsBase !== (await realpath(base)) && itsBase !== "/usr") {
      throw new SwarmError("not-supported", `${folder} is based on a Python in ${home}`, {
        hint: `make it anew with ${executable}, which the sandbox can show`,
      });
    }
    const target = `${BOX.project}/${name}`;
    const mounts: readonly SandboxMount[] = [{ kind: "read-only", source: folder, target }];
    return { program: `${target}/bin/python`, mounts: [...basis, ...mounts] };
  }
  return { program: executable, mounts: basis };
}

async function ownPython(): Promise<readonly string[]> {
  try {
    const { stdout } = await run("python3", ["-I", "-c", PREFIXES], {
      cwd: "/",
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: process.env["HOME"] ?? "/" },
      timeout: LOOK_MS,
    });
    return stdout.trim().split("\n");
  } catch (error) {
    throw new SwarmError("not-supported", "the tests need Python, and no python3 runs here", {
      hint: "install Python 3",
      cause: error,
    });
  }
}

/** What is below `/usr` is in every box. */
function mountsOf(base: string): readonly SandboxMount[] {
  if (base === "/usr" || base.startsWith("/usr/")) return [];
  return [{ kind: "read-only", source: base, target: base }];
}

/** Whether a module can be imported; judged by files, for it may be the project's own. */
export async function hasModule({ mounts }: PythonToolchain, module: string): Promise<boolean> {
  const roots = [...mounts.flatMap((mount) => ("source" in mount ? [mount.source] : [])), "/usr"];
  for (const root of roots) {
    for (const path of await libraries(root)) {
      if (await stat(join(path, module)).catch(() => undefined)) return true;
    }
  }
  return false;
}

async function libraries(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const lib of ["lib", "local/lib"]) {
    const names = await readdir(join(root, lib)).catch(() => []);
    for (const name of names.filter((each) => each.startsWith("python3"))) {
      found.push(join(root, lib, name, "site-packages"), join(root, lib, name, "dist-packages"));
    }
  }
  return found;
}
