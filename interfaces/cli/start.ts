/** Keeps compiled code between starts, so that this process and its children start in half the time. */
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const { env } = process;
if (env["NODE_COMPILE_CACHE"] === undefined) {
  const cache = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  env["NODE_COMPILE_CACHE"] = join(cache, "cascade-swarm", "compiled");
}
enableCompileCache(env["NODE_COMPILE_CACHE"]);
await import(process.argv[2] === "mcp" ? "../mcp/main.ts" : "./main.ts");
