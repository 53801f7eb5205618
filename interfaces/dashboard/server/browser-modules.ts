import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** What the browser loads: our modules without their types, and the libraries as they are installed. */
export interface BrowserModules {
  /** Bodies by the path of their address. */
  readonly files: ReadonlyMap<string, BrowserFile>;
  /** The JSON text of the page's import map. */
  readonly importMap: string;
  /** The address of the first module. */
  readonly main: string;
}

export interface BrowserFile {
  readonly type: "text/javascript" | "text/css";
  readonly body: string;
  readonly etag: string;
}

const INTERFACES = resolve(import.meta.dirname, "../..");
const MAIN = join(INTERFACES, "dashboard/page/main.ts");
const STYLE = join(INTERFACES, "dashboard/page/style.css");
const LIBRARIES = ["preact", "preact/hooks", "htm"];

/** Follows the imports from the page's first module: what is not reached is not served. */
export function loadBrowserModules(): BrowserModules {
  const files = new Map<string, BrowserFile>();
  const open = [MAIN];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const address = addressOf(path);
    if (files.has(address)) continue;
    const body = withoutTypes(readFileSync(path, "utf8"));
    files.set(address, fileOf("text/javascript", body));
    for (const specifier of relativeImports(body)) open.push(resolve(dirname(path), specifier));
  }
  const imports: Record<string, string> = {};
  for (const name of LIBRARIES) {
    const address = `/libraries/${name}.js`;
    imports[name] = address;
    const path = fileURLToPath(import.meta.resolve(name));
    const body = readFileSync(path, "utf8").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n");
    files.set(address, fileOf("text/javascript", body));
  }
  files.set("/style.css", fileOf("text/css", readFileSync(STYLE, "utf8")));
  return { files, importMap: JSON.stringify({ imports }), main: addressOf(MAIN) };
}

function addressOf(path: string): string {
  const inside = relative(INTERFACES, path);
  if (inside.startsWith("..")) throw new Error(`${path} is not for the browser`);
  return `/modules/${inside}`;
}

function relativeImports(code: string): string[] {
  return [...code.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(
    ([, specifier = ""]) => specifier,
  );
}

/** Node warns at its first use that this may change; the version of Node is pinned, and nobody who starts a dashboard asked. */
function withoutTypes(code: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(code);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function fileOf(type: BrowserFile["type"], body: string): BrowserFile {
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  return { type, body, etag };
}
