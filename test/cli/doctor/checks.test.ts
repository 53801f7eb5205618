import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  checkDisk,
  checkFolder,
  checkNode,
  checkPorts,
  judgeDisk,
} from "../../../interfaces/cli/doctor/machine-checks.ts";
import { checkSandbox, judgeSandbox } from "../../../interfaces/cli/doctor/sandbox-check.ts";
import { checkServer, checkSwarm } from "../../../interfaces/cli/doctor/server-checks.ts";
import {
  checkChromium,
  checkGit,
  checkModelKeys,
} from "../../../interfaces/cli/doctor/tool-checks.ts";

const newFolder = () => mkdtemp(join(tmpdir(), "cascade doctor "));

/** A machine on which only these programs are found; each is a shell script. */
async function machineWith(programs: Readonly<Record<string, string>>) {
  const folder = await newFolder();
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return {
    env: { PATH: folder, HOME: folder },
    directory: folder,
    signal: AbortSignal.timeout(10_000),
  };
}

describe("the doctor", () => {
  it.each([
    ["24.21.0", "ok"],
    ["26.0.0", "ok"],
    ["20.20.2", "failed"],
  ])("finds Node.js %s %s", async (version, status) => {
    expect(await checkNode(version)).toMatchObject({ status });
  });

  it.each([
    [82_500_000_000, { name: "free disk", status: "ok", found: "82.5 GB" }],
    [
      100_000_000,
      {
        name: "free disk",
        status: "failed",
        found: "0.1 GB, at least 0.2 GB are needed",
        remedy: expect.stringContaining(".cascade/runs"),
      },
    ],
  ])("judges %i free bytes", (bytes, check) => {
    expect(judgeDisk(bytes)).toEqual(check);
  });

  it("looks at the disk and ports that are there", async () => {
    expect(await checkDisk(await newFolder())).toMatchObject({ status: expect.any(String) });
    expect(await checkPorts()).toMatchObject({ status: "ok" });
    expect(await checkPorts("192.0.2.1")).toMatchObject({ status: "failed" });
  });

  it("tells a folder that can be written from one that is a file or missing", async () => {
    const folder = await newFolder();
    expect(await checkFolder(folder)).toMatchObject({
      status: "ok",
      found: `${folder} can be written`,
    });
    await writeFile(join(folder, ".cascade"), "a file");
    expect(await checkFolder(folder)).toMatchObject({
      status: "failed",
      found: expect.stringContaining("(EACCES)"),
    });
    expect(await checkFolder(join(folder, "none"))).toMatchObject({ status: "failed" });
  });

  it("asks git and the browser for their versions", async () => {
    const machine = await machineWith({
      git: "echo git version 9.9.9",
      "google-chrome": "echo Chrome 150",
    });
    expect(await checkGit(machine)).toEqual({
      name: "git",
      status: "ok",
      found: `9.9.9 (${machine.directory}/git)`,
    });
    expect(await checkChromium(machine)).toMatchObject({
      status: "ok",
      found: expect.stringContaining("Chrome 150"),
    });
  });

  it("names what is absent and what to do about it", async () => {
    const bare = await machineWith({});
    const checks = await Promise.all([checkGit, checkChromium].map((check) => check(bare)));
    for (const check of checks) {
      expect(check).toMatchObject({ status: "absent", remedy: expect.stringMatching(/install/) });
    }
  });

  it("says how the sandbox keeps programs in, and loudly that there is none", () => {
    const probeMs = 40;
    const enforcement = { version: "0.8.0", limits: "cgroup-v1", hasSeccomp: true } as const;
    const found = { status: "enforced", binary: "/usr/bin/bwrap", probeMs } as const;
    const isolated = { ...enforcement, backend: "bubblewrap" } as const;
    expect(judgeSandbox({ ...found, enforcement: isolated })).toEqual({
      name: "sandbox",
      status: "ok",
      found:
        "bubblewrap 0.8.0 (/usr/bin/bwrap) keeps programs in; limits by cgroup-v1, system calls filtered",
    });
    const off = { backend: "none", limits: "none", hasSeccomp: false } as const;
    expect(judgeSandbox({ ...found, enforcement: off })).toMatchObject({
      status: "absent",
      found: "OFF (CASCADE_SANDBOX=none)",
    });
  });

  it.each([
    {
      promise: "is not here, and names the package",
      programs: {},
      message: /^no bubblewrap: PATH: none there; the cache .*: none there; .*: no apt-get here$/,
      hint: /apt-get install bubblewrap/,
    },
    {
      promise: "is too old",
      programs: { bwrap: "echo bubblewrap 0.6.1" },
      message: /bwrap is 0\.6\.1, at least 0\.8\.0 is needed/,
      hint: /bubblewrap 0\.8 or newer/,
    },
    {
      promise: "is here and may not isolate",
      programs: {
        bwrap: `case $1 in --version) echo bubblewrap 0.8.0 ;; *) echo 'bwrap: No permissions to create new namespace' >&2; exit 1 ;; esac`,
      },
      message: /No permissions to create new namespace/,
      hint: /user namespaces/,
    },
    {
      promise: "does not isolate and says nothing",
      programs: {
        bwrap: `[ "$1" = --version ] && { echo bubblewrap 0.8.0; exit; }
while [ "$1" != -- ]; do shift; done; shift; "$@"; code=$?; echo "{ \\"exit-code\\": $code }" >&6`,
      },
      message: /does not keep programs in: files outside can be read; .* can be written; /,
      hint: /sandbox doctor/,
    },
  ])("does not take a sandbox for one that $promise", async ({ programs, message, hint }) => {
    await expect(checkSandbox(await machineWith(programs))).rejects.toMatchObject({
      code: "sandbox-unavailable",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it("says which model keys are there and never what they are", async () => {
    const check = await checkModelKeys({ OPENAI_API_KEY: "canary-8s7d6f", GEMINI_API_KEY: "" });
    expect(check).toEqual({
      name: "model keys",
      status: "ok",
      found: "OPENAI_API_KEY present; ANTHROPIC_API_KEY, GEMINI_API_KEY, GOOGLE_API_KEY absent",
    });
    expect(await checkModelKeys({})).toMatchObject({ status: "absent" });
  });

  it("finds no swarm where there is none, and a server that does not answer", async () => {
    const machine = await machineWith({});
    expect(await checkSwarm(machine)).toMatchObject({ status: "absent", found: "none runs" });
    const elsewhere = { ...machine, env: { NATS_URL: "nats://me:canary-1234@127.0.0.1:1" } };
    await expect(checkServer(elsewhere)).rejects.toMatchObject({ code: "broker-unavailable" });
    const wrong = { ...machine, env: { ...machine.env, NATS_SERVER_BIN: "/nowhere/nats-server" } };
    await expect(checkServer(wrong)).rejects.toMatchObject({ code: "broker-missing" });
  });
});
