import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type CallToolResult, Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const root = resolve(import.meta.dirname, "../..");

/** The two eras of the protocol: with a handshake, and without. */
export type Era = "2025-11-25" | "2026-07-28";

/** The real client over the real program, in a directory of its own or a given one. */
export interface McpConnection extends AsyncDisposable {
  readonly client: Client;
  readonly transport: StdioClientTransport;
  readonly directory: string;
  /** What the server wrote that was not the protocol: on standard output it would be an error here. */
  readonly errors: readonly Error[];
  /** Of the process, on standard error. */
  readonly said: readonly string[];
  readonly connectMs: number;
  /** A call whose result was none of an error. */
  call(name: string, input?: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** The code of the error that a call ended with. */
  refused(name: string, input?: Record<string, unknown>): Promise<string>;
}

export async function openMcp(
  options: {
    readonly directory?: string;
    readonly era?: Era;
    readonly agents?: number;
    readonly command?: { readonly command: string; readonly args: readonly string[] };
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
  } = {},
): Promise<McpConnection> {
  const { era = "2025-11-25", agents = 2 } = options;
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "cascade mcp ")));
  const program = options.command ?? {
    command: process.execPath,
    args: [join(root, "interfaces/cli/bin.mjs"), "mcp", "--agents", String(agents)],
  };
  const env: Record<string, string> = {
    ...(process.env as Record<string, string>),
    CASCADE_RESULT_CACHE: "off",
    CASCADE_SKILLS: join(root, "test/support/skills"),
    CASCADE_CASCADES: join(root, "test/support/cascades"),
    ...options.env,
  };
  delete env["INIT_CWD"];
  const transport = new StdioClientTransport({
    command: program.command,
    args: [...program.args],
    cwd: options.cwd ?? directory,
    env,
    stderr: "pipe",
  });
  const said: string[] = [];
  transport.stderr?.on("data", (chunk: Buffer) => said.push(String(chunk)));
  const client = new Client(
    { name: "test", version: "1" },
    { versionNegotiation: { mode: era === "2025-11-25" ? "legacy" : { pin: era } } },
  );
  const errors: Error[] = [];
  client.onerror = (error) => errors.push(error);
  const startedMs = performance.now();
  await client.connect(transport);
  const connectMs = performance.now() - startedMs;
  const result = async (name: string, input: Record<string, unknown>): Promise<CallToolResult> =>
    client.callTool({ name, arguments: input }, { timeout: 60_000 });
  return {
    ...{ client, transport, directory, errors, said, connectMs },
    async call(name, input = {}) {
      const { isError, structuredContent, content } = await result(name, input);
      if (isError === true) throw new Error(`${name}: ${JSON.stringify(content)}`);
      return structuredContent as Record<string, unknown>;
    },
    async refused(name, input = {}) {
      const { isError, structuredContent } = await result(name, input);
      if (isError !== true) throw new Error(`${name} was not refused`);
      return (structuredContent as { readonly error: { readonly code: string } }).error.code;
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}
