import { relative } from "node:path";
import type { PublishedEvent } from "../../bus/messages.ts";
import type { ErrorRecord } from "../../core/errors.ts";
import { formatLocation } from "../../core/errors.ts";
import { isJsonObject, type Json } from "../../core/json.ts";
import { printable } from "./terminal-text.ts";

/** What is remembered of a run while it is watched, for the lines at its end. */
export class RunSummary {
  readonly #tasksByAgent = new Map<string, number>();
  #startedMs = 0;
  #endedMs = 0;
  #cascade = "";
  #outcome: PublishedEvent | undefined;
  #redistributed = 0;

  add(event: PublishedEvent): void {
    if (event.type === "run.started") {
      this.#startedMs = event.atMs;
      this.#cascade = String(event.data["cascade"]);
    }
    if (event.type === "task.succeeded") {
      const agent = String(event.data["agent"]);
      this.#tasksByAgent.set(agent, (this.#tasksByAgent.get(agent) ?? 0) + 1);
    }
    if (event.type === "task.failed" && event.data["retryAtMs"] !== undefined)
      this.#redistributed += 1;
    if (event.type.startsWith("run.")) {
      this.#outcome = event;
      this.#endedMs = event.atMs;
    }
  }

  get succeeded(): boolean {
    return this.#outcome?.type === "run.succeeded";
  }

  /** About ten lines for a person. @param directory that paths are shown relative to */
  lines(directory: string): readonly string[] {
    const seconds = ((this.#endedMs - this.#startedMs) / 1_000).toFixed(1);
    const status = this.#outcome?.type.slice("run.".length) ?? "unfinished";
    const head = `${this.#cascade} ${status} in ${seconds} s`;
    return [head, ...this.#agentLines(), ...this.#outcomeLines(directory)].map(printable);
  }

  /** The machine-readable form of the same. */
  json(): Json {
    return {
      schemaVersion: 1,
      run: this.#outcome?.run ?? null,
      cascade: this.#cascade,
      status: this.#outcome?.type.slice("run.".length) ?? null,
      durationMs: this.#endedMs - this.#startedMs,
      tasksByAgent: Object.fromEntries(this.#tasksByAgent),
      output: this.#output() ?? null,
      error: (this.#outcome?.data["error"] as Json | undefined) ?? null,
    };
  }

  #agentLines(): string[] {
    if (this.#tasksByAgent.size === 0) return [];
    const shares = [...this.#tasksByAgent].sort(([a], [b]) => a.localeCompare(b));
    const moved = this.#redistributed > 0 ? `, ${this.#redistributed} attempted again` : "";
    return [
      `  tasks     ${shares.map(([agent, tasks]) => `${agent} ${tasks}`).join(" · ")}${moved}`,
    ];
  }

  #outcomeLines(directory: string): string[] {
    const error = this.#outcome?.data["error"] as ErrorRecord | undefined;
    if (error !== undefined) {
      const place = formatLocation(error.location);
      return [
        `  ${error.code}${place === "" ? "" : ` at ${place}`}: ${error.message}`,
        ...(error.hint === undefined ? [] : [`  ${error.hint}`]),
      ];
    }
    const output = this.#output();
    if (!isJsonObject(output)) return [];
    return isQualityReport(output)
      ? qualityLines(output, directory)
      : [`  output    ${shortJson(output as Json)}`];
  }

  #output(): Json | undefined {
    const output = this.#outcome?.data["output"];
    return isJsonObject(output) ? (output["value"] as Json | undefined) : undefined;
  }
}

interface QualityReport {
  readonly headline: string;
  readonly report_md: string;
  readonly report_json: string;
  readonly findings: Readonly<Record<string, number>>;
  readonly top: readonly Readonly<Record<string, Json>>[];
}

function isQualityReport(output: unknown): output is QualityReport {
  return (
    isJsonObject(output) && typeof output["report_md"] === "string" && Array.isArray(output["top"])
  );
}

const TOP_SHOWN = 5;

function qualityLines(report: QualityReport, directory: string): string[] {
  const top = report.top.slice(0, TOP_SHOWN).map((finding) => {
    const place = `${String(finding["file"])}:${String(finding["line"])}`;
    return `    ${String(finding["severity"]).padEnd(8)} ${place}  ${String(finding["message"]).slice(0, 100)}`;
  });
  return [
    `  result    ${report.headline}`,
    ...top,
    `  report    ${relative(directory, report.report_md) || report.report_md}`,
    `            ${relative(directory, report.report_json) || report.report_json}`,
  ];
}

function shortJson(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= 400 ? text : `${text.slice(0, 400)}…`;
}
