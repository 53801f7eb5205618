import { createHash } from "node:crypto";
import { LIMITS } from "../../../core/limits.ts";
import { type Clue, likelihoodOf } from "./families.ts";
import { type Mutation, mutated } from "./mutation.ts";
import type { Suspicion } from "./suspicion.ts";

export interface RankedMutation {
  readonly file: string;
  readonly mutation: Mutation;
  readonly score: number;
  /** One line: where and what; the same for the same edit of the same text. */
  readonly description: string;
}

/**
 * The edits of a file that come to different texts, the most promising first, at most `LIMITS.repairCandidatesPerFile`. What
 * speaks for one: how likely its kind is with these clues, and how suspected its place.
 */
export function rankMutations(
  source: { readonly file: string; readonly text: string; readonly mutations: Iterable<Mutation> },
  evidence: { readonly clues: ReadonlySet<Clue>; readonly suspicion: Suspicion },
): RankedMutation[] {
  const { file, text } = source;
  const scored = [...source.mutations].map((mutation) => ({
    mutation,
    score:
      likelihoodOf(mutation.family, evidence.clues) *
      (mutation.weight ?? 1) *
      evidence.suspicion(mutation.start),
  }));
  scored.sort((a, b) => b.score - a.score || a.mutation.start - b.mutation.start);
  const ranked: RankedMutation[] = [];
  const seen = new Set([digestOf(text)]);
  for (const { mutation, score } of scored) {
    if (ranked.length >= LIMITS.repairCandidatesPerFile) break;
    const digest = digestOf(mutated(text, mutation));
    if (seen.has(digest)) continue;
    seen.add(digest);
    ranked.push({ file, mutation, score, description: describe(file, text, mutation) });
  }
  return ranked;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

const MOST_SHOWN = 60;

function describe(
  file: string,
  text: string,
  { start, end, replacement, family }: Mutation,
): string {
  const before = text.slice(0, start);
  const line = before.split("\n").length;
  const column = start - before.lastIndexOf("\n");
  const place = `${file}:${line}:${column}: ${family}:`;
  const [from, to] = [shown(text.slice(start, end)), shown(replacement)];
  if (from === "") return `${place} ${to} is added`;
  if (to === "") return `${place} ${from} is taken out`;
  return `${place} ${from} becomes ${to}`;
}

/** On one line, and short. */
function shown(code: string): string {
  const line = code.replace(/\s+/g, " ").trim();
  if (line === "") return code === "" ? "" : "` `";
  return `\`${line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN)}…` : line}\``;
}
