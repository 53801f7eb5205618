import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import {
  type Dashboard,
  openDashboard,
} from "../../interfaces/dashboard/server/dashboard-server.ts";
import type { InProcessSwarm } from "./in-process-swarm.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** False on machines without it: tests that need a browser are skipped there. */
export const hasChromium = existsSync(CHROMIUM);

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--disable-quic"] });
}

export const TOKEN = "t".repeat(43);

export function openTestDashboard(swarm: InProcessSwarm): Promise<Dashboard> {
  const { client, directory, server } = swarm;
  return openDashboard({
    client,
    directory,
    env: {},
    openTraffic: () => openBus(server.address, { name: "dashboard" }),
    version: "1.2.3",
    port: 0,
    token: TOKEN,
    onError: (error) => {
      throw error;
    },
  });
}

/** A page that the printed link has opened, and what its console and its scripts complained about. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  readonly errors: readonly string[];
}

export async function openWatchedPage(
  browser: Browser,
  dashboard: Dashboard,
  options: NonNullable<Parameters<Browser["newContext"]>[0]> = {},
): Promise<WatchedPage> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    ...options,
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(dashboard.link);
  return { page, errors, [Symbol.asyncDispose]: () => context.close() };
}
