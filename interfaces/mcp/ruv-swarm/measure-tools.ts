import { freemem } from "node:os";
import { z } from "zod";
import { type Client, isOutcome } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import { defineTool } from "../tool.ts";
import type { ToolContext } from "../tool-context.ts";
import { usageOf } from "./process-usage.ts";
import { agentFacts } from "./swarm-facts.ts";

const BENCHMARKS = ["all", "wasm", "swarm", "agent", "task"] as const;
const NO_WASM = "agents run TypeScript in processes; there is no WebAssembly part to measure";

/** A run without a task: the coordinator alone. */
const EMPTY_RUN = JSON.stringify({
  cascade: "benchmark",
  stages: [{ stage: "none", transform: 1 }],
});
/** Tasks that do next to nothing, one for each entry. */
const EMPTY_TASKS = JSON.stringify({
  cascade: "benchmark",
  inputs: [{ name: "entries", type: "array" }],
  stages: [
    {
      stage: "work",
      type: "parallel",
      foreach: "${inputs.entries}",
      skills: ["transform-data"],
      inputs: { rows: [] },
    },
  ],
});

export const benchmarkRun = defineTool({
  name: "benchmark_run",
  description:
    "Measures this swarm, now: swarm = runs without tasks, agent = runs of one empty task, task = one run of as many empty tasks as iterations.",
  effect: "adds",
  input: z
    .object({
      type: z.enum(BENCHMARKS).default("all"),
      iterations: z.int().min(1).max(100).default(10),
    })
    .strict(),
  output: z.object({ benchmark_type: z.string(), results: z.unknown() }).loose(),
  async call({ type, iterations }, context) {
    if (type === "wasm") throw new SwarmError("not-supported", NO_WASM);
    const startedMs = performance.now();
    const client = await context.swarm.client();
    const run = (definition: string, entries?: number): Promise<number> =>
      timedRun(client, definition, entries, context);
    await run(EMPTY_TASKS, 1); // the first task loads the skill
    const kinds = {
      swarm: () => repeated(iterations, () => run(EMPTY_RUN), context),
      agent: () => repeated(iterations, () => run(EMPTY_TASKS, 1), context),
      task: async () => {
        const ms = await run(EMPTY_TASKS, iterations);
        return {
          tasks: iterations,
          total_ms: rounded(ms),
          tasks_per_second: rounded((iterations * 1_000) / ms),
        };
      },
    };
    const results: Record<string, JsonObject> = {};
    for (const kind of ["swarm", "agent", "task"] as const) {
      if (type === "all" || type === kind) results[kind] = await kinds[kind]();
    }
    if (type === "all") results["wasm"] = { measured: false, reason: NO_WASM };
    return {
      data: {
        benchmark_type: type,
        iterations,
        results,
        environment: {
          node: process.version,
          platform: process.platform,
          agents: (await client.agents()).length,
        },
        performance: { total_benchmark_time_ms: Math.round(performance.now() - startedMs) },
      },
    };
  },
});

/** Milliseconds from submitting a run until its outcome was heard. @throws SwarmError when it does not succeed */
async function timedRun(
  client: Client,
  definition: string,
  entries: number | undefined,
  { directory, signal }: ToolContext,
): Promise<number> {
  const inputs = entries === undefined ? {} : { entries: Array.from({ length: entries }, () => 0) };
  const startedMs = performance.now();
  const { runId } = await client.submit({ cascade: "benchmark", definition, inputs, directory });
  for await (const event of client.watch(runId, signal)) {
    if (!isOutcome(event)) continue;
    if (event.type === "run.succeeded") return performance.now() - startedMs;
    throw new SwarmError("skill-failed", `the measured run ${runId} ended with ${event.type}`);
  }
  throw new SwarmError("coordinator-unavailable", `nothing was heard of the run ${runId}`);
}

async function repeated(
  iterations: number,
  once: () => Promise<number>,
  { progress }: ToolContext,
): Promise<JsonObject> {
  const took: number[] = [];
  while (took.length < iterations) {
    took.push(await once());
    progress(took.length, iterations, "measured");
  }
  const sorted = took.toSorted((a, b) => a - b);
  return {
    runs: iterations,
    avg_ms: rounded(took.reduce((sum, ms) => sum + ms, 0) / iterations),
    min_ms: rounded(sorted[0] ?? 0),
    median_ms: rounded(sorted[Math.floor(iterations / 2)] ?? 0),
    max_ms: rounded(sorted.at(-1) ?? 0),
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

const CATEGORIES = ["all", "wasm", "simd", "memory", "platform"] as const;
/** A module with one function that makes a vector of 128 bits: valid only where there are such. */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0],
  ...[253, 15, 253, 98, 11],
);

/** The types of Node.js leave it out. */
const { WebAssembly: webAssembly } = globalThis as unknown as {
  readonly WebAssembly?: { validate(bytes: Uint8Array): boolean };
};

export const featuresDetect = defineTool({
  name: "features_detect",
  description: "Says what this runtime has. Neural networks and forecasting there are none.",
  effect: "reads",
  input: z.object({ category: z.enum(CATEGORIES).default("all") }).strict(),
  output: z.object({}).loose(),
  async call({ category }) {
    const simd = webAssembly?.validate(SIMD_MODULE) === true;
    const groups = {
      wasm: {
        supported: webAssembly !== undefined,
        modules_loaded: null,
        simd_support: simd,
      },
      simd: { supported: simd },
      memory: {
        heap_used_mb: megabytes(process.memoryUsage().heapUsed),
        free_mb: megabytes(freemem()),
      },
      platform: { platform: process.platform, arch: process.arch, node: process.version },
    };
    if (category !== "all") return { data: { [category]: groups[category] } };
    return {
      data: {
        runtime: groups.platform,
        ...groups,
        neural_networks: { available: false },
        forecasting: { available: false },
        cognitive_diversity: { available: false },
      },
    };
  },
});

const DETAILS = ["summary", "detailed", "by-agent"] as const;

export const memoryUsage = defineTool({
  name: "memory_usage",
  description:
    "Main memory of this server and of the swarm that it started. For stored values see memory.",
  effect: "reads",
  input: z.object({ detail: z.enum(DETAILS).default("summary") }).strict(),
  output: z.object({}).loose(),
  async call({ detail }, { swarm, state }) {
    const server = megabytes(process.memoryUsage().rss);
    const processes = [...swarm.pids].map(([name, pid]) => ({ name, ...usageOf(pid) }));
    const known = processes.every(({ memory_mb }) => memory_mb !== null);
    if (detail === "by-agent") {
      const opened = await swarm.found();
      const agents = opened === undefined ? [] : await opened.session.client.agents();
      return {
        data: {
          agents: agents.map((agent) => ({
            agent_id: agent.agent,
            agent_name: agentFacts(agent, state)["name"],
            agent_type: agentFacts(agent, state)["type"],
            memory_mb: usageOf(swarm.pids.get(agent.agent)).memory_mb,
            neural_network: false,
          })),
        },
      };
    }
    const summary = {
      total_mb: known
        ? processes.reduce((sum, { memory_mb }) => sum + (memory_mb ?? 0), server)
        : null,
      wasm_mb: null,
      javascript_mb: megabytes(process.memoryUsage().heapUsed),
      available_mb: megabytes(freemem()),
    };
    if (detail === "summary") return { data: summary };
    const breakdown = [{ name: "server", memory_mb: server }, ...processes];
    return { data: { ...summary, memory_breakdown: breakdown } };
  },
});

function megabytes(bytes: number): number {
  return Math.round((bytes / 1_048_576) * 10) / 10;
}
