import { budgetLines } from "./budget-summary.ts";
import type { InputSummary, PlanSummary, SkillSummary } from "./plan-summary.ts";
import { stageLines } from "./stage-lines.ts";
import { directNeeds } from "./stage-order.ts";
import {
  counted,
  durationText,
  labelled,
  labelWidthFor,
  padded,
  shortened,
  wrapped,
} from "./text-layout.ts";

const LONGEST_VALUE = 120;
const STAGES_NAMED = 3;

/** What a run would do, for people. @param width columns that no line goes beyond; 40 at least */
export function planText(summary: PlanSummary, width: number): string {
  return [
    ...headLines(summary, width),
    ...["", "Inputs", ...inputLines(summary.inputs, width)],
    ...waveLines(summary, width),
    ...["", "Worst case", ...worstCaseLines(summary, width)],
    ...budgetLines(summary.budgets ?? [], width),
    ...approvalLines(summary, width),
    ...["", "Side effects", ...wrapped(effectsText(summary.skills), width - 2).map(indented)],
    ...namesLines("Secrets, which agents give to skills", summary.secrets, width),
    ...namesLines("Environment, recorded with the run", summary.env, width),
  ].join("\n");
}

function headLines(summary: PlanSummary, width: number): readonly string[] {
  const { cascade, version, description } = summary;
  const name = version === null ? cascade : `${cascade} ${version}`;
  return [
    ...wrapped(name, width),
    ...(description === null ? [] : wrapped(description, width)),
    "",
    ...wrapped(`${stagesText(summary)}, ${tasksText(summary)}`, width),
  ];
}

function stagesText({ stages, stageCount, waves }: PlanSummary): string {
  const turns = stageCount === stages.length ? "" : ` (${stageCount} with every turn of its loops)`;
  return `${counted(stages.length, "stage")}${turns} in ${counted(waves.length, "wave")}`;
}

function tasksText(summary: PlanSummary): string {
  const { tasks, knownTasks, stages } = summary;
  if (tasks === 0) return "no tasks";
  const isSure = stages.every(({ guard, when }) => guard === undefined && when === undefined);
  const known = `${isSure && summary.stageCount === stages.length ? "" : "up to "}${counted(knownTasks, "task")}`;
  if (tasks !== null) return known;
  const repeated = new Set(stages.flatMap(({ does }) => (does.kind === "loop" ? does.stages : [])));
  const fanOuts = unknownFanOuts(summary).map(({ id, over, skills }) => {
    const each = skills === 1 ? "one" : String(skills);
    const turns = repeated.has(id) ? " in each turn" : "";
    return `${each} for each entry of ${shortened(over, LONGEST_VALUE)}${turns}`;
  });
  const named = listed(fanOuts);
  return knownTasks === 0 ? `tasks: ${named}` : `${known} and ${named}`;
}

/** The stages of which data tells how many tasks they have. */
function unknownFanOuts({ stages }: PlanSummary) {
  return stages.flatMap(({ id, does }) => {
    if (does.kind !== "skills" || does.tasks !== null) return [];
    return [{ id, over: does.foreach?.over ?? "", skills: does.skills.length }];
  });
}

function listed(texts: readonly string[]): string {
  const more = texts.length - STAGES_NAMED;
  const shown = texts.slice(0, STAGES_NAMED).join(" and ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function inputLines(inputs: readonly InputSummary[], width: number): readonly string[] {
  if (inputs.length === 0) return [indented("none")];
  const nameWidth = labelWidthFor(inputs.map(({ name }) => name));
  const typeWidth = labelWidthFor(inputs.map(({ type }) => type));
  const layout = { indent: 2, labelWidth: nameWidth + typeWidth, width };
  return inputs.flatMap((input) =>
    labelled(`${padded(input.name, nameWidth)}${input.type}`, valueText(input), layout),
  );
}

function valueText({ value, origin }: InputSummary): string {
  switch (origin) {
    case "to-be-given":
      return "to be given";
    case "left-out":
      return "not given";
    case "default":
      return `${shortened(JSON.stringify(value), LONGEST_VALUE)} (default)`;
    case "given":
      return shortened(JSON.stringify(value), LONGEST_VALUE);
    default:
      return origin satisfies never;
  }
}

function waveLines({ waves, stages }: PlanSummary, width: number): readonly string[] {
  const needs = directNeeds(stages);
  const lines = new Map(
    stages.map((stage, at) => [stage.id, stageLines(stage, { needs: needs[at] ?? [], width })]),
  );
  return waves.flatMap((ids, at) => [
    ...["", `Wave ${at + 1}`],
    ...ids.flatMap((id) => lines.get(id) ?? []),
  ]);
}

function worstCaseLines(summary: PlanSummary, width: number): readonly string[] {
  const { attempts, timeMs, modelCost } = summary.worstCase;
  const named = listed(unknownFanOuts(summary).map(({ id }) => id));
  const unknown = `unknown: data tells the number of tasks of ${named}`;
  const time =
    timeMs === null
      ? attempts === null
        ? "unknown, too"
        : "unknown: a person or a signal may let it wait for ever"
      : `${durationText(timeMs)}, if every attempt takes its whole time and no task waits for an agent`;
  const cost =
    modelCost.reason === "no-model-is-used"
      ? "none: no model is used"
      : "unknown: it depends on the prompts";
  const layout = { indent: 2, labelWidth: 12, width };
  return [
    ...labelled("attempts", attempts === null ? unknown : String(attempts), layout),
    ...labelled("time", time, layout),
    ...labelled("model cost", cost, layout),
  ];
}

/** The stages that wait for a person, when there are any. */
function approvalLines({ stages }: PlanSummary, width: number): readonly string[] {
  const asked = stages.flatMap(({ id, does }) => (does.kind === "approval" ? [id] : []));
  if (asked.length === 0) return [];
  return ["", "Approvals", ...wrapped(asked.join(", "), width - 2).map(indented)];
}

function namesLines(
  title: string,
  names: readonly string[] | undefined,
  width: number,
): readonly string[] {
  return names === undefined
    ? []
    : ["", title, ...wrapped(names.join(", "), width - 2).map(indented)];
}

/** Skills whose only purpose is an effect beyond files of the run. */
const EFFECTS: Readonly<Record<string, string>> = {
  "run-command": "commands on this machine",
  "deploy-fast": "a deployment by a command on this machine, once a person has approved it",
  "http-request": "requests over the network",
  "codex-sandbox": "foreign tests in a sandbox, and changes of source files when asked to",
  "regression-tests": "foreign tests in a sandbox",
  "gemini-megacontext": "the text files of a directory to a model's vendor",
  "refactor-code": "changes of source files, when asked to",
};

function effectsText(skills: readonly SkillSummary[]): string {
  if (skills.length === 0) return "none: no skill runs";
  const programs = skills.flatMap(({ name, kind }) => (kind === "argv" ? [name] : []));
  const known = [
    ...skills.flatMap(({ name }) => EFFECTS[name] ?? []),
    ...(programs.length === 0 ? [] : [`programs on this machine: ${programs.join(", ")}`]),
  ];
  return ["not declared: skills do not say what they write, send or start", ...known].join("; ");
}

function indented(line: string): string {
  return `  ${line}`;
}
