import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseStageId, type RunId } from "../../core/ids.ts";
import type { Dashboard } from "../../interfaces/dashboard/server/dashboard-server.ts";
import {
  hasChromium,
  launchBrowser,
  openTestDashboard,
  openWatchedPage,
} from "../support/dashboard-browser.ts";
import { ASKING, FAILING, HELD } from "../support/dashboard-cascades.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { follow } from "../support/swarm-process.ts";

const why = hasChromium ? "" : " (skipped: Debian's package chromium is not installed)";

describe.skipIf(!hasChromium)(`the run page${why}`, () => {
  let swarm: InProcessSwarm;
  let dashboard: Dashboard;
  let browser: Browser;
  beforeAll(async () => {
    [swarm, browser] = await Promise.all([startInProcessSwarm({ agents: 3 }), launchBrowser()]);
    dashboard = await openTestDashboard(swarm);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await dashboard[Symbol.asyncDispose]();
    await swarm[Symbol.asyncDispose]();
  });

  async function submit(definition: string): Promise<RunId> {
    const { client, directory } = swarm;
    const { runId } = await client.submit({ cascade: "shown", definition, inputs: {}, directory });
    return runId;
  }

  async function stageStatus(page: Page, stage: string, status: string): Promise<void> {
    const node = page.getByRole("button", { name: new RegExp(`^${stage} .*${status}`) });
    await node.waitFor();
  }

  it("shows a run live, from its start to its end, and its console stays empty", async () => {
    await using watched = await openWatchedPage(browser, dashboard);
    const { page, errors } = watched;
    await page.getByText("No run yet").waitFor();
    const run = await submit(HELD);
    await page.getByRole("link", { name: run }).click();
    await stageStatus(page, "hold", "paused");
    const yes = { stage: parseStageId("hold"), approved: true, by: "a test" };
    await swarm.client.approve(run, yes);
    await stageStatus(page, "collect", "running");
    await stageStatus(page, "test", "running");
    await stageStatus(page, "report", "succeeded");
    await stageStatus(page, "notify", "skipped");
    await page.getByText("5 of 5").waitFor();
    await page.getByText("Output of the run").click();
    await page.getByText('"score": 0.93').waitFor();
    expect(errors).toEqual([]);
  });

  it("tells in one click why a failed run failed, and reruns it from there", async () => {
    const run = await submit(FAILING);
    await follow(swarm.client, run).ended;
    await using watched = await openWatchedPage(browser, dashboard);
    const { page, errors } = watched;
    await page.getByRole("link", { name: run }).click();
    const told = page.getByRole("region", { name: "Why it failed" });
    await told.getByText("thrown on purpose").waitFor();
    await told.getByRole("link", { name: "compile" }).click();
    const drawer = page.getByRole("complementary", { name: "compile" });
    await drawer.getByText(/Attempt 1 of task 0 failed on agent-\d/).waitFor();
    await drawer.getByRole("button", { name: "Rerun from compile" }).click();
    await page.getByText("begun with").waitFor();
    await stageStatus(page, "fetch", "taken over");
    await stageStatus(page, "compile", "failed");
    expect(errors).toEqual([]);
  });

  it("takes a person's answer", async () => {
    const run = await submit(ASKING);
    await using watched = await openWatchedPage(browser, dashboard);
    const { page, errors } = watched;
    await page.getByRole("link", { name: run }).click();
    await page.getByRole("link", { name: "release" }).click();
    await page.getByLabel("Comment, kept with the answer").fill("<b>fine</b>");
    await page.getByRole("button", { name: "Approve release" }).click();
    await stageStatus(page, "ship", "succeeded");
    await page.getByText("Output of the run").click();
    await page.getByText('"comment": "<b>fine</b>"').waitFor();
    expect(errors).toEqual([]);
  });
});
