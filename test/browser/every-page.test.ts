import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunId } from "../../core/ids.ts";
import type { Dashboard } from "../../interfaces/dashboard/server/dashboard-server.ts";
import {
  hasChromium,
  launchBrowser,
  openTestDashboard,
  openWatchedPage,
  settled,
} from "../support/dashboard-browser.ts";
import { ASKING, FAILING, FINE, HELD } from "../support/dashboard-cascades.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { follow } from "../support/swarm-process.ts";

/** Where a person finds pictures of all pages, if they ask for them. */
const pictures = process.env["CASCADE_SCREENSHOTS"];
const why = hasChromium ? "" : " (skipped: Debian's package chromium is not installed)";

const PAGES = ["/", "/runs", "/approvals", "/topology", "/memory", "/letters"];

describe.skipIf(!hasChromium)(`every page${why}`, () => {
  let swarm: InProcessSwarm;
  let dashboard: Dashboard;
  let browser: Browser;
  beforeAll(async () => {
    [swarm, browser] = await Promise.all([startInProcessSwarm({ agents: 3 }), launchBrowser()]);
    dashboard = await openTestDashboard(swarm);
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await dashboard[Symbol.asyncDispose]();
    await swarm[Symbol.asyncDispose]();
  });

  async function submit(definition: string): Promise<RunId> {
    const { client, directory } = swarm;
    return (await client.submit({ cascade: "shown", definition, inputs: {}, directory })).runId;
  }

  /** What axe-core finds that is serious, as `rule: where`. */
  async function barriers(page: Page): Promise<readonly string[]> {
    await page.evaluate(axe.source);
    return page.evaluate(async () => {
      const { axe: checker } = globalThis as unknown as {
        axe: {
          run(): Promise<{
            violations: { id: string; impact: string; nodes: { html: string }[] }[];
          }>;
        };
      };
      const { violations } = await checker.run();
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
    });
  }

  /** As a link does, without loading everything anew. */
  async function move(page: Page, path: string): Promise<void> {
    await page.evaluate(
      `history.pushState(null, "", ${JSON.stringify(path)}); dispatchEvent(new Event("cascade-moved"))`,
    );
  }

  async function look(name: string, paths: readonly string[]): Promise<void> {
    for (const colorScheme of ["light", "dark"] as const) {
      await using watched = await openWatchedPage(browser, dashboard, {
        colorScheme,
        reducedMotion: "reduce",
      });
      const { page, errors } = watched;
      for (const path of paths) {
        await move(page, path);
        await settled(page);
        const shown = path.replace(/\/r[0-9a-z]+-[\w-]+/, "").replaceAll("/", "-");
        if (pictures !== undefined)
          await page.screenshot({ path: join(pictures, `${name}${shown}-${colorScheme}.png`) });
        expect(await barriers(page), `${name} ${path} ${colorScheme}`).toEqual([]);
      }
      expect(errors).toEqual([]);
    }
  }

  it("is in order while there is nothing to show", async () => {
    await look("empty", [...PAGES, "/nowhere"]);
  });

  it("is in order for runs that wait, failed and finished", async () => {
    const [asking, failing, fine, held] = await Promise.all(
      [ASKING, FAILING, FINE, HELD].map(submit),
    );
    if (!asking || !failing || !fine || !held) throw new Error("four were submitted");
    await Promise.all([failing, fine].map((run) => follow(swarm.client, run).ended));
    const waiting = follow(swarm.client, asking);
    waiting.ended.catch(() => {}); // it waits for longer than it is watched
    await waiting.reached("stage.paused");
    await (await swarm.client.memory()).write({
      ...{ space: { kind: "global" }, key: "release/notes", by: { person: "ann" } },
      value: { value: { version: "4.2", changes: 17 } },
    });
    await look("all", PAGES);
    const views = (run: RunId, stage: string) => [
      ...[`/runs/${run}`, `/runs/${run}/${stage}`, `/timeline/${run}`, `/events/${run}`],
    ];
    await look("waiting", views(asking, "release").slice(0, 2));
    await look("failed", views(failing, "compile"));
    await look("finished", views(fine, "test"));
  });
});
