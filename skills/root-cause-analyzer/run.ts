import { z } from "zod";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { writeArtifact } from "../artifact.ts";
import { measureCode } from "../code-measures.ts";
import { parseInputs } from "../skill-inputs.ts";
import { shortened } from "../visible-text.ts";
import { gather } from "./evidence.ts";
import { failureIn } from "./failures.ts";
import { framesIn, ownFrames } from "./frames.ts";
import { rank } from "./hypotheses.ts";
import { renderReport } from "./report.ts";
import { decide } from "./verdict.ts";

const testFailure = z.object({
  id: z.string(),
  file: z.string().nullish(),
  message: z.string(),
  frames: z.array(z.object({ file: z.string(), line: z.int().min(1) })).nullish(),
});

const analysisInputs = z.object({
  path: z.string().min(1),
  symptom: z.string().nullish(),
  log: z.string().nullish(),
  failures: z.array(testFailure).nullish(),
  task: z.string().nullish(),
});
type Inputs = z.output<typeof analysisInputs>;

const LONGEST_SYMPTOM = 300;

/** Looks for the cause of a failure in what the log, the code and its history say. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const given = parseInputs(analysisInputs, inputs);
  const log = logOf(given);
  if (log.trim() === "") {
    throw new SwarmError(
      "invalid-input",
      "there is nothing to analyse: give a log, a symptom or failures",
      {
        hint: "the output of the command that fails, with its stack trace, tells most",
        location: { pointer: "/log" },
      },
    );
  }
  const failure = failureIn(log);
  const measures = await measureCode(given.path, context);
  const files = measures.sizes.map(({ file }) => file);
  const frames = ownFrames(framesIn(log), { root: measures.root, files });
  const { suspects, evidence, unknown } = await gather({ frames, failure }, measures, context);
  const hypotheses = rank(suspects, failure, Math.floor(Date.now() / 1_000));
  const verdict = decide(hypotheses, suspects, failure);
  const symptom = shortened(
    given.symptom || failure?.message || given.task || firstLine(log),
    LONGEST_SYMPTOM,
  );
  const reasons = reasonsWithout(frames.length, failure === undefined, unknown);
  const analysis = { symptom, ...verdict, hypotheses, evidence, unknown: reasons };
  return {
    symptom,
    evidence,
    cause: verdict.cause,
    confidence: verdict.confidence,
    complexity: verdict.complexity,
    complexity_reasons: verdict.complexityReasons,
    hypotheses,
    options: verdict.options,
    unknown: reasons,
    report: await writeArtifact("root-cause.md", renderReport(analysis), context),
  };
}

/** Everything that was given, as one log. */
function logOf({ symptom, log, failures, task }: Inputs): string {
  const told = (failures ?? []).map(({ message, frames, file }) =>
    [
      message,
      ...(frames ?? []).map((frame) => `    at ${frame.file}:${frame.line}:1`),
      ...(frames?.length || file == null ? [] : [`    at ${file}:1:1`]),
    ].join("\n"),
  );
  return [symptom ?? "", task ?? "", log ?? "", ...told].filter((part) => part !== "").join("\n");
}

function firstLine(log: string): string {
  return (
    log
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}

function reasonsWithout(frames: number, isUntold: boolean, unknown: readonly string[]): string[] {
  return [
    ...(isUntold ? ["no line of what was given says what failed"] : []),
    ...(frames === 0
      ? ["what was given names no place in a file of the project; a stack trace would"]
      : []),
    ...unknown,
  ];
}
