import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BusAddress } from "../../bus/connection.ts";
import type { SyncSetting } from "../../bus/server/config.ts";
import { openGatekeeper } from "../../bus/server/gatekeeper.ts";
import { type Guard, openGuard } from "../../bus/server/guard-client.ts";
import { locateServer } from "../../bus/server/locate.ts";
import { openServer } from "../../bus/server/server.ts";
import { askVersion } from "../../bus/server/version.ts";
import { parseAgentId } from "../../core/ids.ts";

/** A nats-server of its own for one test file, in a temporary folder. */
export interface TestServer extends AsyncDisposable {
  /** The operator's. */
  readonly address: BusAddress;
  readonly submitterAddress: BusAddress;
  /** Lets an agent in, and answers how it connects. */
  admit(agent: string): Promise<BusAddress>;
  readonly pid: number;
  /** Kills it without warning and waits until it is gone. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and store. */
  restart(): Promise<void>;
  pause(): void;
  resume(): void;
}

let guard: Guard | undefined;

export async function startTestServer(
  options: { readonly sync?: SyncSetting; readonly binary?: string } = {},
): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "cascade test "));
  const binary = options.binary ?? (await testServerBinaries())[0] ?? "nats-server";
  guard ??= openGuard(); // a test run that is killed leaves no server, either
  const server = await openServer({
    guard,
    server: { binary, version: await askVersion(binary) },
    folder,
    port: 0,
    sync: options.sync ?? "default",
  });
  const gatekeeper = await openGatekeeper(server, { onError: () => {} });
  return {
    address: server.address,
    submitterAddress: server.submitterAddress,
    admit: (agent) => gatekeeper.admit(parseAgentId(agent)),
    get pid() {
      return server.pid;
    },
    async kill9() {
      const gone = new Promise<void>((resolve) => void server.onExit(() => resolve()));
      server.kill("SIGKILL");
      await gone;
    },
    restart: () => server.restart(),
    pause: () => server.kill("SIGSTOP"),
    resume: () => server.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await gatekeeper[Symbol.asyncDispose]();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The servers that contract tests run on: those of `NATS_TEST_BINS`, a colon list, else the one that is found. */
export async function testServerBinaries(): Promise<readonly string[]> {
  const named = (process.env["NATS_TEST_BINS"] ?? "").split(":").filter((path) => path !== "");
  if (named.length > 0) return named;
  return [(await locateServer({ env: process.env, progress: () => {} })).binary];
}
