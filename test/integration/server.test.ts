import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "nats";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { openBus } from "../../bus/connection.ts";
import { followLink } from "../../bus/link.ts";
import { type LocatedServer, locateServer } from "../../bus/server/locate.ts";
import { openServer } from "../../bus/server/server.ts";
import { isGone } from "../support/processes.ts";

let server: LocatedServer;
beforeAll(async () => {
  server = await locateServer({ env: process.env, progress: () => {} });
});
const newFolder = () => mkdtemp(join(tmpdir(), "cascade server "));

describe("embedded server", () => {
  it("lets nobody in without its password, and keeps that to its owner", async () => {
    const folder = await newFolder();
    await using running = await openServer({ server, folder, port: 0, sync: "always" });
    await expect(connect({ servers: running.address.url, reconnect: false })).rejects.toThrow(
      /authorization/i,
    );
    const modes = await Promise.all(
      ["nats.json", "nats.conf"].map(async (name) => (await stat(join(folder, name))).mode & 0o777),
    );
    expect(modes).toEqual([0o600, 0o600]);
    expect(JSON.parse(await readFile(join(folder, "nats.json"), "utf8"))).toEqual(running.address);
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

  it("takes another port when the wanted one is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    await using running = await openServer({
      server,
      folder: await newFolder(),
      port,
      sync: "default",
    });
    expect(running.address.url).not.toContain(String(port));
    taken.close();
  });

  it("does not open a store that a newer server wrote", async () => {
    const folder = await newFolder();
    await using first = await openServer({ server, folder, port: 0, sync: "default" });
    await first.close();
    await writeFile(join(folder, "nats", "version"), "9.1.0\n");
    await expect(openServer({ server, folder, sync: "default" })).rejects.toMatchObject({
      code: "broker-too-old",
    });
  });

  it("leaves nothing behind when its parent is killed", async () => {
    const folder = await newFolder();
    const parent = startParent(folder);
    const [line] = (await once(parent.stdout ?? parent, "data")) as [Buffer];
    const pids = String(line).trim().split(" ").map(Number);
    expect(pids.every((pid) => !isGone(pid))).toBe(true);
    parent.kill("SIGKILL");
    await vi.waitFor(() => expect(pids.filter((pid) => !isGone(pid))).toEqual([]), 2_000);
  });
});

/** A process that starts a guarded server and says its pid. */
function startParent(folder: string): ChildProcess {
  const program = `
    import { openServer } from ${JSON.stringify(join(import.meta.dirname, "../../bus/server/server.ts"))};
    import { openGuard } from ${JSON.stringify(join(import.meta.dirname, "../../bus/server/guard-client.ts"))};
    const guard = openGuard();
    const server = await openServer({ server: ${JSON.stringify(server)}, folder: ${JSON.stringify(folder)}, port: 0, sync: "default" });
    guard.watch(server.pid);
    console.log(String(server.pid));
    setInterval(() => {}, 1_000);
  `;
  return spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}
