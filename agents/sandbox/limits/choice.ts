/** What this machine offers to limit programs together, found out by trying. */
export interface FoundLimits {
  /** A folder of cgroup v2 that groups with limits can be made in. */
  readonly version2: string | undefined;
  /** The same for version 1: one folder for memory, one for processes. */
  readonly version1: { readonly memory: string; readonly pids: string } | undefined;
  /** Absolute path of a `systemd-run` that makes scopes. */
  readonly systemdRun: string | undefined;
}

export type LimitsChoice =
  | { readonly kind: "cgroup-v2"; readonly parent: string }
  | { readonly kind: "cgroup-v1"; readonly memory: string; readonly pids: string }
  | { readonly kind: "systemd"; readonly program: string }
  /** Only those of single processes; what they take together is looked at from outside. */
  | { readonly kind: "rlimits" };

/** The strongest of them; of equal ones the quickest. Pure. */
export function chooseLimits(found: FoundLimits): LimitsChoice {
  if (found.version2 !== undefined) return { kind: "cgroup-v2", parent: found.version2 };
  if (found.version1 !== undefined) return { kind: "cgroup-v1", ...found.version1 };
  if (found.systemdRun !== undefined) return { kind: "systemd", program: found.systemdRun };
  return { kind: "rlimits" };
}

/** The folder of this process's cgroup in each hierarchy, from `/proc/self/cgroup`: `""` names version 2. Pure. */
export function ownGroups(text: string): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const name of controllers.split(",")) groups.set(name, path);
  }
  return groups;
}

/** Where each hierarchy is mounted, from `/proc/self/mountinfo`, with the part of it that is. Pure. */
export function groupMounts(
  text: string,
): ReadonlyMap<string, { readonly root: string; readonly at: string }> {
  const mounts = new Map<string, { readonly root: string; readonly at: string }>();
  for (const line of text.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root, at] = before.split(" ");
    const [type, , options = ""] = after.split(" ");
    if (root === undefined || at === undefined) continue;
    if (type === "cgroup2") mounts.set("", { root, at });
    if (type !== "cgroup") continue;
    for (const name of options.split(",")) mounts.set(name, { root, at });
  }
  return mounts;
}
