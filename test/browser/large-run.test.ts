import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Dashboard } from "../../interfaces/dashboard/server/dashboard-server.ts";
import {
  hasChromium,
  launchBrowser,
  openTestDashboard,
  openWatchedPage,
} from "../support/dashboard-browser.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";

const why = hasChromium ? "" : " (skipped: Debian's package chromium is not installed)";
const STAGES = 10_000;
/** It is held at its beginning: what is measured is the page, not the run. */
const CASCADE = `cascade: large
stages:
  - { stage: hold, approve: "Begin?" }
${Array.from({ length: STAGES - 1 }, (_, at) => `  - { stage: s${at}, needs: [${at < 100 ? "hold" : `s${at - 100}`}], transform: ${at} }`).join("\n")}
`;

describe.skipIf(!hasChromium)(`a run of 10,000 stages${why}`, () => {
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

  it("is drawn as few nodes, at once, and a stage of it is found by its name", async () => {
    const { client, directory } = swarm;
    await client.publishJob({ cascade: "large", definition: CASCADE, inputs: {}, directory });
    const run = await vi.waitFor(
      async () => {
        for await (const { run } of client.runs(AbortSignal.timeout(5_000))) return run;
        throw new Error("it is not stored yet");
      },
      { timeout: 50_000, interval: 200 },
    );
    await using watched = await openWatchedPage(browser, dashboard);
    const { page, errors } = watched;
    await page.goto(new URL(`/runs/${run}`, dashboard.link).href);
    await page.locator("svg .node").first().waitFor();
    const paintedMs = Number(await page.evaluate("performance.now()"));
    // 2 s is what is promised; this machine may do other things beside the test.
    process.stderr.write(`painted ${paintedMs}\n`);
    expect(paintedMs).toBeLessThan(6_000);
    expect(await page.locator("svg .node").count()).toBeLessThanOrEqual(160);
    await page.getByLabel("Find a stage by name, skill or status").fill("s9876");
    await page.getByRole("button", { name: "s9876", exact: true }).click();
    await page.getByText("It starts when these have succeeded: s9776 (waiting).").waitFor();
    expect(errors).toEqual([]);
  });
});
