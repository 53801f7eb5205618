import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { TOOLS } from "../../interfaces/mcp/tool-list.ts";

const listed = TOOLS.map((tool) => tool.listed);

/** Of ruv-swarm 1.0.20, as its server lists them. */
const RUV_SWARM: Readonly<Record<string, readonly string[]>> = {
  swarm_init: ["topology", "maxAgents", "strategy"],
  swarm_status: ["verbose"],
  swarm_monitor: ["duration", "interval"],
  agent_spawn: ["type", "name", "capabilities"],
  agent_list: ["filter"],
  agent_metrics: ["agentId", "metric"],
  task_orchestrate: ["task", "strategy", "priority", "maxAgents"],
  task_status: ["taskId", "detailed"],
  task_results: ["taskId", "format"],
  benchmark_run: ["type", "iterations"],
  features_detect: ["category"],
  memory_usage: ["detail"],
  neural_status: ["agentId"],
  neural_train: ["agentId", "iterations"],
  neural_patterns: ["pattern"],
};

describe("the list of tools", () => {
  it("is at most 35 tools and 5,000 tokens long", () => {
    const tokens = JSON.stringify({ tools: listed }).length / 4;
    expect(TOOLS.length).toBeLessThanOrEqual(35);
    expect(tokens).toBeLessThanOrEqual(5_000);
  });

  it("says of every tool what it takes, gives and does to the world", () => {
    const incomplete = listed.filter(
      ({ description, inputSchema, outputSchema, annotations }) =>
        (description ?? "") === "" ||
        inputSchema.type !== "object" ||
        outputSchema?.["type"] !== "object" ||
        Object.keys(annotations ?? {}).length !== 1,
    );
    expect(incomplete).toEqual([]);
    expect(new Set(listed.map(({ name }) => name)).size).toBe(listed.length);
  });

  it("has the fifteen tools of ruv-swarm with the same parameters", () => {
    const own = Object.keys(RUV_SWARM).map((name) => {
      const tool = listed.find((each) => each.name === name);
      return [name, Object.keys(tool?.inputSchema.properties ?? {})];
    });
    expect(Object.fromEntries(own)).toEqual(RUV_SWARM);
  });

  it("is the one that docs/mcp.md has", async () => {
    const page = await readFile(new URL("../../docs/mcp.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name);
    expect([...new Set(rows)].sort()).toEqual(listed.map(({ name }) => name).sort());
  });
});
