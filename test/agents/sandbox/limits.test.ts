import { describe, expect, it } from "vitest";
import { chooseLimits, groupMounts, ownGroups } from "../../../agents/sandbox/limits/choice.ts";
import { excessOf, family, parseStatus } from "../../../agents/sandbox/limits/watch.ts";

const nothing = { version2: undefined, version1: undefined, systemdRun: undefined };
const version1 = { memory: "/m", pids: "/p" };

describe("what limits programs together", () => {
  it.each([
    [
      { version2: "/g", version1, systemdRun: "/s" },
      { kind: "cgroup-v2", parent: "/g" },
    ],
    [
      { ...nothing, version1, systemdRun: "/s" },
      { kind: "cgroup-v1", ...version1 },
    ],
    [
      { ...nothing, systemdRun: "/s" },
      { kind: "systemd", program: "/s" },
    ],
    [nothing, { kind: "rlimits" }],
  ])("of %j is %j", (found, choice) => {
    expect(chooseLimits(found)).toEqual(choice);
  });

  it("is looked for where this process is", () => {
    const groups = ownGroups("8:pids:/a\n4:memory,hugetlb:/b/c\n1:name=systemd:/x\n0::/user/1\n");
    expect([groups.get("pids"), groups.get("memory"), groups.get("")]).toEqual([
      "/a",
      "/b/c",
      "/user/1",
    ]);
  });

  it("is looked for where the hierarchies are mounted", () => {
    const mounts = groupMounts(
      [
        "29 24 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
        "35 24 0:32 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
        "36 24 0:33 /docker/1 /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw",
        "37 24 0:34 / /tmp rw - tmpfs none rw",
      ].join("\n"),
    );
    expect([mounts.get("memory"), mounts.get("pids"), mounts.get("")]).toEqual([
      { root: "/", at: "/sys/fs/cgroup/memory" },
      { root: "/", at: "/sys/fs/cgroup/pids" },
      { root: "/docker/1", at: "/sys/fs/cgroup/unified" },
    ]);
  });
});

describe("the look from outside", () => {
  const process = (pid: number, parent: number, residentBytes = 1, threads = 1) => ({
    pid,
    parent,
    threads,
    residentBytes,
  });

  it("reads what the kernel tells of a process", () => {
    const text = "Name:\tnode\nPid:\t7\nPPid:\t3\nVmRSS:\t    2048 kB\nThreads:\t11\n";
    expect(parseStatus(text)).toEqual(process(7, 3, 2_097_152, 11));
    expect(parseStatus("")).toBeUndefined();
  });

  it("counts a process and all below it, and nobody else", () => {
    const all = [process(2, 1), process(3, 2), process(5, 3), process(9, 1), process(4, 2)];
    expect(family(2, all).map(({ pid }) => pid)).toEqual([2, 3, 4, 5]);
  });

  it.each([
    [[process(1, 0, 60), process(2, 1, 40)], undefined],
    [[process(1, 0, 60), process(2, 1, 41)], "memory"],
    [[process(1, 0, 1, 3), process(2, 1, 1, 2)], "processes"],
  ])("tells what is too much", (processes, excess) => {
    expect(excessOf(processes, { memoryBytes: 100, processes: 4 })).toBe(excess);
  });
});
