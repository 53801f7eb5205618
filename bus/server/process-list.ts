import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** True when process `pid` runs and was started with `argument`: a number alone may long belong to somebody else. */
export async function runsWith(pid: number, argument: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  if (process.platform === "linux") {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return commandLine.split("\0").includes(argument); // a zombie's is empty
  }
  try {
    const { stdout } = await execute("ps", ["-ww", "-o", "args=", "-p", String(pid)]);
    return stdout.includes(argument);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 1) return false; // it ended since
    throw error;
  }
}
