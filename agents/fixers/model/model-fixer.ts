import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { FixCandidate, Fixer, FixRequest } from "../../../core/fixer.ts";
import type { ModelMessage, ModelResult, SkillModels } from "../../../core/model.ts";
import { type Replacement, replaced, replacementsIn } from "./model-answer.ts";
import { type ModelQuestion, modelQuestion } from "./model-prompt.ts";
import { sourcesOf } from "./sources.ts";

export interface ModelFixerOptions {
  /** Models for one call, which ends with the signal. */
  readonly modelsFor: (signal: AbortSignal) => SkillModels;
  readonly logger: Logger;
  /** `auto-select`, a family, a named route or an id. Default: `auto-select`. */
  readonly model?: string;
}

const MOST_OUTPUT_TOKENS = 8_000;
/** An answer that cannot be used is asked for once more, in another form. */
const CALLS = 2;

/**
 * Asks a model for a change, through the models of the agent, and offers what can be made of its answer: one candidate for each
 * request. It writes nothing; paths that the model names are judged by whoever asked.
 * @throws from `candidates`: SwarmError `no-model`, `model-failed`
 */
export function openModelFixer(options: ModelFixerOptions): Fixer {
  return {
    name: "model",
    async *candidates(request, signal) {
      signal.throwIfAborted();
      const candidate = await propose(request, options, signal);
      if (candidate !== undefined) yield candidate;
    },
  };
}

/** Undefined when no answer has a change that fits the files. */
async function propose(
  request: FixRequest,
  { modelsFor, logger, model = "auto-select" }: ModelFixerOptions,
  signal: AbortSignal,
): Promise<FixCandidate | undefined> {
  const tests = request.failures.flatMap(({ file }) => file ?? []);
  const sources = await sourcesOf(request.workspace, [...request.suspects, ...tests]);
  const question = modelQuestion(request, sources, randomBytes(8).toString("hex"));
  const models = modelsFor(signal);
  const messages: ModelMessage[] = [asked(question.text)];
  let costUsd: number | null = 0;
  for (let call = 1; call <= CALLS; call++) {
    const result = await models.generate({
      ...{ model, messages, system: question.system, maxOutputTokens: MOST_OUTPUT_TOKENS },
    });
    costUsd = costUsd === null || result.costUsd === null ? null : costUsd + result.costUsd;
    const made = editsOf(replacementsIn(result.text), sources);
    const { servedModel: served, usage } = result;
    const problem = "problem" in made ? made.problem : undefined;
    logger.info({ event: "fixer.answered", fixer: "model", call, served, usage, costUsd, problem });
    if ("edits" in made) return { ...described(result, made.edits), edits: made.edits, costUsd };
    messages.push(result.message, asked(again(made.problem, question)));
  }
  return undefined;
}

function asked(text: string): ModelMessage {
  return { role: "user", parts: [{ kind: "text", text }] };
}

function again(problem: string, { form }: ModelQuestion): string {
  return `Your answer cannot be used: ${problem}.\n${form}`;
}

type Made = { readonly edits: Readonly<Record<string, string>> } | { readonly problem: string };

/** Files that were shown get their new text, others are new. Nothing else is read: a path may lead anywhere. Pure. */
function editsOf(changes: readonly Replacement[], sources: ReadonlyMap<string, string>): Made {
  if (changes.length === 0) return { problem: "it holds no change" };
  const edits = new Map<string, string>();
  for (const change of changes) {
    const { path, before, after } = change;
    const text = edits.get(path) ?? sources.get(path);
    if (text === undefined) {
      if (before.length > 0) return { problem: `${JSON.stringify(path)} is none of the files` };
      edits.set(path, `${after.join("\n")}\n`);
      continue;
    }
    const changed = replaced(text, change);
    if (changed === undefined) {
      return { problem: `the lines to replace in ${JSON.stringify(path)} are not there once` };
    }
    edits.set(path, changed);
  }
  return { edits: Object.fromEntries(edits) };
}

const MOST_SAID = 200;

function described({ servedModel, text }: ModelResult, edits: Readonly<Record<string, string>>) {
  const said = (text.split("\n")[0] ?? "").replace(/\s+/g, " ").trim().slice(0, MOST_SAID);
  const files = Object.keys(edits).join(", ");
  return { description: `${servedModel} changed ${files}${said === "" ? "" : `: ${said}`}` };
}
