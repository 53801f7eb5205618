import type { Heartbeat, PublishedEvent } from "../../../bus/messages.ts";
import { isJsonObject, type Json } from "../../../core/json.ts";
import { LANES } from "../../../core/plan.ts";

/** Seconds. */
const BUCKETS = [0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200] as const;
/** So many values one label may have; what comes later is counted as `other`. */
const MOST_VALUES = 200;
/** So many runs are remembered for how long they take. */
const MOST_RUNS = 20_000;

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

/**
 * What Prometheus is told: counted from the events of all runs since the dashboard was started, so that a counter begins at 0 with
 * it. Labels are bounded: no run, stage or agent is named.
 */
export class Metrics {
  readonly #counters = new Map<string, Map<string, number>>();
  readonly #histograms = new Map<string, Map<string, Histogram>>();
  readonly #values = new Map<string, Set<string>>();
  readonly #runs = new Map<string, { readonly cascade: string; readonly startedMs: number }>();

  add({ run, type, atMs, data }: PublishedEvent): void {
    switch (type) {
      case "run.started":
        this.#runs.set(run, { cascade: String(data["cascade"]), startedMs: atMs });
        this.#forgetOldest();
        break;
      case "run.succeeded":
      case "run.failed":
      case "run.cancelled":
        this.#endRun(run, type.slice("run.".length), atMs);
        break;
      case "task.succeeded": {
        const seconds = Number(data["durationMs"]) / 1_000;
        this.#observe("cascade_task_duration_seconds", { status: "succeeded" }, seconds);
        this.#countModel(data["output"]);
        break;
      }
      case "task.failed":
        this.#count("cascade_task_failures_total", { code: codeOf(data["error"]) });
        if (data["retryAtMs"] !== undefined)
          this.#count("cascade_stage_retries_total", { reason: codeOf(data["error"]) });
        break;
      case "stage.succeeded":
      case "stage.failed":
      case "stage.skipped":
      case "stage.reused":
        this.#count("cascade_stages_total", { status: type.slice("stage.".length) });
        break;
    }
  }

  /** In the text format of Prometheus. @param agents as they report themselves */
  text(agents: readonly Heartbeat[], about: { readonly version: string }): string {
    return [
      ...HELP.flatMap(([name, kind, help]) => {
        const lines = kind === "histogram" ? this.#histogramLines(name) : this.#counterLines(name);
        return lines.length === 0 ? [] : head(name, kind, help).concat(lines);
      }),
      ...agentLines(agents),
      ...head("cascade_build_info", "gauge", "What runs here."),
      line("cascade_build_info", { version: about.version }, 1),
      "",
    ].join("\n");
  }

  #forgetOldest(): void {
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > MOST_RUNS && oldest !== undefined) this.#runs.delete(oldest);
  }

  #endRun(run: string, status: string, atMs: number): void {
    const known = this.#runs.get(run);
    this.#runs.delete(run);
    const cascade = known === undefined ? "" : known.cascade;
    this.#count("cascade_runs_total", { cascade, status });
    if (known === undefined) return;
    const seconds = (atMs - known.startedMs) / 1_000;
    this.#observe("cascade_run_duration_seconds", { status }, seconds);
  }

  #countModel(output: Json | undefined): void {
    const value = isJsonObject(output) ? output["value"] : undefined;
    if (!isJsonObject(value) || !isJsonObject(value["model"])) return;
    const { provider, served } = value["model"];
    const labels = { provider: String(provider), model: String(served) };
    this.#count("cascade_model_cost_usd_total", labels, Number(value["cost_usd"] ?? 0));
    const usage = isJsonObject(value["usage"]) ? value["usage"] : {};
    for (const direction of ["input", "output"]) {
      const tokens = usage[`${direction}Tokens`];
      if (typeof tokens === "number")
        this.#count("cascade_model_tokens_total", { ...labels, direction }, tokens);
    }
  }

  #count(name: string, labels: Labels, by = 1): void {
    const values = known(this.#counters, name, () => new Map<string, number>());
    const key = this.#key(name, labels);
    values.set(key, (values.get(key) ?? 0) + by);
  }

  #observe(name: string, labels: Labels, seconds: number): void {
    const values = known(this.#histograms, name, () => new Map<string, Histogram>());
    const empty = (): Histogram => ({ counts: BUCKETS.map(() => 0), sum: 0, count: 0 });
    const histogram = known(values, this.#key(name, labels), empty);
    for (const [at, most] of BUCKETS.entries()) {
      if (seconds <= most) histogram.counts[at] = (histogram.counts[at] ?? 0) + 1;
    }
    histogram.sum += seconds;
    histogram.count += 1;
  }

  #key(name: string, labels: Labels): string {
    const bounded = Object.entries(labels).map(([label, value]) => {
      const values = known(this.#values, `${name} ${label}`, () => new Set<string>());
      if (values.size < MOST_VALUES) values.add(value);
      return [label, values.has(value) ? value : "other"];
    });
    return labelText(Object.fromEntries(bounded) as Labels);
  }

  #counterLines(name: string): string[] {
    return [...(this.#counters.get(name) ?? [])].map(([key, value]) => `${name}{${key}} ${value}`);
  }

  #histogramLines(name: string): string[] {
    return [...(this.#histograms.get(name) ?? [])].flatMap(([key, { counts, sum, count }]) => [
      ...BUCKETS.map((most, at) => `${name}_bucket{${key},le="${most}"} ${counts[at]}`),
      `${name}_bucket{${key},le="+Inf"} ${count}`,
      `${name}_sum{${key}} ${sum}`,
      `${name}_count{${key}} ${count}`,
    ]);
  }
}

type Labels = Readonly<Record<string, string>>;

const HELP = [
  ["cascade_runs_total", "counter", "Runs that ended."],
  ["cascade_run_duration_seconds", "histogram", "From the start of a run to its end."],
  ["cascade_stages_total", "counter", "Stages that ended."],
  ["cascade_task_duration_seconds", "histogram", "What agents worked on tasks that succeeded."],
  ["cascade_task_failures_total", "counter", "Attempts that failed."],
  ["cascade_stage_retries_total", "counter", "Attempts that failed and are tried again."],
  ["cascade_model_tokens_total", "counter", "Tokens that models were paid for."],
  ["cascade_model_cost_usd_total", "counter", "What models cost, in US dollars."],
] as const;

function agentLines(agents: readonly Heartbeat[]): string[] {
  const states = new Map<string, number>([
    ["serving", 0],
    ["draining", 0],
  ]);
  const slots = new Map<string, number>();
  for (const { status, slots: has, busy } of agents) {
    states.set(status, (states.get(status) ?? 0) + 1);
    for (const lane of LANES) {
      add(slots, labelText({ lane, state: "busy" }), busy[lane]);
      add(slots, labelText({ lane, state: "free" }), Math.max(0, has[lane] - busy[lane]));
    }
  }
  return [
    ...head("cascade_agents", "gauge", "Agents that answer."),
    ...[...states].map(([state, count]) => line("cascade_agents", { state }, count)),
    ...head("cascade_agent_slots", "gauge", "Tasks that agents have room for, and that they hold."),
    ...[...slots].map(([key, count]) => `cascade_agent_slots{${key}} ${count}`),
  ];
}

function add(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function codeOf(error: Json | undefined): string {
  return isJsonObject(error) ? String(error["code"]) : "unknown";
}

function head(name: string, kind: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`];
}

function line(name: string, labels: Labels, value: number): string {
  return `${name}{${labelText(labels)}} ${value}`;
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escaped)}"`)
    .join(",");
}

function escaped(character: string): string {
  return character === "\n" ? "\\n" : `\\${character}`;
}

function known<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
