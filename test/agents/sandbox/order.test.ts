import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkedOrder, DEFAULT_LIMITS } from "../../../agents/sandbox/order.ts";
import type { SandboxMount, SandboxOrder } from "../../../core/sandbox.ts";

const order: SandboxOrder = { argv: ["true"], cwd: "/", mounts: [] };
const mounting = (mount: SandboxMount): SandboxOrder => ({ ...order, mounts: [mount] });
const readOnly = (source: string, target = "/work"): SandboxMount => ({
  kind: "read-only",
  source,
  target,
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cascade order "));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe("an order to the sandbox", () => {
  it.each<readonly [string, SandboxOrder, string]>([
    ["no program", { ...order, argv: [] }, "names no program"],
    ["an argument with a NUL", { ...order, argv: ["a", "b\0c"] }, "NUL"],
    ["a variable that is an option", { ...order, env: { "-x": "1" } }, "names no variable"],
    ["a working directory that is relative", { ...order, cwd: "src" }, "an absolute path"],
    ["a way up", mounting(readOnly("/tmp", "/work/../etc")), "an absolute path"],
    ["a mount over the root", mounting(readOnly("/tmp", "/")), "nothing can be mounted at /"],
    ["a mount over the kernel's files", mounting(readOnly("/tmp", "/proc/sys")), "at /proc/sys"],
    ["the whole machine", mounting(readOnly("/")), "/ cannot be mounted"],
    ["the machine's devices", mounting(readOnly("/dev")), "/dev cannot be mounted"],
    ["the machine's processes", mounting(readOnly("/proc/self/root/proc")), "/proc cannot be"],
    ["a scratch of no size", mounting({ kind: "scratch", target: "/w", bytes: 0 }), "0 bytes"],
    ["a limit of nothing", { ...order, limits: { wallMs: 0 } }, "the limit wallMs is 0"],
  ])("with %s is refused", async (_, refused, words) => {
    await expect(checkedOrder(refused)).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining(words),
    });
  });

  it("that names a folder which is not there is refused", async () => {
    await expect(checkedOrder(mounting(readOnly("/not/there")))).rejects.toMatchObject({
      code: "path-not-found",
    });
  });

  it("has all limits, those that it names and the others", async () => {
    const { limits } = await checkedOrder({ ...order, limits: { wallMs: 5 } });
    expect(limits).toEqual({ ...DEFAULT_LIMITS, wallMs: 5 });
  });

  it("that may write a repository may not write what git runs", async () => {
    const source = await newFolder();
    await mkdir(join(source, ".git"));
    const writable = { kind: "writable", source, target: "/work" } as const;
    const { guarded } = await checkedOrder(mounting(writable));
    expect(guarded).toEqual([
      { kind: "read-only", source: join(source, ".git"), target: "/work/.git" },
    ]);
    expect((await checkedOrder(mounting(readOnly(source)))).guarded).toEqual([]);
  });

  it("whose repository is a link elsewhere is refused", async () => {
    const source = await newFolder();
    await symlink("/tmp", join(source, ".git"));
    const writable = { kind: "writable", source, target: "/work" } as const;
    await expect(checkedOrder(mounting(writable))).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining("is a link"),
    });
  });
});
