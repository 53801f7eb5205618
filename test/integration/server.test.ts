import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "nats";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openBus, readAddress } from "../../bus/connection.ts";
import { followLink } from "../../bus/link.ts";
import { openServer } from "../../bus/server/server.ts";
import { readStoredVersion } from "../../bus/server/store-folder.ts";
import { askVersion, formatVersion } from "../../bus/server/version.ts";
import { testServerBinaries } from "../support/nats.ts";
import { isGone } from "../support/processes.ts";

const servers = await Promise.all(
  (await testServerBinaries()).map(async (binary) => ({
    binary,
    version: await askVersion(binary),
  })),
);
const named = servers.map((server) => ({ server, version: formatVersion(server.version) }));

describe.each(named)("embedded server $version", ({ server }) => {
  it("lets nobody in without its password, and keeps that to its owner", async () => {
    const folder = await newFolder();
    await using running = await openServer({ server, folder, port: 0, sync: "always" });
    await expect(connect({ servers: running.address.url, reconnect: false })).rejects.toThrow(
      /authorization/i,
    );
    const modes = await Promise.all(
      ["nats.json", "nats.conf", "nats/server.log", "."].map(
        async (name) => (await stat(join(folder, name))).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o600, 0o600, 0o600, 0o700]);
    expect(readAddress(join(folder, "nats.json"))).toEqual(running.address);
    expect(await readFile(join(folder, ".gitignore"), "utf8")).toBe("*\n");
  });

  it("works in a folder of any name", async () => {
    const folder = join(await newFolder(), `it's "odd" $HOME \\n {#1}, ünïcode`);
    await using running = await openServer({ server, folder, port: 0, sync: "always" });
    const connection = await openBus(running.address, { name: "test" });
    await connection.jetstream().views.kv("kept");
    await connection.close();
    expect((await stat(join(folder, "nats", "jetstream"))).isDirectory()).toBe(true);
  });

  it("comes back on the same port with the same password and store", async () => {
    const folder = await newFolder();
    await using running = await openServer({ server, folder, port: 0, sync: "default" });
    const connection = await openBus(running.address, { name: "test" });
    const bucket = await connection.jetstream().views.kv("kept");
    await bucket.put("key", "value");
    const gone = new Promise<string>((resolve) => void running.onExit(resolve));
    running.kill("SIGKILL");
    expect(await gone).toBe("SIGKILL");
    const back = new Promise<void>((resolve) => void followLink(connection).onReconnect(resolve));
    await running.restart();
    await back;
    expect((await bucket.get("key"))?.string()).toBe("value");
    await connection.close();
  });

  it("is found at the same port by those who wait for the next start", async () => {
    const folder = await newFolder();
    const first = await openServer({ server, folder, port: 0, sync: "default" });
    await first.close();
    await first.close();
    await using second = await openServer({ server, folder, sync: "default" });
    expect(second.address.url).toBe(first.address.url);
  });

  it("takes another port when the wanted one is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    await using running = await openServer({
      server,
      folder: await newFolder(),
      port,
      sync: "default",
    });
    expect(running.address.url).not.toContain(String(port));
  });

  it("does not open a store that a newer server wrote", async () => {
    const folder = await newFolder();
    const first = await openServer({ server, folder, port: 0, sync: "default" });
    await first.close();
    expect(await readStoredVersion(folder)).toEqual(server.version);
    const newer = formatVersion({ ...server.version, patch: server.version.patch + 1 });
    await writeFile(join(folder, "nats", "version"), `${newer}\n`);
    await expect(openServer({ server, folder, sync: "default" })).rejects.toMatchObject({
      code: "broker-too-old",
      message: `the store ${join(folder, "nats")} was written by nats-server ${newer}, this one is ${formatVersion(server.version)}`,
    });
  });

  it("waits for the store until the former server has left it", async () => {
    const folder = await newFolder();
    const first = await openServer({ server, folder, port: 0, sync: "default" });
    let left = false;
    const second = openServer({ server, folder, port: 0, sync: "default" }).then((running) => ({
      running,
      left,
    }));
    await first.close();
    left = true;
    const opened = await second;
    await using _running = opened.running;
    expect(opened.left).toBe(true);
  });

  it("does not open a store that another server keeps open", async () => {
    const folder = await newFolder();
    await using first = await openServer({ server, folder, port: 0, sync: "default" });
    await expect(openServer({ server, folder, port: 0, sync: "default" })).rejects.toMatchObject({
      code: "broker-unavailable",
      hint: expect.stringContaining(`kill ${first.pid}`),
    });
  });

  it.each([
    false,
    true,
  ])("leaves nothing behind when its parent is killed (server stopped: %s)", async (stopped) => {
    const parent = startParent(server, await newFolder());
    const [line] = (await once(parent.stdout ?? parent, "data")) as [Buffer];
    const pid = Number(String(line));
    expect(isGone(pid)).toBe(false);
    if (stopped) process.kill(pid, "SIGSTOP");
    parent.kill("SIGKILL");
    await vi.waitFor(() => expect(isGone(pid)).toBe(true), 2_000);
  });
});

describe("a server that does not start", () => {
  it.each([
    ["a missing program", "/nowhere/nats-server", /ENOENT/],
    ["a program that ends at once", "/bin/false", /does not start/],
  ])("is an error that says why: %s", async (_, binary, why) => {
    const version = { major: 2, minor: 10, patch: 0 };
    const folder = await newFolder();
    await expect(
      openServer({ server: { binary, version }, folder, port: 0, sync: "default" }),
    ).rejects.toMatchObject({
      code: "broker-unavailable",
      message: expect.stringMatching(why),
      hint: `see ${join(folder, "nats", "server.log")}`,
    });
  });

  it("tells the server's own reason", async () => {
    const [server] = servers;
    if (server === undefined) throw new Error("no server to test with");
    const folder = await newFolder();
    await mkdir(join(folder, "nats"));
    await writeFile(join(folder, "nats", "jetstream"), "a file where the store should be");
    await expect(openServer({ server, folder, port: 0, sync: "default" })).rejects.toThrow(
      /^nats-server does not start: Can't start JetStream: .*directory/,
    );
  });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cascade server "));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A process that starts a guarded server and says its pid. */
function startParent(server: (typeof servers)[number], folder: string): ChildProcess {
  const moduleAt = (name: string): string =>
    JSON.stringify(join(import.meta.dirname, "../../bus/server", name));
  const program = `
    import { openServer } from ${moduleAt("server.ts")};
    import { openGuard } from ${moduleAt("guard-client.ts")};
    const options = ${JSON.stringify({ server, folder, port: 0, sync: "default" })};
    const server = await openServer({ ...options, guard: openGuard() });
    console.log(String(server.pid));
    setInterval(() => {}, 1_000);
  `;
  return spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}
