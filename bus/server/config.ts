import { accountLines, type ServerAccess } from "./accounts.ts";
import { quoted } from "./quoted.ts";
import { isAtLeast, PREFERRED_VERSION, type ProgramVersion } from "./version.ts";

/** `always`: an acknowledged write survives a power cut. Servers below 2.10 do not know it. */
export type SyncSetting = "always" | "default";

export interface ServerConfig {
  /** What the server calls itself to whoever connects. */
  readonly name: string;
  readonly port: number;
  readonly storeFolder: string;
  /** Whoever may do everything: coordinators, and the commands of the person whose swarm it is. */
  readonly user: string;
  readonly password: string;
  readonly version: ProgramVersion;
  readonly sync: SyncSetting;
  readonly access: ServerAccess;
}

/** True when the server will sync every write with these settings. */
export function syncsEveryWrite(config: Pick<ServerConfig, "version" | "sync">): boolean {
  return config.sync === "always" && isAtLeast(config.version, PREFERRED_VERSION);
}

/** The text of a nats-server configuration: loopback only, JetStream for coordinators alone, accounts for the others. */
export function configText(config: ServerConfig): string {
  const operator = `{ user: ${quoted(config.user)}, password: ${quoted(config.password)} }`;
  const lines = [
    `listen: "127.0.0.1:${config.port}"`,
    `server_name: ${quoted(config.name)}`,
    "max_payload: 1MB",
    "jetstream {",
    `  store_dir: ${quoted(config.storeFolder)}`,
    ...(syncsEveryWrite(config) ? ["  sync_interval: always"] : []),
    "}",
    ...accountLines(config.access, operator),
  ];
  return `${lines.join("\n")}\n`;
}
