import type { SkillContext } from "../../core/skill.ts";
import type { CodeMeasures } from "../code-measures.ts";
import { isOverThreshold } from "../complexity-analysis/findings.ts";
import type { MeasuredFunction } from "../complexity-analysis/scope.ts";
import { type ImportEdge, resolveImports } from "../import-graph.ts";
import { readSource } from "../source-file.ts";
import { isTestFile } from "../test-files.ts";
import { scanCode } from "../theater-detection/scan.ts";
import type { Failure } from "./failures.ts";
import { fixedText } from "./failures.ts";
import type { Frame } from "./frames.ts";
import { type Change, newestChange } from "./history.ts";

/** Something that was seen, and why it matters. `type`, so that it is plain JSON. */
export type Evidence = {
  readonly file: string;
  readonly line: number;
  readonly why: string;
  /** The lines around it with their numbers. */
  readonly excerpt: string;
};

/** A place where the cause may be, with what is known of it. */
export interface Suspect {
  readonly file: string;
  readonly line: number;
  readonly isTest: boolean;
  /** How deep in the stack it is, 0 for the innermost of the project's own frames; undefined when no stack names it. */
  readonly depth?: number;
  readonly function?: MeasuredFunction;
  readonly change?: Change;
  /** Files that import it. */
  readonly importers: readonly string[];
  /** What theater-detection sees at it, or in its function. */
  readonly oddities: readonly { readonly line: number; readonly message: string }[];
  /** Names of the failure's message that stand in the line. */
  readonly named: readonly string[];
  /** How the place was come by, when no stack names it. */
  readonly found?: "holds the message" | "imported by the failing test";
}

export interface Gathered {
  readonly suspects: readonly Suspect[];
  readonly evidence: readonly Evidence[];
  /** What could not be found out, and why. */
  readonly unknown: readonly string[];
}

const MOST_SUSPECTS = 12;
const AROUND = 3;
const MOST_HITS = 3;
const LONGEST_LINE = 240;

/** Looks at each place that the failure names, and at those that its message leads to. */
export async function gather(
  { frames, failure }: { readonly frames: readonly Frame[]; readonly failure: Failure | undefined },
  measures: CodeMeasures,
  context: Pick<SkillContext, "signal">,
): Promise<Gathered> {
  const reader = new EvidenceReader(measures, failure, context.signal);
  const stack = frames.slice(0, MOST_SUSPECTS);
  for (const [depth, frame] of stack.entries()) {
    await reader.look(frame, { depth, why: whyOf(frame, depth) });
  }
  const isOnlyInTests = frames.length > 0 && frames.every(({ file }) => isTestFile(file));
  if (isOnlyInTests) await reader.followTests(frames);
  if (!frames.some(({ file }) => !isTestFile(file))) await reader.searchMessage();
  return reader.gathered();
}

function whyOf({ name }: Frame, depth: number): string {
  const where = name === undefined ? "" : ` in ${name}`;
  return depth === 0
    ? `the innermost of the project's own frames${where}`
    : `frame ${depth + 1} of the project's own${where}`;
}

class EvidenceReader {
  readonly #measures: CodeMeasures;
  readonly #failure: Failure | undefined;
  readonly #signal: AbortSignal;
  readonly #edges: readonly ImportEdge[];
  readonly #suspects: Suspect[] = [];
  readonly #evidence: Evidence[] = [];
  readonly #unknown = new Set<string>();

  constructor(measures: CodeMeasures, failure: Failure | undefined, signal: AbortSignal) {
    this.#measures = measures;
    this.#failure = failure;
    this.#signal = signal;
    this.#edges = resolveImports(measures.imports).filter(({ kind }) => kind !== "type");
  }

  gathered(): Gathered {
    return {
      suspects: this.#suspects,
      evidence: this.#evidence,
      unknown: [...this.#unknown],
    };
  }

  async look(
    place: { readonly file: string; readonly line: number },
    about: { readonly depth?: number; readonly why: string; readonly found?: Suspect["found"] },
  ): Promise<void> {
    this.#signal.throwIfAborted();
    const source = await readSource(this.#measures.root, place.file);
    if (source.status !== "source") {
      this.#unknown.add(`${place.file}: ${source.reason}`);
      return;
    }
    const lines = source.text.split("\n");
    if (place.line > lines.length) {
      this.#unknown.add(
        `${place.file} has no line ${place.line}: the log is of another version of it`,
      );
      return;
    }
    const { file, line } = place;
    this.#show(place, about.why, lines);
    const around = this.#functionAt(file, line);
    const change = await this.#changeOf(place, lines);
    const oddities = await this.#odditiesAt(place, around, source.text);
    for (const oddity of oddities) this.#show({ file, line: oddity.line }, oddity.message, lines);
    const importers = this.#importersOf(file);
    const text = lines[line - 1] ?? "";
    const { depth, found } = about;
    this.#suspects.push({
      file,
      line,
      isTest: isTestFile(file),
      ...(depth === undefined ? {} : { depth }),
      ...(around === undefined ? {} : { function: around }),
      ...(change === undefined ? {} : { change }),
      importers,
      oddities,
      named: (this.#failure?.names ?? []).filter((name) => holdsName(text, name)),
      ...(found === undefined ? {} : { found }),
    });
  }

  /** What a failing test imports is what it tests. */
  async followTests(frames: readonly Frame[]): Promise<void> {
    const tests = new Set(frames.map(({ file }) => file));
    const targets = this.#edges.filter(({ from, to }) => tests.has(from) && !isTestFile(to));
    for (const { from, to, line } of targets.slice(0, MOST_SUSPECTS)) {
      await this.look(
        { file: to, line: await this.#likelyLine(to) },
        {
          why: `imported by the failing test ${from}:${line}`,
          found: "imported by the failing test",
        },
      );
    }
  }

  /** The line of the most complex function whose name the message says, or of the first function. */
  async #likelyLine(file: string): Promise<number> {
    const functions =
      this.#measures.measured.find((each) => each.file === file)?.source.functions ?? [];
    const message = this.#failure?.message ?? "";
    const told = functions.find(({ name }) => name.length > 2 && holdsName(message, name));
    return (told ?? functions[0])?.line ?? 1;
  }

  /** Where the fixed part of the message stands in the program's own text, the error is raised. */
  async searchMessage(): Promise<void> {
    const wanted = fixedText(this.#failure?.message ?? "");
    if (wanted === undefined) return;
    let hits = 0;
    for (const { file } of this.#measures.sizes) {
      if (isTestFile(file) || hits >= MOST_HITS) continue;
      this.#signal.throwIfAborted();
      const source = await readSource(this.#measures.root, file);
      const at = source.status === "source" ? source.text.indexOf(wanted) : -1;
      if (source.status !== "source" || at === -1) continue;
      hits++;
      const line = source.text.slice(0, at).split("\n").length;
      await this.look(
        { file, line },
        { why: `the text of the message stands here: "${wanted}"`, found: "holds the message" },
      );
    }
  }

  #show(
    place: { readonly file: string; readonly line: number },
    why: string,
    lines: readonly string[],
  ): void {
    const { file, line } = place;
    if (this.#evidence.some((each) => each.file === file && each.line === line && each.why === why))
      return;
    const first = Math.max(1, line - AROUND);
    const excerpt = lines
      .slice(first - 1, line + AROUND)
      .map(
        (text, index) =>
          `${first + index === line ? ">" : " "} ${first + index} | ${text.slice(0, LONGEST_LINE)}`,
      )
      .join("\n");
    this.#evidence.push({ file, line, why, excerpt });
  }

  #functionAt(file: string, line: number): MeasuredFunction | undefined {
    const functions =
      this.#measures.measured.find((each) => each.file === file)?.source.functions ?? [];
    return functions
      .filter((each) => each.line <= line && line < each.line + each.lines)
      .sort((a, b) => a.lines - b.lines)[0];
  }

  async #changeOf(
    place: { readonly file: string; readonly line: number },
    lines: readonly string[],
  ): Promise<Change | undefined> {
    const history = await newestChange(
      this.#measures.root,
      { ...place, lastLine: lines.length },
      this.#signal,
    );
    if (history.status === "unknown") {
      this.#unknown.add(`who changed ${place.file}:${place.line}: ${history.reason}`);
      return undefined;
    }
    const { change } = history;
    if (change === undefined) return undefined;
    const day = new Date(change.timeS * 1_000).toISOString().slice(0, 10);
    this.#show(place, `last changed by ${change.commit} on ${day}: ${change.summary}`, lines);
    return change;
  }

  async #odditiesAt(
    { file, line }: { readonly file: string; readonly line: number },
    around: MeasuredFunction | undefined,
    text: string,
  ): Promise<Suspect["oddities"]> {
    const first = around?.line ?? line - AROUND;
    const last = around === undefined ? line + AROUND : around.line + around.lines - 1;
    const scanned = await scanCode(file, text);
    const odd =
      scanned.status === "scanned"
        ? scanned.matches
            .filter((match) => match.line >= first && match.line <= last)
            .map((match) => ({ line: match.line, message: match.rule.message }))
        : [];
    if (around !== undefined && isOverThreshold(around)) {
      const { name, cyclomatic } = around;
      odd.push({
        line: around.line,
        message: `${name} is hard to follow: cyclomatic complexity ${cyclomatic}`,
      });
    }
    return odd;
  }

  #importersOf(file: string): string[] {
    return [...new Set(this.#edges.filter(({ to }) => to === file).map(({ from }) => from))].sort();
  }
}

function holdsName(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(text);
}
