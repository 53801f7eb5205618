import { expect, it } from "vitest";
import type { PublishedEvent } from "../../bus/messages.ts";
import { parseAgentId, parseRunId } from "../../core/ids.ts";
import type { JsonObject } from "../../core/json.ts";
import { Metrics } from "../../interfaces/dashboard/server/metrics.ts";

let n = 0;
function event(run: string, type: string, atMs: number, data: JsonObject = {}): PublishedEvent {
  return { v: 1, run: parseRunId(run), n: ++n, atMs, type, data };
}

it("tells Prometheus of runs, attempts and models, and of the agents that answer", () => {
  const metrics = new Metrics();
  metrics.add(event("r1", "run.started", 0, { cascade: 'odd"name' }));
  const error = { code: "skill-failed", message: "no", disposition: "retry" };
  const task = { stage: "s", index: 0, attempt: 1 };
  metrics.add(event("r1", "task.failed", 10, { ...task, error, retryAtMs: 20 }));
  const model = { provider: "openai", served: "small" };
  const value = { model, cost_usd: 0.25, usage: { inputTokens: 7, outputTokens: 2 } };
  metrics.add(event("r1", "task.succeeded", 30, { ...task, durationMs: 2_000, output: { value } }));
  metrics.add(event("r1", "stage.succeeded", 30, { stage: "s" }));
  metrics.add(event("r1", "run.succeeded", 400));
  const agent = {
    ...{ v: 1 as const, agent: parseAgentId("a1"), host: "h", status: "serving" as const },
    ...{ slots: { light: 8, heavy: 1, sandbox: 0 }, busy: { light: 3, heavy: 1, sandbox: 0 } },
    skills: [],
  };
  const lines = metrics.text([agent], { version: "1.2.3" }).split("\n");
  expect(lines.filter((line) => !line.startsWith("#") && !line.includes("_bucket"))).toEqual([
    'cascade_runs_total{cascade="odd\\"name",status="succeeded"} 1',
    'cascade_run_duration_seconds_sum{status="succeeded"} 0.4',
    'cascade_run_duration_seconds_count{status="succeeded"} 1',
    'cascade_stages_total{status="succeeded"} 1',
    'cascade_task_duration_seconds_sum{status="succeeded"} 2',
    'cascade_task_duration_seconds_count{status="succeeded"} 1',
    'cascade_task_failures_total{code="skill-failed"} 1',
    'cascade_stage_retries_total{reason="skill-failed"} 1',
    'cascade_model_tokens_total{provider="openai",model="small",direction="input"} 7',
    'cascade_model_tokens_total{provider="openai",model="small",direction="output"} 2',
    'cascade_model_cost_usd_total{provider="openai",model="small"} 0.25',
    'cascade_agents{state="serving"} 1',
    'cascade_agents{state="draining"} 0',
    'cascade_agent_slots{lane="light",state="busy"} 3',
    'cascade_agent_slots{lane="light",state="free"} 5',
    'cascade_agent_slots{lane="heavy",state="busy"} 1',
    'cascade_agent_slots{lane="heavy",state="free"} 0',
    'cascade_agent_slots{lane="sandbox",state="busy"} 0',
    'cascade_agent_slots{lane="sandbox",state="free"} 0',
    'cascade_build_info{version="1.2.3"} 1',
    "",
  ]);
  expect(lines).toContain('cascade_task_duration_seconds_bucket{status="succeeded",le="1"} 0');
  expect(lines).toContain('cascade_task_duration_seconds_bucket{status="succeeded",le="5"} 1');
});

it("bounds its labels: of a thousand cascades, the late ones are counted together", () => {
  const metrics = new Metrics();
  for (let at = 0; at < 1_000; at++) {
    metrics.add(event(`r${at}`, "run.started", 0, { cascade: `c${at}` }));
    metrics.add(event(`r${at}`, "run.failed", 1, {}));
  }
  const lines = metrics.text([], { version: "0" }).match(/^cascade_runs_total\{.*$/gm) ?? [];
  expect(lines).toHaveLength(201);
  expect(lines).toContain('cascade_runs_total{cascade="other",status="failed"} 800');
});
