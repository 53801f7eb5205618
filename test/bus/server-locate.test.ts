import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type LocateOptions, locateServer } from "../../bus/server/locate.ts";
import { unpack } from "../../bus/server/release.ts";
import { parseVersion } from "../../bus/server/version.ts";

/** Nothing listens there: fetching the release fails at once. */
const NO_RELEASES = "http://127.0.0.1:2";

describe("locateServer", () => {
  it.each([
    {
      promise: "takes a server on PATH that is new enough, whatever the cache has",
      path: ["2.10.27"],
      cache: ["2.15.1"],
      expected: { version: "2.10.27", origin: "PATH" },
    },
    {
      promise: "looks past an old server on PATH for a newer one further on",
      path: ["2.9.10", "2.11.0"],
      cache: [],
      expected: { version: "2.11.0", origin: "PATH" },
    },
    {
      promise: "prefers a cached server to an old one on PATH",
      path: ["2.9.10"],
      cache: ["2.10.27"],
      expected: { version: "2.10.27", origin: "the cache" },
    },
    {
      promise: "takes the newest cached server by number, not by name",
      path: [],
      cache: ["2.9.22", "2.10.27", "2.10.3"],
      expected: { version: "2.10.27", origin: "the cache" },
    },
    {
      promise: "passes over what is older than the store to be opened",
      path: ["2.10.27"],
      cache: ["2.10.29", "2.14.5"],
      stored: "2.12.0",
      expected: { version: "2.14.5", origin: "the cache" },
    },
    {
      promise: "takes an old server on PATH when nothing can be fetched",
      path: ["2.9.10"],
      cache: [],
      expected: { version: "2.9.10", origin: "PATH" },
    },
  ])("$promise", async ({ path, cache, stored, expected }) => {
    const place = await newPlace({ path, cache });
    const storedVersion = parseVersion(stored ?? "");
    const found = await locateServer({
      ...place.options,
      ...(storedVersion === undefined ? {} : { storedVersion }),
    });
    expect({ version: found.version, origin: found.origin }).toEqual({
      version: parseVersion(expected.version),
      origin: expected.origin,
    });
  });

  it("passes over a cached server that does not run", async () => {
    const place = await newPlace({ path: [], cache: ["2.10.27", "2.15.1"] });
    await writeFile(join(place.cache, "2.15.1", "nats-server"), "not a program");
    const { version } = await locateServer(place.options);
    expect(version).toEqual(parseVersion("2.10.27"));
  });

  it("takes what NATS_SERVER_BIN names, and nothing else", async () => {
    const { options, cache } = await newPlace({ path: ["2.10.27"], cache: ["2.9.9", "2.9.10"] });
    const withBinary = (binary: string): LocateOptions => ({
      ...options,
      env: { ...options.env, NATS_SERVER_BIN: binary },
    });
    const binaryOf = (version: string): string => join(cache, version, "nats-server");

    expect(await locateServer(withBinary(binaryOf("2.9.10")))).toEqual({
      binary: binaryOf("2.9.10"),
      version: parseVersion("2.9.10"),
      origin: "NATS_SERVER_BIN",
    });
    await expect(locateServer(withBinary(binaryOf("2.9.9")))).rejects.toMatchObject({
      code: "broker-too-old",
      message: `${binaryOf("2.9.9")} is 2.9.9, at least 2.9.10 is needed`,
    });
    await expect(locateServer(withBinary(binaryOf("1.0.0")))).rejects.toMatchObject({
      code: "broker-missing",
      message: expect.stringMatching(/1\.0\.0\/nats-server does not run: .*ENOENT/),
    });
  });

  it("says once what it tried, why each failed and what to do", async () => {
    const place = await newPlace({ path: ["2.9.9"], cache: [] });
    const failure = await locateServer(place.options).catch((error: unknown) => error);
    const old = `${join(place.folder, "path 0", "nats-server")} is 2.9.9, at least`;
    expect(failure).toMatchObject({
      code: "broker-missing",
      message: [
        `no nats-server: PATH, 2.10.0 or newer: ${old} 2.10.0 is needed`,
        `the cache ${place.cache}: none there`,
        "the official release: connect ECONNREFUSED 127.0.0.1:2",
        "Debian's suite trixie through apt: no apt-get here",
        "this machine's own apt sources: no apt-get here",
        `PATH, 2.9.10 or newer: ${old} 2.9.10 is needed`,
      ].join("; "),
      hint: expect.stringContaining("NATS_SERVER_BIN"),
    });
    expect(place.lines).toEqual([
      `nats-server: PATH, 2.10.0 or newer: ${old} 2.10.0 is needed`,
      "nats-server: fetching it from the official release",
      "nats-server: the official release: connect ECONNREFUSED 127.0.0.1:2",
      `nats-server: PATH, 2.9.10 or newer: ${old} 2.9.10 is needed`,
    ]);
  });

  it("keeps nothing of a release whose sum is wrong", async () => {
    const mirror = createServer((_, response) => response.end("not the release"));
    mirror.listen(0, "127.0.0.1");
    await once(mirror, "listening");
    onTestFinished(() => void mirror.close());
    const place = await newPlace({ path: [], cache: [] });
    const { port } = mirror.address() as AddressInfo;
    const env = { ...place.options.env, CASCADE_NATS_RELEASES: `http://127.0.0.1:${port}` };
    const sum = createHash("sha256").update("not the release").digest("hex");
    await expect(locateServer({ ...place.options, env })).rejects.toMatchObject({
      code: "broker-missing",
      message: expect.stringContaining(`the archive's sha256 is ${sum}, expected`),
    });
    expect(await readdir(place.cache)).toEqual([]);
  });

  it("stops at once when it is told to", async () => {
    const { options } = await newPlace({ path: [], cache: [] });
    const silent = createServer(() => {});
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;
    const env = { ...options.env, CASCADE_NATS_RELEASES: `http://127.0.0.1:${port}` };
    const stop = new AbortController();
    silent.once("request", () => stop.abort());
    await expect(locateServer({ ...options, env, signal: stop.signal })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});

describe("unpack", () => {
  it("unpacks an archive of the right sum, and touches no other", async () => {
    const folder = await newFolder();
    await writeServer(join(folder, "in", "release", "nats-server"), "2.14.5");
    execFileSync("tar", ["-czf", "../in.tar.gz", "release"], { cwd: join(folder, "in") });
    const bytes = await readFile(join(folder, "in.tar.gz"));
    const out = join(folder, "out");
    await mkdir(out);

    await expect(unpack({ bytes, sha256: "0".repeat(64) }, out)).rejects.toThrow(/expected 000/);
    expect(await readdir(out)).toEqual([]);
    await unpack({ bytes, sha256: createHash("sha256").update(bytes).digest("hex") }, out);
    expect(await readdir(join(out, "release"))).toEqual(["nats-server"]);
  });
});

interface Place {
  readonly folder: string;
  readonly cache: string;
  readonly options: LocateOptions;
  readonly lines: readonly string[];
}

/** A machine with these servers, no package tools and no network. */
async function newPlace(servers: {
  readonly path: readonly string[];
  readonly cache: readonly string[];
}): Promise<Place> {
  const folder = await newFolder();
  const cache = join(folder, "cache");
  const path = servers.path.map((_, index) => join(folder, `path ${index}`));
  for (const [index, version] of servers.path.entries()) {
    await writeServer(join(folder, `path ${index}`, "nats-server"), version);
  }
  for (const version of servers.cache) {
    await writeServer(join(cache, version, "nats-server"), version);
  }
  const lines: string[] = [];
  const options = {
    env: { PATH: path.join(":"), CASCADE_NATS_RELEASES: NO_RELEASES },
    cacheFolder: cache,
    progress: (line: string) => void lines.push(line),
  };
  return { folder, cache, options, lines };
}

/** A program that says its version as nats-server does; the search asks for nothing else. */
async function writeServer(file: string, version: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\necho "nats-server: v${version}"\n`, { mode: 0o755 });
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cascade locate "));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
