import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sandbox, SandboxEnd, SandboxOrder } from "../../core/sandbox.ts";

/** The bubblewrap of this machine, or one unpacked into the folder of temporary files. */
function bubblewrap(): string {
  const found = (process.env["PATH"] ?? "").split(":").map((folder) => join(folder, "bwrap"));
  const installed = found.find((path) => existsSync(path));
  if (installed !== undefined) return installed;
  const folder = join(tmpdir(), "cascade-test-bubblewrap");
  const program = join(folder, "usr/bin/bwrap");
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    execFileSync("apt-get", ["download", "-q", "bubblewrap"], { cwd: folder, stdio: "ignore" });
    execFileSync("sh", ["-c", "dpkg -x bubblewrap_*.deb ."], { cwd: folder });
  }
  return program;
}

/** Real isolation for tests of what runs in it: bubblewrap, without the finer limits. */
export function openTestSandbox(): Sandbox {
  const program = bubblewrap();
  return {
    enforcement: { backend: "bubblewrap", limits: "none", hasSeccomp: false },
    run: (order, signal) => runContained(program, order, signal),
  };
}

const SYSTEM = [
  ...["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"],
  ...["--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib"],
  ...["--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
  ...["--dir", "/home/sandbox", "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "CI", "1"],
  ...["--setenv", "HOME", "/home/sandbox", "--setenv", "TMPDIR", "/tmp"],
  ...["--setenv", "LANG", "C.UTF-8"],
];

async function runContained(
  program: string,
  order: SandboxOrder,
  signal: AbortSignal,
): Promise<SandboxEnd> {
  signal.throwIfAborted();
  const mounts = order.mounts.flatMap((mount) =>
    mount.kind === "scratch"
      ? ["--size", String(mount.bytes), "--tmpfs", mount.target]
      : [mount.kind === "writable" ? "--bind" : "--ro-bind", mount.source, mount.target],
  );
  const env = Object.entries(order.env ?? {}).flatMap(([name, value]) => ["--setenv", name, value]);
  const args = [...SYSTEM, ...mounts, ...env, "--chdir", order.cwd, "--", ...order.argv];
  const startedMs = performance.now();
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe", "pipe"] });
  const texts = [child.stdout, child.stderr, child.stdio[3]].map((stream) => {
    const chunks: Buffer[] = [];
    stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
    return chunks;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(order.input ?? "");
  let why: "timeout" | "signal" = "signal";
  const timer = setTimeout(() => {
    why = "timeout";
    child.kill("SIGKILL");
  }, order.limits?.wallMs ?? 60_000);
  const abort = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", abort, { once: true });
  const [code, how] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (...end) => resolve(end));
  });
  clearTimeout(timer);
  signal.removeEventListener("abort", abort);
  signal.throwIfAborted();
  const [stdout = [], stderr = [], report = []] = texts;
  const output = {
    stdout: Buffer.concat(stdout).toString("utf8"),
    stderr: Buffer.concat(stderr).toString("utf8"),
    report: Buffer.concat(report),
    cut: [],
    durationMs: Math.round(performance.now() - startedMs),
  };
  return code === null
    ? { ...output, status: "killed", why, signal: how ?? "SIGKILL" }
    : { ...output, status: "exited", code };
}
