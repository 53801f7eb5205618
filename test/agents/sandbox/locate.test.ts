import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { locateBubblewrap } from "../../../agents/sandbox/locate.ts";
import { openSandboxes, sandboxBackend } from "../../../agents/sandbox/sandbox.ts";
import { openLogger } from "../../../core/logging.ts";
import { Scrubber } from "../../../core/scrub.ts";

/** A machine with these versions of bubblewrap, no package tools and no network. */
async function newPlace(here: { readonly path?: string; readonly cache?: string }) {
  const folder = await mkdtemp(join(tmpdir(), "cascade bwrap "));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const write = async (file: string, version: string): Promise<void> => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\necho "bubblewrap ${version}"\n`, { mode: 0o755 });
  };
  const cached = (version: string): string =>
    join(folder, "cascade-swarm", "bwrap", version, "bwrap");
  if (here.path !== undefined) await write(join(folder, "bin", "bwrap"), here.path);
  if (here.cache !== undefined) await write(cached(here.cache), here.cache);
  const env = { PATH: join(folder, "bin"), XDG_CACHE_HOME: folder };
  return { folder, env, cached };
}

const locate = (env: Readonly<Record<string, string>>) =>
  locateBubblewrap({ env, progress: () => {}, signal: AbortSignal.timeout(10_000) });

describe("bubblewrap is taken", () => {
  it.each([
    ["from PATH", { path: "0.11.0", cache: "0.8.0" }, { origin: "PATH", minor: 11 }],
    ["from the cache", { cache: "0.8.0" }, { origin: "the cache", minor: 8 }],
    [
      "from the cache when that on PATH is old",
      { path: "0.6.1", cache: "0.8.0" },
      { origin: "the cache", minor: 8 },
    ],
  ])("%s", async (_, here, { origin, minor }) => {
    const { env } = await newPlace(here);
    expect(await locate(env)).toMatchObject({ origin, version: { minor } });
  });

  it("from where it is named, and from nowhere else", async () => {
    const { env, cached } = await newPlace({ path: "0.11.0", cache: "0.8.0" });
    expect(await locate({ ...env, CASCADE_BWRAP_BIN: cached("0.8.0") })).toMatchObject({
      origin: "CASCADE_BWRAP_BIN",
    });
    await expect(locate({ ...env, CASCADE_BWRAP_BIN: "/not/there" })).rejects.toMatchObject({
      code: "sandbox-unavailable",
      message: expect.stringMatching(/^no bubblewrap: CASCADE_BWRAP_BIN: .*ENOENT$/),
    });
  });
});

describe("without bubblewrap", () => {
  it("a task is refused, and told the package", async () => {
    const { env, folder } = await newPlace({ path: "0.6.1" });
    const logger = openLogger({ service: "test", scrubber: new Scrubber(), write: () => {} });
    const sandboxes = openSandboxes({ backend: "bubblewrap", env, logger });
    await expect(sandboxes.forTask(AbortSignal.timeout(10_000))).rejects.toMatchObject({
      code: "sandbox-unavailable",
      message: `no bubblewrap: PATH: ${folder}/bin/bwrap is 0.6.1, at least 0.8.0 is needed; the cache ${folder}/cascade-swarm/bwrap: none there; this machine's own apt sources: no apt-get here`,
      hint: expect.stringContaining("apt-get install bubblewrap"),
    });
    await sandboxes.close();
  });

  it("nobody gets along without isolation by a word that means nothing", () => {
    expect(sandboxBackend({})).toBe("bubblewrap");
    expect(sandboxBackend({ CASCADE_SANDBOX: "none" })).toBe("none");
    expect(() => sandboxBackend({ CASCADE_SANDBOX: "off" })).toThrow(/expected bubblewrap or none/);
  });
});
