import { execFile } from "node:child_process";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Environment, findExecutables } from "../../../bus/server/executables.ts";
import { type FoundLimits, groupMounts, ownGroups } from "./choice.ts";

const execute = promisify(execFile);
const SCOPE_TIMEOUT_MS = 3_000;

/** Tries what this machine lets this process do; every group that it makes is removed again. */
export async function findLimits(env: Environment): Promise<FoundLimits> {
  const mounts = groupMounts(await textOf("/proc/self/mountinfo"));
  const own = ownGroups(await textOf("/proc/self/cgroup"));
  const folderOf = (name: string): string | undefined => {
    const [mount, group] = [mounts.get(name), own.get(name)];
    if (mount === undefined || group === undefined) return undefined;
    return join(mount.at, mount.root === "/" ? group : group.slice(mount.root.length));
  };
  const version2 = await writableVersion2(folderOf(""));
  const version1 = await writableVersion1(folderOf("memory"), folderOf("pids"));
  const isFound = version2 !== undefined || version1 !== undefined;
  return { version2, version1, systemdRun: isFound ? undefined : await workingSystemdRun(env) };
}

/** A group that has processes of its own cannot hand limits on, so the one around it is tried, too. */
async function writableVersion2(own: string | undefined): Promise<string | undefined> {
  if (own === undefined) return undefined;
  for (const folder of [own, dirname(own)]) {
    const passedOn = (await textOf(join(folder, "cgroup.subtree_control"))).trim().split(/\s+/);
    if (!["memory", "pids"].every((name) => passedOn.includes(name))) continue;
    const isOurs = await canMake(folder, async (group) => {
      await writeFile(join(group, "memory.max"), "max");
      await writeFile(join(group, "pids.max"), "max");
      // Moving a process needs the right on the group that is around both.
      const child = execFile("sleep", ["5"]);
      try {
        await writeFile(join(group, "cgroup.procs"), String(child.pid));
      } finally {
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGKILL");
        await ended;
      }
    });
    if (isOurs) return folder;
  }
  return undefined;
}

async function writableVersion1(
  memory: string | undefined,
  pids: string | undefined,
): Promise<FoundLimits["version1"]> {
  if (memory === undefined || pids === undefined) return undefined;
  const hasMemory = await canMake(memory, (group) =>
    writeFile(join(group, "memory.limit_in_bytes"), "-1"),
  );
  const hasPids = await canMake(pids, (group) => writeFile(join(group, "pids.max"), "max"));
  return hasMemory && hasPids ? { memory, pids } : undefined;
}

async function canMake(parent: string, use: (group: string) => Promise<void>): Promise<boolean> {
  const group = join(parent, `cascade-trial-${process.pid}-${performance.now().toFixed(3)}`);
  try {
    await mkdir(group);
  } catch {
    return false; // read-only, or somebody else's: the answer is what was asked for
  }
  try {
    await use(group);
    return true;
  } catch {
    return false;
  } finally {
    await rmdir(group).catch(() => {}); // empty groups cost nothing
  }
}

async function workingSystemdRun(env: Environment): Promise<string | undefined> {
  const [program] = findExecutables(env, "systemd-run");
  if (program === undefined || (env["XDG_RUNTIME_DIR"] ?? "") === "") return undefined;
  const options = { env: { ...env }, timeout: SCOPE_TIMEOUT_MS };
  try {
    await execute(program, ["--user", "--scope", "--quiet", "--collect", "true"], options);
    return program;
  } catch {
    return undefined; // no systemd of this user answers
  }
}

function textOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}
