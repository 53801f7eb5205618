import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect, vi } from "vitest";
import { openBus } from "../../bus/connection.ts";
import {
  type Dashboard,
  openDashboard,
} from "../../interfaces/dashboard/server/dashboard-server.ts";
import type { InProcessSwarm } from "./in-process-swarm.ts";

const fixtures = (folder: string): string => join(import.meta.dirname, folder);
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
    env: { CASCADE_CASCADES: fixtures("cascades"), CASCADE_SKILLS: fixtures("skills") },
    openTraffic: () => openBus(server.address, { name: "dashboard" }),
    version: "1.2.3",
    port: 0,
    token: TOKEN,
    onError: (error) => {
      throw error;
    },
  });
}

/** Waits until nothing of a page is being loaded. */
export async function settled(page: Page): Promise<void> {
  await page.locator("main :is(h1, h2)").first().waitFor();
  await vi.waitFor(async () => expect(await page.locator("main .loading").count()).toBe(0), {
    timeout: 15_000,
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
