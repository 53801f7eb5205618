import { describe, expect, it } from "vitest";
import { type CheckedOrder, DEFAULT_LIMITS } from "../../../agents/sandbox/order.ts";
import {
  bubblewrapOptions,
  ceilingsOf,
  limitedProgram,
  type Profile,
} from "../../../agents/sandbox/profile.ts";

const none = Number.POSITIVE_INFINITY;
const profile: Profile = {
  system: ["--ro-bind", "/usr", "/usr"],
  prlimit: "/usr/bin/prlimit",
  hasSeccomp: true,
  ceilings: { data: none, fsize: none, cpu: none, nproc: none, nofile: none },
};
const order: CheckedOrder = {
  argv: ["make", "--size=1", "test"],
  cwd: "/work",
  env: { LANG: "C", OWN: "a b" },
  mounts: [
    { kind: "writable", source: "/host/project", target: "/work" },
    { kind: "read-only", source: "/host/lib", target: "/work/lib" },
    { kind: "scratch", target: "/work/out", bytes: 1_000 },
  ],
  guarded: [{ kind: "read-only", source: "/host/project/.git", target: "/work/.git" }],
  limits: DEFAULT_LIMITS,
};

describe("the options of bubblewrap", () => {
  it("shut off everything that has a namespace, then mount what is listed, in order, and shut the rest", () => {
    expect(bubblewrapOptions(order, profile).join(" ")).toBe(
      [
        "--unshare-user --disable-userns --unshare-pid --unshare-net --unshare-ipc",
        "--unshare-uts --hostname sandbox --unshare-cgroup-try",
        "--uid 1000 --gid 1000 --cap-drop ALL --die-with-parent --new-session --clearenv",
        "--setenv PATH /run/cascade/bin:/usr/local/bin:/usr/bin:/bin --setenv HOME /home/sandbox",
        "--setenv TMPDIR /tmp --setenv LANG C --setenv CI 1 --setenv OWN a b",
        "--ro-bind /usr /usr --proc /proc --dev /dev",
        "--size 67108864 --tmpfs /dev/shm --size 268435456 --tmpfs /tmp",
        "--size 67108864 --tmpfs /home/sandbox",
        "--bind /host/project /work --ro-bind /host/lib /work/lib --size 1000 --tmpfs /work/out",
        "--ro-bind /host/project/.git /work/.git",
        "--remount-ro /proc --remount-ro /dev --remount-ro /",
        "--chdir /work --seccomp 5 --json-status-fd 6",
      ].join(" "),
    );
  });

  it("load no filter where there is none", () => {
    const options = bubblewrapOptions(order, { ...profile, hasSeccomp: false });
    expect(options).not.toContain("--seccomp");
  });
});

describe("the limits of processes", () => {
  it("go before the program, whose arguments stay its own", () => {
    expect(limitedProgram(order, profile)).toEqual([
      "/usr/bin/prlimit",
      "--data=2684354560",
      "--fsize=268435456",
      "--cpu=600",
      "--nproc=512",
      "--nofile=4096",
      "--core=0",
      "--",
      "make",
      "--size=1",
      "test",
    ]);
  });

  it("ask for no more than the machine gives, which would be refused", () => {
    const ceilings = ceilingsOf(
      [
        "Limit                     Soft Limit           Hard Limit           Units     ",
        "Max cpu time              unlimited            unlimited            seconds   ",
        "Max file size             unlimited            1000                 bytes     ",
        "Max data size             unlimited            unlimited            bytes     ",
        "Max processes             96364                100                  processes ",
        "Max open files            1024                 2048                 files     ",
      ].join("\n"),
    );
    expect(ceilings).toEqual({ cpu: none, fsize: 1_000, data: none, nproc: 100, nofile: 2_048 });
    const [, ...limited] = limitedProgram(order, { ...profile, ceilings });
    expect(limited.slice(0, 5)).toEqual([
      "--data=2684354560",
      "--fsize=1000",
      "--cpu=600",
      "--nproc=100",
      "--nofile=2048",
    ]);
  });
});
