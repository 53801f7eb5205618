import type { SandboxLimits, SandboxMount } from "../../core/sandbox.ts";
import type { CheckedOrder } from "./order.ts";
import { OWN_PROGRAMS } from "./system-mounts.ts";

/** File descriptors of bubblewrap itself; the program sees the first three and the report. */
export const DESCRIPTOR = { report: 3, options: 4, filter: 5, status: 6 } as const;

/** Everything that an isolated program gets beside what its order says. */
export interface Profile {
  /** Options of bubblewrap that mount the system's programs and libraries. */
  readonly system: readonly string[];
  /** Absolute path, inside, of the program that sets the limits of processes. */
  readonly prlimit: string;
  readonly hasSeccomp: boolean;
  /** What each process of this machine may have at most already: nobody can raise it, and asking for more is an error. */
  readonly ceilings: Ceilings;
}

export type Ceilings = Readonly<Record<"data" | "fsize" | "cpu" | "nproc" | "nofile", number>>;

const USER = "1000";
const HOME = "/home/sandbox";
const TEMPORARY_BYTES = 268_435_456;
const HOME_BYTES = 67_108_864;
const SHARED_MEMORY_BYTES = 67_108_864;
const OPEN_FILES = 4_096;
/** What runtimes reserve for code and heaps without ever touching it, and the kernel counts all the same. */
const RESERVED_BYTES = 536_870_912;

/**
 * The options of bubblewrap for an order: namespaces of its own for all that has one, an ordinary user without capabilities,
 * an empty environment but for what is listed, and of the file system what is listed, in this order. `/` and `/dev` are
 * tmpfs of bubblewrap's own without a size, so they become read-only last. Pure.
 */
export function bubblewrapOptions(order: CheckedOrder, profile: Profile): readonly string[] {
  return [
    ...ISOLATION,
    ...environment(order.env ?? {}),
    ...profile.system,
    ...["--proc", "/proc", "--dev", "/dev"],
    ...tmpfs("/dev/shm", SHARED_MEMORY_BYTES),
    ...tmpfs("/tmp", TEMPORARY_BYTES),
    ...tmpfs(HOME, HOME_BYTES),
    ...order.mounts.flatMap(mounted),
    ...order.guarded.flatMap(mounted),
    ...["--remount-ro", "/dev", "--remount-ro", "/"],
    ...["--chdir", order.cwd],
    ...(profile.hasSeccomp ? ["--seccomp", String(DESCRIPTOR.filter)] : []),
    ...["--json-status-fd", String(DESCRIPTOR.status)],
  ];
}

/** What runs in the sandbox: the order's program, under the limits that each of its processes has. Pure. */
export function limitedProgram(order: CheckedOrder, profile: Profile): readonly string[] {
  return [profile.prlimit, ...processLimits(order.limits, profile.ceilings), "--", ...order.argv];
}

const ISOLATION = [
  ...["--unshare-user", "--disable-userns", "--unshare-pid", "--unshare-net", "--unshare-ipc"],
  ...["--unshare-uts", "--hostname", "sandbox", "--unshare-cgroup-try"],
  ...["--uid", USER, "--gid", USER, "--cap-drop", "ALL"],
  ...["--die-with-parent", "--new-session", "--clearenv"],
];

function environment(own: Readonly<Record<string, string>>): readonly string[] {
  const all: Readonly<Record<string, string>> = {
    PATH: `${OWN_PROGRAMS}:/usr/local/bin:/usr/bin:/bin`,
    HOME,
    TMPDIR: "/tmp",
    LANG: "C.UTF-8",
    CI: "1",
    ...own,
  };
  return Object.entries(all).flatMap(([name, value]) => ["--setenv", name, value]);
}

function tmpfs(target: string, bytes: number): readonly string[] {
  return ["--size", String(bytes), "--tmpfs", target];
}

function mounted(mount: SandboxMount): readonly string[] {
  switch (mount.kind) {
    case "read-only":
      return ["--ro-bind", mount.source, mount.target];
    case "writable":
      return ["--bind", mount.source, mount.target];
    case "scratch":
      return tmpfs(mount.target, mount.bytes);
    default:
      return mount satisfies never;
  }
}

/**
 * Set inside, where the number of processes is that of this sandbox alone: outside it would be that of the user. There is
 * none of the address space, which WebAssembly reserves by the gigabyte.
 */
function processLimits(limits: SandboxLimits, ceilings: Ceilings): readonly string[] {
  const wanted: Ceilings = {
    data: limits.memoryBytes + RESERVED_BYTES,
    fsize: limits.fileBytes,
    cpu: limits.cpuSeconds,
    nproc: limits.processes,
    nofile: OPEN_FILES,
  };
  const names = Object.keys(wanted) as (keyof Ceilings)[];
  return [
    ...names.map((name) => `--${name}=${Math.min(wanted[name], ceilings[name])}`),
    "--core=0",
  ];
}

/** The hard limits of a process, from `/proc/self/limits`. Pure. */
export function ceilingsOf(text: string): Ceilings {
  const hard = (title: string): number => {
    const number = new RegExp(`^${title} +\\S+ +(\\d+)`, "m").exec(text)?.[1];
    return number === undefined ? Number.POSITIVE_INFINITY : Number(number);
  };
  return {
    data: hard("Max data size"),
    fsize: hard("Max file size"),
    cpu: hard("Max cpu time"),
    nproc: hard("Max processes"),
    nofile: hard("Max open files"),
  };
}
