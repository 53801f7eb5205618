import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SwarmError } from "../../../core/errors.ts";
import type { SandboxLimits } from "../../../core/sandbox.ts";
import type { LimitsChoice } from "./choice.ts";

/** What holds one program and all that it starts to its limits. */
export interface ProgramGroup {
  /** Goes before the program: makes it, and so all of its children, part of the group. */
  readonly launcher: readonly string[];
  /** Variables that the launcher itself needs; the program does not get them. */
  readonly variables: readonly string[];
  /** True when the kernel ended a process of it for want of memory. */
  ranOutOfMemory(): Promise<boolean>;
  /** Ends what is still in it and removes it. */
  close(): Promise<void>;
}

const NAME = "cascade-sandbox";
const REMOVE_TRIES = 50;
const REMOVE_AGAIN_MS = 4;
let count = 0;

/** @throws SwarmError `sandbox-unavailable` when the group can no longer be made */
export async function openGroup(
  choice: LimitsChoice,
  limits: SandboxLimits,
): Promise<ProgramGroup> {
  count += 1;
  const name = `${NAME}-${process.pid}-${count}`;
  switch (choice.kind) {
    case "cgroup-v2":
      return groupOf([version2(join(choice.parent, name), limits)]);
    case "cgroup-v1":
      return groupOf([
        version1Memory(join(choice.memory, name), limits),
        version1Pids(join(choice.pids, name), limits),
      ]);
    case "systemd":
      return { ...UNGROUPED, launcher: scope(choice.program, limits), variables: SCOPE_VARIABLES };
    case "rlimits":
      return UNGROUPED;
    default:
      return choice satisfies never;
  }
}

/** Removes groups that a process left which was killed. One that is in use stays. */
export async function removeLeftGroups(choice: LimitsChoice): Promise<void> {
  for (const parent of parentsOf(choice)) {
    for (const name of await readdir(parent).catch(() => [])) {
      const pid = Number(new RegExp(`^${NAME}-(\\d+)-\\d+$`).exec(name)?.[1]);
      if (pid > 0 && !isRunning(pid)) await rmdir(join(parent, name)).catch(() => {});
    }
  }
}

const UNGROUPED: ProgramGroup = {
  launcher: [],
  variables: [],
  ranOutOfMemory: async () => false,
  close: async () => {},
};

interface Folder {
  readonly path: string;
  /** What is written to which of its files. The last may be missing on some kernels. */
  readonly settings: readonly (readonly [file: string, value: string, isOptional?: true])[];
  /** The file that counts processes that were ended for want of memory. */
  readonly outOfMemory?: string;
}

function version2(path: string, { memoryBytes, processes }: SandboxLimits): Folder {
  return {
    path,
    settings: [
      ["memory.max", String(memoryBytes)],
      ["pids.max", String(processes)],
      ["memory.oom.group", "1", true],
      ["memory.swap.max", "0", true],
    ],
    outOfMemory: "memory.events",
  };
}

function version1Memory(path: string, { memoryBytes }: SandboxLimits): Folder {
  return {
    path,
    settings: [
      ["memory.limit_in_bytes", String(memoryBytes)],
      ["memory.memsw.limit_in_bytes", String(memoryBytes), true],
    ],
    outOfMemory: "memory.oom_control",
  };
}

function version1Pids(path: string, { processes }: SandboxLimits): Folder {
  return { path, settings: [["pids.max", String(processes)]] };
}

async function groupOf(folders: readonly Folder[]): Promise<ProgramGroup> {
  const paths = folders.map(({ path }) => path);
  const close = async (): Promise<void> => {
    await Promise.all(paths.map(removeGroup));
  };
  try {
    await Promise.all(folders.map(makeFolder));
  } catch (error) {
    await close();
    const why = (error as Error).message;
    throw new SwarmError("sandbox-unavailable", `no cgroup for a program: ${why}`, {
      disposition: "retry",
      cause: error,
    });
  }
  return {
    launcher: joining(paths),
    variables: [],
    async ranOutOfMemory() {
      for (const { path, outOfMemory } of folders) {
        if (outOfMemory === undefined) continue;
        const text = await readFile(join(path, outOfMemory), "utf8").catch(() => "");
        if (Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0) > 0) return true;
      }
      return false;
    },
    close,
  };
}

async function makeFolder({ path, settings }: Folder): Promise<void> {
  await mkdir(path);
  for (const [file, value, isOptional] of settings) {
    await writeFile(join(path, file), value, { flag: "r+" }).catch((error: unknown) => {
      if (isOptional !== true) throw error;
    });
  }
}

/** The shell joins the groups itself, by writing 0, before it becomes the program. A group that it cannot join ends it. */
function joining(paths: readonly string[]): readonly string[] {
  const joins = paths.map((_, index) => `echo 0 > "$${index + 1}" || exit 125; `).join("");
  const script = `${joins}shift ${paths.length}; exec "$@"`;
  return ["/bin/sh", "-c", script, "sh", ...paths.map((path) => join(path, "cgroup.procs"))];
}

/** They name the manager of the user's units. */
const SCOPE_VARIABLES = ["XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];

function scope(program: string, { memoryBytes, processes }: SandboxLimits): readonly string[] {
  return [
    program,
    ...["--user", "--scope", "--quiet", "--collect"],
    ...["-p", `MemoryMax=${memoryBytes}`, "-p", "MemorySwapMax=0", "-p", `TasksMax=${processes}`],
    ...["--", "/usr/bin/env", "-i"],
  ];
}

/** Its processes are ended by then; the kernel may need a moment to forget them. */
async function removeGroup(path: string): Promise<void> {
  for (let tries = 1; tries <= REMOVE_TRIES; tries++) {
    try {
      await rmdir(path);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EBUSY") return; // it was never made
      await killAll(path);
      await sleep(REMOVE_AGAIN_MS);
    }
  }
}

async function killAll(path: string): Promise<void> {
  const text = await readFile(join(path, "cgroup.procs"), "utf8").catch(() => "");
  for (const line of text.split("\n")) {
    const pid = Number(line);
    if (pid <= 1) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it is gone, which is what was wanted
    }
  }
}

function parentsOf(choice: LimitsChoice): readonly string[] {
  if (choice.kind === "cgroup-v2") return [choice.parent];
  return choice.kind === "cgroup-v1" ? [choice.memory, choice.pids] : [];
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
