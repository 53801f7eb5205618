import { isAtLeast, PREFERRED_VERSION, type ProgramVersion } from "./version.ts";

/** `always`: an acknowledged write survives a power cut. Servers below 2.10 do not know it. */
export type SyncSetting = "always" | "default";

export interface ServerConfig {
  /** What the server calls itself to whoever connects. */
  readonly name: string;
  readonly port: number;
  readonly storeFolder: string;
  readonly user: string;
  readonly password: string;
  readonly version: ProgramVersion;
  readonly sync: SyncSetting;
}

/** True when the server will sync every write with these settings. */
export function syncsEveryWrite(config: Pick<ServerConfig, "version" | "sync">): boolean {
  return config.sync === "always" && isAtLeast(config.version, PREFERRED_VERSION);
}

/** The text of a nats-server configuration: loopback only, JetStream on, one user. */
export function configText(config: ServerConfig): string {
  const lines = [
    `listen: "127.0.0.1:${config.port}"`,
    `server_name: ${quoted(config.name)}`,
    "max_payload: 1MB",
    "jetstream {",
    `  store_dir: ${quoted(config.storeFolder)}`,
    ...(syncsEveryWrite(config) ? ["  sync_interval: always"] : []),
    "}",
    "authorization {",
    `  user: ${quoted(config.user)}`,
    `  password: ${quoted(config.password)}`,
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

/** The server's quoted strings know the escapes of JSON, but no \\u. @throws Error for control characters */
function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u001f]/.test(text))
    throw new Error(`cannot be written into the server's configuration: ${JSON.stringify(text)}`);
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
