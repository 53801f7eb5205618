import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dashboard } from "../../interfaces/dashboard/server/dashboard-server.ts";
import {
  hasChromium,
  launchBrowser,
  openTestDashboard,
  openWatchedPage,
} from "../support/dashboard-browser.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";

const why = hasChromium ? "" : " (skipped: Debian's package chromium is not installed)";

/** What the element that has the focus is called. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  const labels = [...(element.labels ?? [])].map((label) => label.textContent);
  const text = element.matches("a, button, summary") ? element.textContent : "";
  return [element.getAttribute("aria-label"), text, ...labels].join("|");
})()`;

describe.skipIf(!hasChromium)(`without a mouse${why}`, () => {
  let swarm: InProcessSwarm;
  let dashboard: Dashboard;
  let browser: Browser;
  beforeAll(async () => {
    [swarm, browser] = await Promise.all([startInProcessSwarm(), launchBrowser()]);
    dashboard = await openTestDashboard(swarm);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await dashboard[Symbol.asyncDispose]();
    await swarm[Symbol.asyncDispose]();
  });

  it("a run is started from the form, its stage opened, closed again, and the run done once more", async () => {
    await using watched = await openWatchedPage(browser, dashboard);
    const { page, errors } = watched;
    const press = (...keys: readonly string[]) =>
      keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    /** Goes on with the Tab key until something of this name has the focus. */
    const tabTo = async (name: string): Promise<void> => {
      for (let count = 0; count < 80; count++) {
        await press("Tab");
        const focused = String(await page.evaluate(FOCUSED));
        if (focused.includes(name)) return;
      }
      throw new Error(`the Tab key does not come to ${name}`);
    };
    await page.getByLabel("Cascade").waitFor();
    await tabTo("To the content");
    await press("Enter");
    await tabTo("Cascade");
    await page.keyboard.type("pauses");
    await tabTo("ms");
    await page.keyboard.type("1");
    await tabTo("Preview plan");
    await press("Enter");
    await page.getByRole("region", { name: "Plan" }).getByText("pauses").first().waitFor();
    await press("Shift+Tab");
    await press("Enter");
    await page.getByText("4 of 4").waitFor();
    await tabTo("second");
    await press("Enter");
    const drawer = page.getByRole("complementary", { name: "second" });
    await drawer.waitFor();
    expect(await page.evaluate("document.activeElement.id")).toBe("drawer-title");
    await press("Escape");
    await drawer.waitFor({ state: "detached" });
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toContain(
      "second",
    );
    await press("Enter");
    await tabTo("Rerun from second");
    await press("Enter");
    await page.getByText("begun with").waitFor();
    await page.getByText("4 of 4").waitFor();
    expect(errors).toEqual([]);
  });
});
