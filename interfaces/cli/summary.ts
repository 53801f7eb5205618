import type { PublishedEvent } from "../../bus/messages.ts";
import type { ErrorRecord } from "../../core/errors.ts";
import { formatLocation } from "../../core/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { fixLines } from "./fix-lines.ts";
import type { Gate } from "./quality-gate.ts";
import { type ReportFile, shortPath } from "./report-files.ts";
import { printable } from "./terminal-text.ts";

/** What is remembered of a run while it is watched, for the lines at its end. */
export class RunSummary {
  readonly #tasksByAgent = new Map<string, number>();
  #startedMs = 0;
  #endedMs = 0;
  #cascade = "";
  #outcome: PublishedEvent | undefined;
  #redistributed = 0;
  #output: Json | undefined;

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

  /** Gets the output of a run that succeeded. @param load reads what its event names */
  async loadOutput(load: (outcome: PublishedEvent) => Promise<Json>): Promise<void> {
    if (this.#outcome !== undefined && this.succeeded) this.#output = await load(this.#outcome);
  }

  /** About ten lines for a person. */
  lines(about: AboutResult): readonly string[] {
    const seconds = ((this.#endedMs - this.#startedMs) / 1_000).toFixed(1);
    const status = this.#outcome?.type.slice("run.".length) ?? "unfinished";
    const head = `${this.#cascade} ${status} in ${seconds} s`;
    return [head, ...this.#agentLines(), ...this.#outcomeLines(about)].map(printable);
  }

  /** The machine-readable form of the same. */
  json(): JsonObject {
    return {
      schemaVersion: 1,
      run: this.#outcome?.run ?? null,
      cascade: this.#cascade,
      status: this.#outcome?.type.slice("run.".length) ?? null,
      durationMs: this.#endedMs - this.#startedMs,
      tasksByAgent: Object.fromEntries(this.#tasksByAgent),
      output: this.output ?? null,
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

  #outcomeLines(about: AboutResult): string[] {
    const error = this.#outcome?.data["error"] as ErrorRecord | undefined;
    if (error !== undefined) {
      const place = formatLocation(error.location);
      return [
        `  ${error.code}${place === "" ? "" : ` at ${place}`}: ${error.message}`,
        ...(error.hint === undefined ? [] : [`  ${error.hint}`]),
      ];
    }
    const { output } = this;
    const result = isJsonObject(output)
      ? [...qualityLines(output, about.columns), ...fixLines(output, about.directory)]
      : [];
    const files = reportLines(about);
    return [
      ...(output === undefined || result.length > 0 || files.length > 0
        ? result
        : [`  output    ${shortJson(output)}`]),
      ...gateLines(about.gate),
      ...files,
    ];
  }

  /** Undefined while there is none. */
  get output(): Json | undefined {
    return this.#output;
  }
}

/** What is told beside what the events say. */
export interface AboutResult {
  /** Paths are shown relative to it. */
  readonly directory: string;
  readonly gate: Gate;
  readonly reports: readonly ReportFile[];
  /** Of the terminal; undefined when it is none. Only messages are cut, never paths. */
  readonly columns: number | undefined;
}

const TOP_SHOWN = 5;
const MESSAGE_LENGTH = 100;
const OUTPUT_LENGTH = 400;
const LEAST_ROOM = 20;

/** What a quality report says of itself; nothing for any other output. */
function qualityLines(output: JsonObject, columns: number | undefined): string[] {
  const { headline, top } = output;
  if (typeof headline !== "string") return [];
  const findings = (Array.isArray(top) ? top.filter(isJsonObject) : []).slice(0, TOP_SHOWN);
  return [
    ...scoreLines(output),
    `  result    ${headline}`,
    ...cachedLines(output),
    ...findings.map((finding) => {
      const place = `${String(finding["file"])}:${String(finding["line"])}`;
      const head = `    ${String(finding["severity"]).padEnd(8)} ${printable(place)}  `;
      const room =
        columns === undefined ? MESSAGE_LENGTH : Math.max(LEAST_ROOM, columns - head.length);
      return `${head}${shorten(String(finding["message"]), room)}`;
    }),
  ];
}

function shorten(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

/** `score 83 of 100, grade B · 4 new findings`, as far as it is known. */
function scoreLines({ score, grade, new_findings: fresh }: JsonObject): string[] {
  const nested = isJsonObject(score) ? score : { value: score, grade };
  const value = nested["value"];
  const letter = nested["grade"] ?? grade;
  const parts = [
    typeof value === "number" ? `${value} of 100` : "",
    typeof letter === "string" ? `grade ${letter}` : "",
  ].filter((part) => part !== "");
  const news = newFindings(fresh);
  if (parts.length === 0 && news === undefined) return [];
  return [`  score     ${[parts.join(", "), news].filter((part) => part).join(" · ")}`];
}

function cachedLines(output: JsonObject): string[] {
  const { file_analyses: all, file_analyses_cached: cached } = output;
  if (typeof all !== "number" || typeof cached !== "number" || cached === 0) return [];
  return [`  cached    ${cached} of ${all} file analyses, from earlier runs`];
}

function newFindings(fresh: Json | undefined): string | undefined {
  const count = Array.isArray(fresh) ? fresh.length : fresh;
  if (typeof count !== "number") return undefined;
  return count === 1 ? "1 new finding" : `${count} new findings`;
}

function gateLines(gate: Gate): string[] {
  if (gate.status === "not-set") return [];
  if (gate.status === "passed") return ["  gate      met"];
  return gate.reasons.map(
    (reason, at) => `  ${at === 0 ? "gate      NOT MET: " : "          "}${reason}`,
  );
}

function reportLines({ directory, reports }: AboutResult): string[] {
  return reports.map(
    ({ path }, at) => `  ${at === 0 ? "report" : "      "}    ${shortPath(directory, path)}`,
  );
}

function shortJson(value: Json): string {
  return shorten(JSON.stringify(value), OUTPUT_LENGTH);
}
