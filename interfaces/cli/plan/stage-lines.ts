import type { StageMemory } from "../../../core/memory.ts";
import type { StageSummary } from "./plan-summary.ts";
import type {
  ApprovalWork,
  BranchSummary,
  ChoiceWork,
  LoopWork,
  SignalWork,
  SkillWork,
} from "./stage-work.ts";
import {
  counted,
  durationText,
  labelled,
  labelWidthFor,
  shortened,
  wrapped,
} from "./text-layout.ts";
import { waitsOf } from "./worst-case.ts";

const INDENT = 4;
const LABEL_WIDTH = 10;
const LONGEST_VALUE = 160;

/** A stage as a person reads it: a line that names it, and a line for each thing there is to say of it. */
export function stageLines(
  { id, type, guard, when, continueOnError, isFinal, memory, does }: StageSummary,
  { needs, width }: { readonly needs: readonly string[]; readonly width: number },
): readonly string[] {
  const layout = { indent: INDENT, labelWidth: LABEL_WIDTH, width };
  const rows: readonly Row[] = [
    ...orderRows(needs, guard),
    ...(when === undefined ? [] : [["when", short(when)] as const]),
    ...(isFinal ? [["final", "runs also when the run fails before it"] as const] : []),
    ...(continueOnError ? [["failure", "the run goes on"] as const] : []),
    ...workRows(does),
    ...(memory === undefined ? [] : [["memory", memoryText(memory)] as const]),
  ];
  const tasks = does.kind === "skills" && does.tasks !== null ? counted(does.tasks, "task") : "";
  const title = [id, type, tasks].filter((part) => part !== "").join(" · ");
  return [
    ...wrapped(title, width - 2).map((line) => `  ${line}`),
    ...rows.flatMap(([label, text]) => labelled(label, text, layout)),
    ...branchLines(does, width),
  ];
}

function memoryText({ space, read, write, output }: StageMemory): string {
  const kept = [...write, ...(output === undefined ? [] : [output])];
  const parts = [
    ...(read.length === 0 ? [] : [`reads ${short(read.join(", "))}`]),
    ...(kept.length === 0 ? [] : [`keeps ${short(kept.join(", "))}`]),
  ];
  const where = space.kind === "cascade" ? `${space.cascade}/${space.name}` : WHERE[space.kind];
  return `${parts.length === 0 ? "names keys" : parts.join("; ")}, ${where}`;
}

const WHERE = { run: "in this run", global: "for everyone" } as const;

type Row = readonly [label: string, text: string];

/** What a stage waits for, and which branch it stands behind. */
function orderRows(needs: readonly string[], guard: StageSummary["guard"]): readonly Row[] {
  if (guard === undefined) return needs.length === 0 ? [] : [["after", needs.join(", ")]];
  const { stage } = guard;
  const does = "branch" in guard ? `takes ${guard.branch}` : "fails";
  if (needs.length === 1 && needs[0] === stage) return [["after", `${stage}, if it ${does}`]];
  return [
    ["after", needs.join(", ")],
    ["if", `${stage} ${does}`],
  ];
}

function workRows(does: StageSummary["does"]): readonly Row[] {
  switch (does.kind) {
    case "skills":
      return skillRows(does);
    case "transform":
      return [["value", short(does.value)]];
    case "gate":
      return [["gate", `the run fails unless ${short(does.condition)}`]];
    case "wait":
      return [["waits", durationText(does.ms)]];
    case "signal":
      return signalRows(does);
    case "approval":
      return approvalRows(does);
    case "choice":
      return choiceRows(does);
    case "loop":
      return loopRows(does);
    default:
      return does satisfies never;
  }
}

function approvalRows({ message, timeoutMs, onTimeout }: ApprovalWork): readonly Row[] {
  const answer = onTimeout === "deny" ? "denied" : "approved";
  const limit =
    timeoutMs === null ? "for ever" : `${durationText(timeoutMs)}, then it is ${answer}`;
  return [
    ["asks", short(message)],
    ["waits", `for a person, ${limit}`],
  ];
}

function signalRows({ signal, timeoutMs, onTimeout }: SignalWork): readonly Row[] {
  const then = onTimeout === "fail" ? "it fails" : "it goes on";
  const limit = timeoutMs === null ? "for ever" : `${durationText(timeoutMs)}, then ${then}`;
  return [["waits", `for the signal ${signal}, ${limit}`]];
}

function skillRows(work: SkillWork): readonly Row[] {
  const { skills, swarm, model } = work;
  const names = skills.map(({ skill, lane }) => `${skill} (${lane})`).join(", ");
  const isOne = skills.length === 1;
  const rows: Row[] = [
    [isOne ? "skill" : "skills", names],
    ...fanOutRows(work),
    ["attempts", attemptsText(work)],
  ];
  if (work.cacheTtlMs !== undefined) {
    rows.push([
      "cache",
      `a result of the same content, ${durationText(work.cacheTtlMs)} old at most`,
    ]);
  }
  if (swarm !== undefined) {
    const { topology, maxAgents, strategy } = swarm;
    rows.push(["swarm", `${topology} of at most ${counted(maxAgents, "agent")}, ${strategy}`]);
  }
  for (const { skill, model: expected, reasons, answerUsd } of work.answers ?? []) {
    const price = answerUsd === null ? "unknown" : `$${answerUsd.toFixed(4)}`;
    const what = `${isOne ? "" : `${skill}: `}${expected}, because ${reasons.join("; ")}`;
    rows.push(["model", `${what}; its longest answer costs ${price}`]);
  }
  if (model !== undefined && work.answers === undefined) {
    const why = isOne ? "the skill is code" : "all skills are code";
    rows.push(["model", model.isUsed ? model.name : `${model.name}: not used, ${why}`]);
  }
  return rows;
}

function fanOutRows({ skills, foreach, maxParallel }: SkillWork): readonly Row[] {
  const limit = maxParallel === undefined ? [] : [`at most ${maxParallel} at once`];
  if (foreach === undefined) return limit.map((text): Row => ["tasks", text]);
  const each = skills.length === 1 ? "one" : String(skills.length);
  const [one, many] = foreach.kind === "matrix" ? COMBINATIONS : ENTRIES;
  const what = foreach.entries === null ? one : `of ${counted(foreach.entries, one, many)}`;
  const over = `${each} for each ${what} of ${short(foreach.over)}`;
  return [["tasks", [over, ...limit].join("; ")]];
}

const ENTRIES = ["entry", "entries"] as const;
const COMBINATIONS = ["combination", "combinations"] as const;

function attemptsText(work: SkillWork): string {
  const { maxAttempts, timeoutMs } = work;
  const time = durationText(timeoutMs);
  if (maxAttempts === 1) return `one, of at most ${time}`;
  const waits = waitsOf(work).map(durationText);
  const shown = waits.slice(0, WAITS_SHOWN).join(", ");
  const more = waits.length > WAITS_SHOWN ? `, … ${waits.at(-1)}` : "";
  return `at most ${maxAttempts} of ${time} each; waits of at most ${shown}${more}`;
}

const WAITS_SHOWN = 3;

function choiceRows({ on }: ChoiceWork): readonly Row[] {
  const how = on === null ? "the first branch whose condition is true" : `by ${short(on)}`;
  return [["chooses", how]];
}

const NOTHING = "nothing of it runs";

/** The branches of a choice, a line for each. */
function branchLines(does: StageSummary["does"], width: number): readonly string[] {
  if (does.kind !== "choice") return [];
  const { branches, otherwise } = does;
  const rest = otherwiseRow(branches, otherwise);
  const ways = [
    ...branches.map((branch, at): Row => {
      const nothing = branch.stages.length === 0 ? `: ${NOTHING}` : "";
      return [branch.name, `${branchText(branch, branches.slice(0, at))}${nothing}`];
    }),
    ...(rest === undefined ? [] : [rest]),
  ];
  const labelWidth = labelWidthFor(ways.map(([name]) => name));
  const layout = { indent: INDENT + LABEL_WIDTH, labelWidth, width };
  return ways.flatMap(([name, text]) => labelled(name, text, layout));
}

function branchText(
  { name, by, when, atLeast }: BranchSummary,
  before: readonly BranchSummary[],
): string {
  switch (by) {
    case "when":
      return `when ${short(when ?? "")}`;
    case "true":
    case "false":
      return by;
    case "name":
      return `the value ${JSON.stringify(name)}`;
    case "number": {
      const isFirst = !before.some((branch) => branch.by === "number");
      if (atLeast === null) return isFirst ? "any number" : "any lower number";
      return `${atLeast} and above`;
    }
    default:
      return by satisfies never;
  }
}

/** What happens when no branch fits; undefined when one always does. */
function otherwiseRow(
  branches: readonly BranchSummary[],
  otherwise: string | null,
): Row | undefined {
  const covers = (by: BranchSummary["by"]): boolean => branches.some((branch) => branch.by === by);
  const isSure = covers("true") && covers("false");
  if (otherwise === "none") return isSure ? undefined : ["none", `otherwise: ${NOTHING}`];
  if (otherwise !== null) return [otherwise, "otherwise"];
  return isSure ? undefined : ["—", "otherwise the run fails: no-branch"];
}

function loopRows({ condition, turns, stages }: LoopWork): readonly Row[] {
  return [
    ["loop", `up to ${counted(turns, "time")}: ${stages.join(" → ")}`],
    ["while", short(condition)],
  ];
}

function short(text: string): string {
  return shortened(text, LONGEST_VALUE);
}
