import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Dashboard,
  openDashboard,
} from "../../interfaces/dashboard/server/dashboard-server.ts";
import {
  hasChromium,
  launchBrowser,
  openWatchedPage,
  TOKEN,
} from "../support/dashboard-browser.ts";
import { clientOfLargeRun, LARGE_RUN } from "../support/large-run.ts";

const why = hasChromium ? "" : " (skipped: Debian's package chromium is not installed)";

describe.skipIf(!hasChromium)(`a run of 10,000 stages${why}`, () => {
  let dashboard: Dashboard;
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
    dashboard = await openDashboard({
      ...{ client: clientOfLargeRun(10_000), directory: "/", env: {}, version: "0" },
      ...{ port: 0, token: TOKEN },
      openTraffic: () => Promise.reject(new Error("nothing is heard")),
      onError: (error) => {
        throw error;
      },
    });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await dashboard[Symbol.asyncDispose]();
  });

  it("is drawn as few nodes and few rows, and a stage of it is found by its name", async () => {
    await using watched = await openWatchedPage(browser, dashboard);
    const { page } = watched;
    await page.goto(new URL(`/runs/${LARGE_RUN}`, dashboard.link).href);
    await page.locator("svg .node").first().waitFor();
    await page.getByText("10000 of 10000").waitFor();
    expect(await page.locator("svg .node").count()).toBeLessThanOrEqual(160);
    expect(await page.locator("*").count()).toBeLessThan(3_000);
    await page.getByLabel("Find a stage by name, skill or status").fill("s9876");
    await page.getByRole("button", { name: "s9876", exact: true }).click();
    await page.getByRole("complementary", { name: "s9876" }).waitFor();
    await page.getByRole("link", { name: "Timeline" }).click();
    await page.getByRole("img", { name: /110 rows/ }).waitFor();
  });
});
