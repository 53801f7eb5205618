import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { type SwarmProcess, startSwarmProcess } from "../support/swarm-process.ts";

async function linkOf({ text }: SwarmProcess): Promise<URL> {
  return vi.waitFor(
    () => {
      const link = text.map((line) => /^dashboard: (\S+)$/.exec(line)?.[1]).find(Boolean);
      if (link === undefined) throw new Error(`no link yet: ${text.join("\n")}`);
      return new URL(link);
    },
    { timeout: 30_000, interval: 50 },
  );
}

it("dashboard starts a swarm or joins the one that runs here, prints its link, and ends in order", async () => {
  const directory = await mkdtemp(join(tmpdir(), "dashboard "));
  try {
    await using first = startSwarmProcess(directory, ["dashboard", "--port", "0", "--agents", "1"]);
    const link = await linkOf(first);
    expect((await fetch(link, { redirect: "manual" })).status).toBe(303);
    await vi.waitFor(async () => expect((await fetch(new URL("/readyz", link))).status).toBe(200), {
      timeout: 20_000,
    });
    const token = await readFile(join(directory, ".cascade/dashboard-token"), "utf8");
    expect(link.searchParams.get("token")).toBe(token.trim());

    await using second = startSwarmProcess(directory, ["dashboard", "--port", "0"]);
    const joined = await linkOf(second);
    const headers = { authorization: `Bearer ${token.trim()}` };
    const runs = await fetch(new URL("/api/runs", joined), { headers });
    expect(await runs.json()).toEqual({ runs: [] });
    await using taken = startSwarmProcess(directory, ["dashboard", "--port", link.port]);
    expect(await taken.ended).toBe(2);
    expect(taken.text).toContain(`error usage: port ${link.port} is taken`);

    second.process.kill("SIGINT");
    expect(await second.ended).toBe(130);
    expect((await fetch(new URL("/healthz", link))).status).toBe(200);
    first.process.kill("SIGINT");
    expect(await first.ended).toBe(130);
    await expect(fetch(new URL("/healthz", link))).rejects.toThrow();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
