import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SwarmError } from "../../../core/errors.ts";
import { cookieName, isSameToken, refusalOf } from "./access.ts";
import { openActivity } from "./activity.ts";
import { activityRoutes } from "./activity-routes.ts";
import { type BrowserModules, loadBrowserModules } from "./browser-modules.ts";
import { healthRoutes } from "./health-routes.ts";
import { letterRoutes } from "./letter-routes.ts";
import { memoryRoutes } from "./memory-routes.ts";
import { Metrics } from "./metrics.ts";
import { RequestRefused } from "./request-body.ts";
import { COMMON_HEADERS, sendError, sendJson, sendText } from "./responses.ts";
import type { DashboardContext, Route } from "./route.ts";
import { runRoutes } from "./run-routes.ts";
import { type Shell, shellOf } from "./shell.ts";
import { startRoutes } from "./start-routes.ts";

export interface Dashboard extends AsyncDisposable {
  readonly port: number;
  /** What a person opens: it has the token. */
  readonly link: string;
}

export interface DashboardOptions extends DashboardContext {
  /** 0: any that is free. */
  readonly port: number;
  readonly token: string;
  /** Hears of what went wrong inside. */
  readonly onError: (error: unknown) => void;
}

const HEADER_BYTES = 16_384;
const CONNECTIONS = 256;
const STREAMS = 48;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 15_000;

/** Serves the dashboard on the loopback interface. @throws SwarmError `usage` when the port is taken */
export async function openDashboard(options: DashboardOptions): Promise<Dashboard> {
  const modules = loadBrowserModules();
  const leave = new AbortController();
  const metrics = new Metrics();
  const activity = openActivity(options.client, {
    signal: leave.signal,
    note: (event) => metrics.add(event),
    onError: options.onError,
  });
  const served = { ...options, modules, shell: shellOf(modules), streams: new Set<object>() };
  const server = createServer({
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
  });
  server.maxConnections = CONNECTIONS;
  const { port } = await listening(server, options.port);
  const routes = [
    ...startRoutes(options),
    ...runRoutes(options),
    ...activityRoutes(options, activity),
    ...memoryRoutes(options),
    ...letterRoutes(options),
    ...healthRoutes(options, metrics),
  ];
  const site = new Site({ ...served, port, routes });
  server.on("request", (request, response) => void site.answer(request, response));
  return {
    port,
    link: `http://127.0.0.1:${port}/open?token=${options.token}`,
    async [Symbol.asyncDispose]() {
      leave.abort();
      server.close();
      server.closeAllConnections();
      await activity.ended;
    },
  };
}

async function listening(
  server: ReturnType<typeof createServer>,
  port: number,
): Promise<AddressInfo> {
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new SwarmError("usage", `port ${port} is taken`, {
      hint: "--port 0 takes one that is free",
      cause: error,
    });
  }
  return server.address() as AddressInfo;
}

interface SiteOptions {
  readonly port: number;
  readonly token: string;
  readonly modules: BrowserModules;
  readonly shell: Shell;
  readonly routes: readonly Route[];
  readonly streams: Set<object>;
  readonly onError: (error: unknown) => void;
}

class Site {
  readonly #options: SiteOptions;

  constructor(options: SiteOptions) {
    this.#options = options;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(COMMON_HEADERS)) response.setHeader(name, value);
    const method = request.method ?? "";
    const url = URL.parse(`http://site${request.url}`);
    try {
      if (url === null || !(request.url ?? "").startsWith("/"))
        throw new RequestRefused(400, "the address cannot be read");
      const path = url.pathname;
      if (path === "/open" && method === "GET" && this.#open(request, response, url)) return;
      const refusal = refusalOf({ method, path, headers: request.headers }, this.#options);
      if (refusal !== undefined) throw new RequestRefused(refusal.status, refusal.message);
      await this.#serve(request, response, url);
    } catch (error) {
      this.#fail(request, response, error);
    }
  }

  /** The printed link: the token becomes a cookie, and leaves the address. */
  #open(request: IncomingMessage, response: ServerResponse, url: URL): boolean {
    const { port, token } = this.#options;
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    const given = url.searchParams.get("token") ?? "";
    if (!hosts.includes(request.headers.host ?? "") || !isSameToken(given, token)) return false;
    response.writeHead(303, {
      location: "/",
      "set-cookie": `${cookieName(port)}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000`,
      "cache-control": "no-store",
    });
    response.end();
    return true;
  }

  async #serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const path = url.pathname;
    const method = request.method === "HEAD" ? "GET" : request.method;
    const file = this.#options.modules.files.get(path);
    if (file !== undefined && method === "GET") {
      const headers = { "content-type": `${file.type}; charset=utf-8`, etag: file.etag };
      const isKnown = request.headers["if-none-match"] === file.etag;
      response.writeHead(isKnown ? 304 : 200, { ...headers, "cache-control": "no-cache" });
      response.end(isKnown ? undefined : file.body);
      return;
    }
    const fitting = this.#options.routes.filter((route) => route.path.test(path));
    const route = fitting.find((each) => each.method === method);
    if (route !== undefined) return this.#route(route, request, response, url);
    if (fitting.length > 0) throw new RequestRefused(405, `${method} is not used here`);
    if (method !== "GET" || path.startsWith("/api/") || !isPage(path))
      throw new RequestRefused(404, "there is nothing here");
    const { html, contentSecurityPolicy } = this.#options.shell;
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": contentSecurityPolicy,
      "cache-control": "no-store",
    });
    response.end(html);
  }

  async #route(
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
  ): Promise<void> {
    const { streams } = this.#options;
    if (route.isStream === true && streams.size >= STREAMS)
      throw new RequestRefused(503, "too many pages are open: close some");
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const parameters = { ...route.path.exec(url.pathname)?.groups };
    if (route.isStream === true) streams.add(response);
    try {
      const query = url.searchParams;
      await route.handle({ request, response, query, parameters, signal: gone.signal });
    } finally {
      streams.delete(response);
    }
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.destroyed) return;
    if (error instanceof RequestRefused) {
      if (error.status === 413 || error.status === 415) response.setHeader("connection", "close");
      const isForPeople = (request.headers.accept ?? "").includes("text/html");
      if (isForPeople) sendText(response, `${error.message}\n`, error.status);
      else sendJson(response, { code: "refused", message: error.message }, error.status);
      return;
    }
    if (sendError(response, error)) this.#options.onError(error);
  }
}

/** The browser's own paths: letters, digits, hyphens, underscores. */
function isPage(path: string): boolean {
  return /^\/([\w-]+(\/[\w-]+)*)?$/.test(path);
}
