import type { Branch, Decision, InputType, Template } from "../core/plan.ts";
import { bandOf, FALSE_BRANCHES, finite, TRUE_BRANCHES } from "./decision.ts";
import type { NamePlace } from "./names.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { SkillOrBranch, StageSyntax } from "./schema.ts";
import type { TemplateCompiler, TypedTemplate } from "./template-compiler.ts";

/** A branch as it is written, with its name. */
export interface WrittenBranch {
  readonly name: string;
  readonly path: Path;
  readonly syntax: SkillOrBranch;
}

/** The branch that `default` is. */
export const DEFAULT_BRANCH = "default";

/** `branches`, `then`, `else` and `default` of a stage. */
export function writtenBranches(stage: StageSyntax, path: Path): readonly WrittenBranch[] {
  const named = Object.entries(stage.branches ?? {}).map(([name, syntax]) => ({
    name,
    path: [...path, "branches", name],
    syntax,
  }));
  const single = (["then", "else", "default"] as const).flatMap((name) => {
    const syntax = stage[name];
    return syntax === undefined ? [] : [{ name, path: [...path, name], syntax }];
  });
  return [...named, ...single];
}

/** Compiles how a conditional stage chooses, and finds choices that can never be made. */
export class DecisionCompiler {
  readonly #templates: TemplateCompiler;
  readonly #reporter: Reporter;

  constructor(templates: TemplateCompiler, reporter: Reporter) {
    this.#templates = templates;
    this.#reporter = reporter;
  }

  /** Of a stage with branches. */
  choice(
    stage: StageSyntax,
    path: Path,
    branches: readonly WrittenBranch[],
    names: NamePlace,
  ): Decision {
    const on = this.#condition(stage.condition, [...path, "condition"], names);
    const compiled = branches
      .filter(({ name }) => name !== DEFAULT_BRANCH)
      .map((branch) => this.#branch(branch, names));
    if (stage.condition === undefined) this.#refuseUnconditional(compiled, path);
    if (compiled.length === 0) {
      const message = "a conditional stage needs `branches`, or `then` and `else`";
      this.#reporter.report("invalid-cascade", message, path);
    }
    const hasDefault = branches.some(({ name }) => name === DEFAULT_BRANCH);
    // A condition that is false without an `else` chooses nothing, as in other languages.
    const isBare = stage.branches === undefined && !hasDefault;
    const otherwise = hasDefault ? DEFAULT_BRANCH : isBare ? "none" : undefined;
    if (on !== undefined) {
      const isClosed = otherwise !== undefined;
      this.#refuseNeverTaken(on.type, compiled, branches, { path, isClosed });
    }
    return {
      ...(on === undefined ? {} : { on: on.template }),
      branches: byBand(compiled),
      ...(otherwise === undefined ? {} : { otherwise }),
    };
  }

  /** Of a loop: `repeat` while the condition is true. */
  loop(stage: StageSyntax, path: Path, names: NamePlace): Decision {
    const place = [...path, "condition"];
    const on = this.#condition(stage.condition, place, names);
    if (on !== undefined && on.type !== "boolean" && on.type !== "any") {
      const message = `the condition of a loop must be true or false, but is of type ${on.type}`;
      this.#reporter.report("invalid-expression", message, place);
    }
    return {
      ...(on === undefined ? {} : { on: on.template }),
      branches: [{ name: "repeat" }, { name: "done" }],
    };
  }

  /** `when` of a stage; undefined when there is none or it is wrong. */
  when(value: string | boolean | undefined, path: Path, names: NamePlace): Template | undefined {
    return value === undefined ? undefined : this.truth("when", value, path, names);
  }

  /** An expression that is true or false, under a key; undefined when it is wrong. */
  truth(key: string, value: string | boolean, path: Path, names: NamePlace): Template | undefined {
    const place = { path: [...path, key], names };
    const compiled = this.#templates.condition(value, place);
    if (compiled === undefined) return undefined;
    if (compiled.type !== "boolean" && compiled.type !== "any") {
      const message = `\`${key}\` must be true or false, but is of type ${compiled.type}`;
      this.#reporter.report("invalid-expression", message, place.path);
    }
    return compiled.template;
  }

  #condition(
    value: StageSyntax["condition"],
    path: Path,
    names: NamePlace,
  ): TypedTemplate | undefined {
    if (value === undefined) return undefined;
    return this.#templates.condition(value, { path, names });
  }

  #branch({ name, path, syntax }: WrittenBranch, names: NamePlace): Branch {
    if (typeof syntax === "string") return withBand(name, undefined);
    const when = this.#branchCondition(syntax, path, names);
    if (when !== undefined) return { name, when };
    return withBand(name, syntax.at_least);
  }

  #branchCondition(
    syntax: Exclude<SkillOrBranch, string>,
    path: Path,
    names: NamePlace,
  ): Template | undefined {
    const { condition, when } = syntax;
    if (condition === undefined) return this.when(when, path, names);
    if (when !== undefined) {
      const message = "a branch has `when` or `condition`, not both";
      this.#reporter.report("invalid-cascade", message, path);
    }
    if (typeof condition === "string") {
      return this.#condition(condition, [...path, "condition"], names)?.template;
    }
    const { metric, comparison, threshold } = condition;
    const text = `${metric.replace(/^\$\{(.*)\}$/s, "$1")} ${comparison} ${threshold}`;
    return this.#condition(text, [...path, "condition", "metric"], names)?.template;
  }

  #refuseUnconditional(branches: readonly Branch[], path: Path): void {
    if (branches.length > 0 && branches.every(({ when }) => when !== undefined)) return;
    const message = "a conditional stage needs a condition";
    const hint = "add `condition: ${…}`, or `when` to every branch";
    this.#reporter.report("invalid-cascade", message, path, hint);
  }

  /** Says what can be said before the run: no branch for true, a text that no branch has the name of. */
  #refuseNeverTaken(
    type: InputType,
    compiled: readonly Branch[],
    written: readonly WrittenBranch[],
    { path, isClosed }: { readonly path: Path; readonly isClosed: boolean },
  ): void {
    const pathOf = (name: string): Path => written.find((each) => each.name === name)?.path ?? path;
    for (const branch of compiled) {
      if (branch.when !== undefined || canTake(branch, type)) continue;
      const message = `the branch "${branch.name}" is never taken: the condition is of type ${type}`;
      this.#reporter.report("invalid-cascade", message, pathOf(branch.name), hintFor(type));
    }
    const covers = (names: ReadonlySet<string>): boolean =>
      compiled.some((branch) => names.has(branch.name));
    const isOpen = type === "boolean" && !isClosed;
    if (isOpen && !(covers(TRUE_BRANCHES) && covers(FALSE_BRANCHES))) {
      const message = "there is no branch for one of true and false";
      this.#reporter.report("invalid-cascade", message, path, "add it, or `default`");
    }
  }
}

function isWordOfBoolean(name: string): boolean {
  return TRUE_BRANCHES.has(name) || FALSE_BRANCHES.has(name);
}

function canTake({ name, atLeast }: Branch, type: InputType): boolean {
  switch (type) {
    case "boolean":
      return isWordOfBoolean(name);
    case "number":
    case "integer":
      return atLeast !== undefined || Number.isFinite(Number(name));
    case "array":
    case "object":
      return false;
    default:
      return true;
  }
}

function hintFor(type: InputType): string {
  if (type === "boolean") return "call the branches `then` and `else`";
  if (type === "number" || type === "integer") {
    return "add `at_least: <number>`, or begin its name with high, medium or low";
  }
  return "decide on a text, a number, true or false";
}

function withBand(name: string, written: number | undefined): Branch {
  const band = written ?? bandOf(name);
  return band === undefined ? { name } : { name, atLeast: finite(band) };
}

/** Bands from the highest down, whatever the order in which they are written. */
function byBand(branches: readonly Branch[]): readonly Branch[] {
  const bound = ({ atLeast }: Branch): number => atLeast ?? Number.POSITIVE_INFINITY;
  return branches.toSorted((a, b) => bound(b) - bound(a) || 0);
}
