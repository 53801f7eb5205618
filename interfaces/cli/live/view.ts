import { SEVERITIES } from "./finding-progress.ts";
import type { AgentProgress, Progress, StageProgress, TaskPlace } from "./progress.ts";
import { type Colour, renderLine, type Span, type TerminalStyle } from "./terminal-line.ts";

export interface ViewSize {
  readonly columns: number;
  readonly rows: number;
}

const MOST_STAGES = 8;
const MOST_AGENTS = 8;
const LEAST_ROWS = 4;
/** Below this width there is no room for bars and for what matters less; numbers come first then. */
const NARROW_COLUMNS = 44;
const BAR_COLUMNS = 24;

/** The progress as lines that fit the terminal. Pure. @param nowMs wall time */
export function renderProgress(
  progress: Progress,
  { columns, rows }: ViewSize,
  { nowMs, style }: { readonly nowMs: number; readonly style: TerminalStyle },
): readonly string[] {
  const isNarrow = columns < NARROW_COLUMNS;
  const blocks = [
    [headLine(progress, nowMs, { style, isNarrow })],
    stageLines(progress, { style, isNarrow }),
    agentLines(progress, isNarrow),
    findingLines(progress, style),
  ];
  const lines = blocks.flat().slice(0, Math.max(LEAST_ROWS, rows - 1));
  // The last column stays free: a terminal that wraps there would show one row more than we count.
  return lines.map((spans) => renderLine(spans, Math.max(1, columns - 1), style));
}

interface Look {
  readonly style: TerminalStyle;
  readonly isNarrow: boolean;
}

function headLine(progress: Progress, nowMs: number, { style, isNarrow }: Look): readonly Span[] {
  const { cascade, startedAtMs, note } = progress;
  if (startedAtMs === undefined) {
    return [
      { text: `${cascade}  `, colour: "bold" },
      { text: "starting" },
      { text: note === "" ? "" : `: ${note}`, colour: "dim" },
    ];
  }
  const seconds = Math.max(0, nowMs - startedAtMs) / 1_000;
  if (isNarrow) return [{ text: `${seconds.toFixed(1)} s  ` }, { text: cascade, colour: "bold" }];
  const again = progress.retried === 0 ? "" : `${dot(style)}${progress.retried} attempted again`;
  return [{ text: cascade, colour: "bold" }, { text: `  ${seconds.toFixed(1)} s${again}` }];
}

const STATUS: Readonly<
  Record<StageProgress["status"], { unicode: string; ascii: string; colour: Colour }>
> = {
  succeeded: { unicode: "✓", ascii: "+", colour: "green" },
  running: { unicode: "▸", ascii: ">", colour: "cyan" },
  failed: { unicode: "✗", ascii: "x", colour: "red" },
  waiting: { unicode: "·", ascii: ".", colour: "dim" },
  paused: { unicode: "…", ascii: "~", colour: "yellow" },
  skipped: { unicode: "–", ascii: "-", colour: "dim" },
};

/** With many stages, those that run or failed; the others as counts. */
function stageLines({ stages }: Progress, look: Look): readonly (readonly Span[])[] {
  const { style } = look;
  const isMany = stages.length > MOST_STAGES;
  const named = isMany
    ? stages
        .filter(({ status }) => ["running", "failed", "paused"].includes(status))
        .slice(0, MOST_STAGES - 1)
    : stages;
  const longest = Math.max(0, ...named.map(({ id }) => id.length));
  const lines = named.map((stage) => stageLine(stage, longest, look));
  if (!isMany) return lines;
  const of = (status: StageProgress["status"]): number =>
    stages.filter((stage) => stage.status === status).length;
  const text = `  ${stages.length} stages${dot(style)}${of("succeeded")} succeeded${dot(style)}${of("running")} running${dot(style)}${of("waiting")} waiting`;
  return [[{ text }], ...lines];
}

function stageLine(
  { id, status, tasks, succeeded, waitsFor = "", cache }: StageProgress,
  longest: number,
  { style, isNarrow }: Look,
): readonly Span[] {
  const { colour, ...marks } = STATUS[status];
  const mark: Span = { text: `  ${style.unicode ? marks.unicode : marks.ascii} `, colour };
  if (status === "paused") return [mark, { text: `${id.padEnd(longest)}  waits for ${waitsFor}` }];
  if (tasks === undefined && cache !== undefined && status === "succeeded") {
    return [mark, { text: `${id.padEnd(longest)}  ` }, { text: cache, colour: "dim" }];
  }
  if (tasks === undefined) return [mark, taskless(id, status)];
  const count = tasks === 0 ? "nothing to do" : `${succeeded}/${tasks}`;
  const name: Span = { text: `${id.padEnd(longest)}  ` };
  if (isNarrow) return [mark, { text: `${count} ${id}` }];
  const missed: readonly Span[] =
    cache === undefined ? [] : [{ text: `  ${cache}`, colour: "dim" }];
  if (tasks <= 1) return [mark, name, { text: count }, ...missed];
  const full = Math.round((succeeded / tasks) * BAR_COLUMNS);
  const [done, open] = style.unicode ? ["█", "░"] : ["#", "-"];
  return [
    mark,
    name,
    { text: done.repeat(full), colour },
    { text: open.repeat(BAR_COLUMNS - full), colour: "dim" },
    { text: `  ${count}` },
    ...missed,
  ];
}

/** A stage that has not started, or that the coordinator carried out itself. */
function taskless(id: string, status: StageProgress["status"]): Span {
  if (status === "skipped") return { text: `${id}  skipped`, colour: "dim" };
  return status === "waiting" ? { text: id, colour: "dim" } : { text: id };
}

function agentLines(progress: Progress, isNarrow: boolean): readonly (readonly Span[])[] {
  const { agents } = progress;
  if (agents.length === 0) return [];
  const isMany = agents.length > MOST_AGENTS;
  const shown = isMany ? agents.slice(0, MOST_AGENTS - 1) : agents;
  const longest = Math.max(...shown.map(({ agent }) => agent.length));
  const lines = shown.map((agent) => agentLine(agent, { longest, isNarrow, progress }));
  if (!isMany) return [[], ...lines];
  const rest = agents.slice(shown.length);
  const busy = rest.filter(({ at }) => at !== undefined).length;
  const text = `  and ${rest.length} agents more${progress.isHeard ? `, ${busy} of them at work` : ""}`;
  return [[], ...lines, [{ text, colour: "dim" }]];
}

function agentLine(
  { agent, at, tasks }: AgentProgress,
  {
    longest,
    isNarrow,
    progress,
  }: { readonly longest: number; readonly isNarrow: boolean; readonly progress: Progress },
): readonly Span[] {
  const work: Span =
    at === undefined
      ? { text: progress.isHeard ? "free" : "", colour: "dim" }
      : { text: describeTask(at, progress) };
  if (isNarrow) return [{ text: `${agent} ` }, work];
  return [
    { text: `  ${agent.padEnd(longest)}  ` },
    { text: `${tasks} done`.padEnd(9), colour: "dim" },
    work,
  ];
}

/** `lint-code 3/12`: the skill, and which entry of the fan-out. */
function describeTask(
  { run, stage: id, index }: TaskPlace,
  { run: own, stages }: Progress,
): string {
  if (run !== own) return "another run";
  const stage = stages.find((each) => each.id === id);
  const skills = stage?.skills ?? [];
  const skill = skills[index % Math.max(1, skills.length)] ?? id;
  const entries = (stage?.tasks ?? 0) / Math.max(1, skills.length);
  return entries > 1 ? `${skill} ${Math.floor(index / skills.length) + 1}/${entries}` : skill;
}

const SEVERITY_COLOUR: Readonly<Record<string, Colour>> = {
  critical: "red",
  high: "red",
  medium: "yellow",
  low: "dim",
};

function findingLines({ findings }: Progress, style: TerminalStyle): readonly (readonly Span[])[] {
  const counts = SEVERITIES.filter((severity) => (findings.counts[severity] ?? 0) > 0);
  const { uncounted } = findings;
  if (counts.length === 0 && uncounted === 0) return [];
  const head: Span[] = [{ text: "  found so far  " }];
  for (const [position, severity] of counts.entries()) {
    if (position > 0) head.push({ text: dot(style) });
    head.push({ text: `${findings.counts[severity]} ${severity}`, ...colourOf(severity) });
  }
  if (uncounted > 0) {
    head.push({
      text: `${counts.length > 0 ? dot(style) : ""}${uncounted} large ${uncounted === 1 ? "output" : "outputs"} not counted yet`,
      colour: "dim",
    });
  }
  const latest = findings.latest.map(({ severity, place, message }) => [
    { text: `    ${severity.padEnd(9)}`, ...colourOf(severity) },
    { text: `${place}  ` },
    { text: message, colour: "dim" as const },
  ]);
  return [[], head, ...latest];
}

function colourOf(severity: string): { readonly colour?: Colour } {
  const colour = SEVERITY_COLOUR[severity];
  return colour === undefined ? {} : { colour };
}

function dot({ unicode }: TerminalStyle): string {
  return unicode ? " · " : ", ";
}
