import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import type { Dashboard } from "../../interfaces/dashboard/server/dashboard-server.ts";
import {
  hasChromium,
  launchBrowser,
  openTestDashboard,
  openWatchedPage,
  settled,
} from "../support/dashboard-browser.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { CANARIES } from "../support/markup-canaries.ts";
import { follow } from "../support/swarm-process.ts";

const why = hasChromium ? "" : " (skipped: Debian's package chromium is not installed)";
const all = CANARIES.join("\n");
/** YAML of a text, whatever it has in it. */
const text = JSON.stringify(CANARIES.filter((each) => !each.includes("${")).join(" "));

const CASCADE = `cascade: hostile
description: ${text}
inputs:
  - { name: texts, type: array }
  - { name: all, type: string }
stages:
  - { stage: say, transform: { texts: "\${texts}", all: "\${all}" } }
  - { stage: each, foreach: "\${texts}", skill: pause, inputs: { ms: 1, item: "\${item}" } }
  - { stage: judge, needs: [say, each], approve: "\${all}" }
  - { stage: last, needs: [judge], transform: { all: "\${all}" } }
`;

describe.skipIf(!hasChromium)(`what others wrote${why}`, () => {
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

  it("has 40 forms", () => expect(CANARIES).toHaveLength(40));

  it("stays text on every page, in questions, inputs, outputs, failures and reasons", async () => {
    const { client, directory } = swarm;
    const inputs: JsonObject = { texts: [...CANARIES], all };
    const { runId: run } = await client.submit({
      ...{ cascade: "hostile", definition: CASCADE, inputs, directory },
    });
    const followed = follow(client, run);
    await followed.reached("stage.paused");
    await using watched = await openWatchedPage(browser, dashboard);
    const { page, errors } = watched;
    const visit = async (path: string, shown?: string): Promise<void> => {
      await page.goto(new URL(path, dashboard.link).href);
      await settled(page);
      const closed = page.locator("details:not([open]) > summary");
      for (let count = 0; count < 5 && (await closed.count()) > 0; count++)
        await closed.first().click();
      if (shown !== undefined) await page.getByText(shown).first().waitFor();
      const made =
        "img, iframe, object, embed, video, audio, base, main script, main style, math, body [onload]";
      expect(await page.locator(made).count(), path).toBe(0);
      expect(await page.evaluate("typeof canary"), path).toBe("undefined");
    };
    const [, , image = ""] = CANARIES;
    await visit("/", image);
    await visit("/approvals", image);
    await visit(`/runs/${run}`, image);
    await visit(`/runs/${run}/say`, image);
    await visit(`/runs/${run}/judge`, image);
    await visit(`/runs/${run}/each`, image);
    await visit(`/timeline/${run}`);
    await visit(`/events/${run}`, image);
    await page.goto(new URL(`/runs/${encodeURIComponent(image)}`, dashboard.link).href);
    expect(await page.evaluate("typeof canary")).toBe("undefined");
    await client.cancel(run, image);
    await followed.ended;
    await visit("/runs", image);
    await visit(`/runs/${run}`, image);
    expect(errors.filter((error) => !error.includes("404"))).toEqual([]);
  });
});
